"""What aiohttp experiences in the simulated world."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import ApiResponse, make_json_response

if TYPE_CHECKING:
    from tests.unit.injectors.conftest import ScriptedDoor

    from tts_chaos.injectors.simulated import SimulatedWorld

URL = "https://open-api.tiktokglobalshop.com/order/202309/orders?ids=1%2C2&app_key=k"
OK = make_json_response({"code": 0})
PATIENCE = aiohttp.ClientTimeout(sock_connect=5, sock_read=5)


def _send(
    method: str = "POST",
    *,
    data: Any = b'{"a":1}',
    timeout: aiohttp.ClientTimeout = PATIENCE,
    times: int = 1,
    **options: Any,
) -> tuple[aiohttp.ClientResponse, bytes]:
    """Send in one session, side by side where `times` says so; returns the last answer."""

    async def send() -> tuple[aiohttp.ClientResponse, bytes]:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for _ in range(times):
                headers = {"X-Tts-Access-Token": "T"}
                async with session.request(
                    method, URL, data=data, headers=headers, **options
                ) as response:
                    body = await response.read()
            return response, body

    return asyncio.run(send())


def test_the_door_sees_the_request_as_on_the_wire(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    _send()

    request = door.exchanges[0].request
    assert (request.method, request.scheme) == ("POST", "https")
    assert request.host == "open-api.tiktokglobalshop.com"
    # aiohttp writes addresses anew, unless they are given as encoded.
    assert (request.path, request.query) == ("/order/202309/orders", "ids=1,2&app_key=k")
    assert request.body == b'{"a":1}'
    assert request.header("x-tts-access-token") == "T"
    assert request.header("host") == "open-api.tiktokglobalshop.com"
    assert request.header("content-length") == "7"


def test_a_body_in_chunks_and_an_expected_100_arrive_whole(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"a":'
        yield b"1}"

    _send(data=pieces(), expect100=True)

    assert door.exchanges[0].request.body == b'{"a":1}'


def test_the_client_sees_status_headers_and_body(world: SimulatedWorld, door: ScriptedDoor) -> None:
    packed = ApiResponse(
        status=429,
        headers=(("retry-after", "7"), ("content-encoding", "gzip")),
        body=gzip.compress(b'{"code":1}'),
    )
    door.answers(Delivery(response=packed))

    response, body = _send()

    assert response.status == 429
    assert response.headers["Retry-After"] == "7"
    assert body == b'{"code":1}'
    assert door.fates == [Fate.ANSWERED]


def test_a_slow_answer_takes_its_virtual_time(world: SimulatedWorld, door: ScriptedDoor) -> None:
    door.answers(Delivery(response=OK, delay_ms=4999))
    before_ms = world.clock.now_ms()

    _send()

    assert world.clock.now_ms() - before_ms == 4999


def test_an_answer_that_drips_outlasts_the_time_out_between_bytes(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    door.answers(Delivery(response=OK, drip_bytes=1, drip_interval_ms=4000))
    before_ms = world.clock.now_ms()

    _, body = _send()

    assert body == OK.body
    assert world.clock.now_ms() - before_ms == 4000 * len(OK.body)


def _lost(connection: Connection) -> Delivery:
    return Delivery(response=None, connection=connection)


BROKEN: dict[str, tuple[Delivery, Fate, type[Exception], int]] = {
    "refused": (_lost(Connection.REFUSED), Fate.REFUSED, aiohttp.ClientConnectorError, 0),
    "black-holed": (
        *(_lost(Connection.BLACK_HOLED), Fate.CONNECT_TIMED_OUT),
        *(aiohttp.ConnectionTimeoutError, 5000),
    ),
    "name-not-found": (
        *(_lost(Connection.DNS_FAILED), Fate.DNS_FAILED),
        *(aiohttp.ClientConnectorDNSError, 0),
    ),
    "certificate-refused": (
        *(_lost(Connection.TLS_FAILED), Fate.TLS_FAILED),
        *(aiohttp.ClientConnectorCertificateError, 0),
    ),
    "reset": (_lost(Connection.RESET_BEFORE_ANSWER), Fate.RESET, aiohttp.ClientOSError, 0),
    "closed": (
        *(_lost(Connection.CLOSED_BEFORE_ANSWER), Fate.CLOSED),
        *(aiohttp.ServerDisconnectedError, 0),
    ),
    "silent": (_lost(Connection.SILENT), Fate.READ_TIMED_OUT, aiohttp.SocketTimeoutError, 5000),
    "late": (
        *(Delivery(response=OK, delay_ms=6000), Fate.READ_TIMED_OUT),
        *(aiohttp.SocketTimeoutError, 5000),
    ),
    "stalled-in-the-body": (
        *(Delivery(response=OK, stall_after_bytes=3, delay_ms=1000), Fate.READ_TIMED_OUT),
        *(aiohttp.SocketTimeoutError, 6000),
    ),
    "cut-short": (
        *(Delivery(response=OK, cut_after_bytes=3), Fate.CUT_SHORT),
        *(aiohttp.ClientPayloadError, 0),
    ),
    "reset-in-the-body": (
        # As for other clients: what a reset overtakes is lost with it.
        *(Delivery(response=OK, cut_after_bytes=3, cut_by="reset"), Fate.RESET),
        *(aiohttp.ClientOSError, 0),
    ),
}


@pytest.mark.parametrize(("delivery", "fate", "error", "took_ms"), BROKEN.values(), ids=BROKEN)
def test_trouble_is_raised_as_the_client_raises_it(
    world: SimulatedWorld,
    door: ScriptedDoor,
    delivery: Delivery,
    fate: Fate,
    error: type[Exception],
    took_ms: int,
) -> None:
    door.answers(delivery)
    before_ms = world.clock.now_ms()

    with pytest.raises(Exception) as caught:
        _send()

    assert type(caught.value) is error
    assert door.fates == [fate]
    assert world.clock.now_ms() - before_ms == took_ms


def test_the_total_time_out_ends_an_endless_request(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    door.answers(_lost(Connection.SILENT))
    before_ms = world.clock.now_ms()

    with pytest.raises(TimeoutError):
        _send(timeout=aiohttp.ClientTimeout(total=2))

    assert door.fates == [Fate.READ_TIMED_OUT]
    assert world.clock.now_ms() - before_ms == 2000


def test_a_get_whose_connection_broke_is_sent_once_more_as_aiohttp_does(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    door.answers(_lost(Connection.RESET_BEFORE_ANSWER), Delivery(response=OK))

    response, _ = _send("GET", data=None)

    assert response.status == 200
    assert door.fates == [Fate.RESET, Fate.ANSWERED]
    first, second = (exchange.request for exchange in door.exchanges)
    assert first == second


def test_a_refused_connection_is_not_tried_again_by_aiohttp(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    door.answers(_lost(Connection.REFUSED))

    with pytest.raises(aiohttp.ClientConnectorError):
        _send("GET", data=None)

    assert door.fates == [Fate.REFUSED]


def test_a_connection_is_used_again(world: SimulatedWorld, door: ScriptedDoor) -> None:
    _send(times=3)

    assert [exchange.request.body for exchange in door.exchanges] == [b'{"a":1}'] * 3
    assert door.fates == [Fate.ANSWERED] * 3


def test_requests_side_by_side_each_get_their_answer(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    door.answer = lambda request: Delivery(
        response=make_json_response({"asked": request.query}), delay_ms=1000
    )
    before_ms = world.clock.now_ms()

    async def send() -> list[Any]:
        async with aiohttp.ClientSession() as session:

            async def ask(number: int) -> Any:
                async with session.get(f"https://shop.example/x?{number}") as response:
                    return (await response.json())["asked"]

            return await asyncio.gather(*map(ask, range(5)))

    assert asyncio.run(send()) == ["0", "1", "2", "3", "4"]
    assert world.clock.now_ms() - before_ms == 1000


def test_a_cancelled_request_is_concluded(world: SimulatedWorld, door: ScriptedDoor) -> None:
    door.answers(Delivery(response=OK, delay_ms=60_000))

    async def send() -> None:
        async with aiohttp.ClientSession() as session, asyncio.timeout(2):
            await session.get(URL)

    with pytest.raises(TimeoutError):
        asyncio.run(send())
    assert door.fates == [Fate.READ_TIMED_OUT]


def test_after_a_run_the_seam_is_gone(world: SimulatedWorld) -> None:
    during = aiohttp.TCPConnector._create_connection

    world.close()

    assert aiohttp.TCPConnector._create_connection is not during
    assert aiohttp.TCPConnector._create_connection.__module__ == "aiohttp.connector"


LATE_IMPORT = """
import sys
from tts_chaos.injectors.aiohttp_seam import AiohttpSeam

seam = AiohttpSeam()
seam.install(None)
assert "aiohttp" not in sys.modules, "the seam imports it"
import aiohttp
assert aiohttp.TCPConnector._create_connection.__module__ == "tts_chaos.injectors.aiohttp_seam"
assert seam._finder not in sys.meta_path
seam.remove()
assert aiohttp.TCPConnector._create_connection.__module__ == "aiohttp.connector"
"""


def test_a_library_that_is_imported_during_the_run_is_patched_then() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATE_IMPORT],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
