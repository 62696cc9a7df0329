"""The platform as an ASGI application: what it sends, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tts_chaos.errors import FaultNotSupportedError
from tts_chaos.serving.asgi import AsgiApp, asgi_refusal, make_asgi_app
from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import API_HOST, AUTH_HOST, ApiResponse

if TYPE_CHECKING:
    from tests.integration.serving.conftest import ScriptedDoor

OK = ApiResponse(status=201, headers=(("x-a", "b"),), body=b"0123456789")


def _play(app: AsgiApp, *, messages: Sequence[dict[str, Any]] = ()) -> list[Any]:
    """Run one request; after `messages` the client waits 30 ms and leaves."""
    sent: list[Any] = []
    inbox = list(messages) or [{"type": "http.request", "body": b""}]

    async def receive() -> Any:
        if inbox:
            return inbox.pop(0)
        await asyncio.sleep(0.03)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"x=%2B",
        "headers": [(b"Host", b"testserver")],
    }

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    return sent


def test_an_answer_arrives_through_a_real_client(scripted_door: ScriptedDoor) -> None:
    async def fetch() -> httpx.Response:
        transport = httpx.ASGITransport(make_asgi_app(scripted_door, host=AUTH_HOST))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.post("/api/v2/token/get?a=%2B", content=b"{}")

    answer = asyncio.run(fetch())

    assert (answer.status_code, answer.content) == (200, b"0123456789")
    request = scripted_door.requests[0]
    assert (request.host, request.path, request.query, request.body) == (
        AUTH_HOST,
        "/api/v2/token/get",
        "a=%2B",
        b"{}",
    )
    assert scripted_door.fates == [Fate.ANSWERED]


def test_a_request_arrives_raw(scripted_door: ScriptedDoor) -> None:
    _play(
        make_asgi_app(scripted_door),
        messages=[
            {"type": "http.request", "body": b"ab", "more_body": True},
            {"type": "http.request", "body": b"\xff"},
        ],
    )

    request = scripted_door.requests[0]
    assert (request.method, request.scheme, request.host) == ("POST", "https", API_HOST)
    assert (request.path, request.query, request.body) == ("/a%20b", "x=%2B", b"ab\xff")
    assert request.headers == (("host", "testserver"),)


def test_a_dripped_answer_is_sent_in_pieces(make_door: Any) -> None:
    door = make_door(Delivery(response=OK, drip_bytes=4, drip_interval_ms=1))

    sent = _play(make_asgi_app(door))

    assert sent[0]["status"] == 201
    assert sent[0]["headers"] == [(b"x-a", b"b"), (b"content-length", b"10")]
    assert [message["body"] for message in sent[1:]] == [b"0123", b"4567", b"89", b""]


@pytest.mark.parametrize(
    ("delivery", "bodies"),
    [
        pytest.param(Delivery(response=OK, stall_after_bytes=3), [b"012"], id="stalled"),
        pytest.param(Delivery(response=None, connection=Connection.SILENT), [], id="silent"),
        pytest.param(Delivery(response=OK, delay_ms=60_000), [], id="too-late"),
    ],
)
def test_a_client_that_leaves_has_timed_out(
    make_door: Any, delivery: Delivery, bodies: list[bytes]
) -> None:
    door = make_door(delivery)

    sent = _play(make_asgi_app(door))

    assert [m["body"] for m in sent if m["type"] == "http.response.body"] == bodies
    assert door.fates == [Fate.READ_TIMED_OUT]


@pytest.mark.parametrize(
    ("delivery", "said"),
    [
        (Delivery(response=OK, cut_after_bytes=3), "cut a body short"),
        (Delivery(response=OK, connection=Connection.RESET_BEFORE_ANSWER), "reset before answer"),
        (Delivery(response=None, connection=Connection.REFUSED), "refused"),
    ],
)
def test_what_asgi_cannot_say_is_refused(make_door: Any, delivery: Delivery, said: str) -> None:
    door = make_door(delivery)

    with pytest.raises(FaultNotSupportedError, match=said):
        _play(make_asgi_app(door))

    assert said in (asgi_refusal(delivery) or "")
    assert door.fates == [Fate.UNFINISHED]


def test_a_server_can_start_and_stop_it(scripted_door: ScriptedDoor) -> None:
    sent: list[Any] = []
    inbox = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> Any:
        return inbox.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def run() -> None:
        await make_asgi_app(scripted_door)({"type": "lifespan"}, receive, send)

    asyncio.run(run())

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
