"""The control interface on a socket: HTTP/1.1 around `routes`."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import cast

import httptools

from tts_chaos.serving.fault_proxy.engine.routes import Answer, Routes

__all__ = ["ControlServer"]

BODY_BYTES_MAX = 1024 * 1024
"""No sensible request comes near; a client that sends more is cut off."""


class ControlServer:
    """Serves control requests one at a time, in the order in which they are complete."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._order = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._clients: set[_ControlConnection] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> tuple[str, int]:
        """Listen on loopback; returns the address.

        Raises:
            OSError: If the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _ControlConnection(self), "127.0.0.1", port)
        host, actual = self._server.sockets[0].getsockname()[:2]
        return host, actual

    async def close(self) -> None:
        """Stop listening and drop all clients."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        for client in tuple(self._clients):
            client.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def joined(self, client: _ControlConnection) -> None:
        """Take note of a client."""
        self._clients.add(client)

    def left(self, client: _ControlConnection) -> None:
        """Take note that a client is gone."""
        self._clients.discard(client)

    def submit(self, client: _ControlConnection, request: _Request) -> None:
        """Answer a complete request in its turn."""
        task = asyncio.get_running_loop().create_task(self._serve(client, request))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._finished(client, done))

    def _finished(self, client: _ControlConnection, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # A defect of ours: a client that is cut off finds out sooner than one that waits.
            client.abort()
            context = {"message": "a control request of the fault proxy failed", "exception": error}
            task.get_loop().call_exception_handler(context)

    async def _serve(self, client: _ControlConnection, request: _Request) -> None:
        async with self._order:
            answer = await self._routes.answer(
                request.method, request.target, request.user_agent, bytes(request.body)
            )
        client.send(answer, is_head=request.method == "HEAD", is_kept=request.is_kept)


class _Request:
    """A request being read."""

    def __init__(self) -> None:
        self.method = ""
        self.target = ""
        self.user_agent = ""
        self.body = bytearray()
        self.is_kept = True


class _ControlConnection(asyncio.Protocol):
    """One client; also the callbacks of its HTTP parser."""

    def __init__(self, server: ControlServer) -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._request = _Request()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server.joined(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._server.left(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.send(Answer(400), is_head=False, is_kept=False)

    def on_message_begin(self) -> None:
        self._request = _Request()

    def on_url(self, url: bytes) -> None:
        self._request.target += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"user-agent":
            self._request.user_agent = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._request.body += body
        if len(self._request.body) > BODY_BYTES_MAX:
            self.abort()

    def on_message_complete(self) -> None:
        self._request.method = self._parser.get_method().decode("ascii")
        self._request.is_kept = self._parser.should_keep_alive()
        self._server.submit(self, self._request)

    def send(self, answer: Answer, *, is_head: bool, is_kept: bool) -> None:
        """Write an answer, and close where the client will not ask again."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(_render(answer, is_head=is_head, is_kept=is_kept))
        if not is_kept:
            self._transport.close()

    def abort(self) -> None:
        """Drop the client."""
        if self._transport is not None:
            self._transport.abort()


def _render(answer: Answer, *, is_head: bool, is_kept: bool) -> bytes:
    phrase = HTTPStatus(answer.status).phrase
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if answer.status != HTTPStatus.NO_CONTENT and not is_head:
        lines.append(f"Content-Length: {len(answer.body)}")
    if not is_kept:
        lines.append("Connection: close")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("utf-8") + (b"" if is_head else answer.body)
