"""The platform as an ASGI application, for tools that drive one without sockets.

    app = make_asgi_app(gateway)                     # the API host
    tokens = make_asgi_app(gateway, host=AUTH_HOST)  # the token host

ASGI has no words for the end of a connection, so resets, closes and cut bodies cannot be had here:
`asgi_refusal` says so, and the application raises instead of answering something else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import quote

from tts_chaos.engine.ports import Door, OpenExchange
from tts_chaos.errors import FaultNotSupportedError
from tts_chaos.serving.http_reading import BODY_BYTES_MAX
from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import API_HOST, ApiRequest, ApiResponse

__all__ = ["AsgiApp", "asgi_refusal", "make_asgi_app"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]


def asgi_refusal(delivery: Delivery) -> str | None:
    """Say why ASGI cannot express a delivery, or None where it can."""
    if delivery.connection not in (Connection.OPEN, Connection.SILENT):
        return f"ASGI cannot make a connection {delivery.connection.value.replace('_', ' ')}"
    if delivery.cut_after_bytes is not None:
        return "ASGI cannot cut a body short"
    if delivery.cut_head_after_bytes is not None:
        return "ASGI cannot cut a header short"
    return None


def make_asgi_app(door: Door, *, host: str = API_HOST) -> AsgiApp:
    """Return an application that stands for one host of the platform.

    The application raises `FaultNotSupportedError` for what ASGI cannot express.

    Args:
        door: Where requests go; entered from the event loop's thread.
        host: Host it stands for.
    """

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            request = await _read(scope, receive, host)
            if request is None:
                await _send_whole(send, ApiResponse(status=413, body=b"the body is too large\n"))
            else:
                await _answer(door.open(request), request.method, receive, send)

    return app


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(scope: Message, receive: Receive, host: str) -> ApiRequest | None:
    body = bytearray()
    is_more = True
    while is_more:
        message = await receive()
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
        if len(body) > BODY_BYTES_MAX:
            return None
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    return ApiRequest(
        method=scope["method"].upper(),
        host=host,
        path=raw_path.decode("latin-1"),
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in scope["headers"]
        ),
        body=bytes(body),
    )


async def _answer(exchange: OpenExchange, method: str, receive: Receive, send: Send) -> None:
    problem = asgi_refusal(exchange.delivery)
    if problem is not None:
        exchange.conclude(Fate.UNFINISHED)
        raise FaultNotSupportedError(f"{problem}; use the wire world, or the twin's own server")
    playing = asyncio.ensure_future(_play(exchange.delivery, method, send))
    leaving = asyncio.ensure_future(_until_gone(receive))
    try:
        await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finished = playing.done()
        exchange.conclude(Fate.ANSWERED if finished else Fate.READ_TIMED_OUT)
        if finished:
            playing.result()
    finally:
        for task in (playing, leaving):
            task.cancel()
        await asyncio.gather(playing, leaving, return_exceptions=True)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _play(delivery: Delivery, method: str, send: Send) -> None:
    if delivery.connection is Connection.SILENT or delivery.response is None:
        await asyncio.Event().wait()
        return
    await asyncio.sleep(delivery.delay_ms / 1000)
    body = b"" if method == "HEAD" else delivery.response.body
    stall = delivery.stall_after_bytes
    is_stalled = stall is not None and stall < len(body)
    await send(_start(delivery.response))
    for piece in _pieces(body[:stall] if is_stalled else body, delivery.drip_bytes):
        await asyncio.sleep(delivery.drip_interval_ms / 1000)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    if is_stalled:
        await asyncio.Event().wait()
    await send({"type": "http.response.body", "body": b""})


async def _send_whole(send: Send, response: ApiResponse) -> None:
    await send(_start(response))
    await send({"type": "http.response.body", "body": response.body})


def _start(response: ApiResponse) -> Message:
    headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in response.headers]
    headers.append((b"content-length", str(len(response.body)).encode()))
    return {"type": "http.response.start", "status": response.status, "headers": headers}


def _pieces(body: bytes, size_bytes: int) -> list[bytes]:
    step = size_bytes or max(len(body), 1)
    return [body[start : start + step] for start in range(0, len(body), step)]
