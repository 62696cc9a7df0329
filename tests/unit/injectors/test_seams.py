"""What httpx, httpx2, requests and urllib3 experience in the simulated world."""

from __future__ import annotations

import asyncio
import importlib
import operator
import socket
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import ApiResponse, make_json_response

if TYPE_CHECKING:
    from tests.unit.injectors.conftest import ScriptedDoor

    from tts_chaos.injectors.simulated import SimulatedWorld

URL = "https://open-api.tiktokglobalshop.com/order/202309/orders?ids=1%2C2&app_key=k"
OK = make_json_response({"code": 0})
OLD_SESSION = requests.Session()
Send = Callable[..., Any]


def _send_httpx(core: str = "httpx", **options: Any) -> Any:
    with importlib.import_module(core).Client(**options) as client:
        return client.post(URL, content=b'{"a":1}', headers={"X-Tts-Access-Token": "T"})


def _send_httpx2(**options: Any) -> Any:
    pytest.importorskip("httpx2")
    return _send_httpx("httpx2", **options)


def _send_httpx_async(**options: Any) -> Any:
    async def send() -> Any:
        async with httpx.AsyncClient(**options) as client:
            return await client.post(URL, content=b'{"a":1}', headers={"X-Tts-Access-Token": "T"})

    return asyncio.run(send())


def _send_requests(timeout: Any = 5) -> Any:
    return requests.post(URL, data=b'{"a":1}', headers={"X-Tts-Access-Token": "T"}, timeout=timeout)


SENDERS = [
    pytest.param(_send_httpx, id="httpx"),
    pytest.param(_send_httpx2, id="httpx2"),
    pytest.param(_send_httpx_async, id="httpx-async"),
    pytest.param(_send_requests, id="requests"),
]


@pytest.mark.parametrize("send", SENDERS)
def test_the_door_sees_the_request_as_on_the_wire(
    world: SimulatedWorld, door: ScriptedDoor, send: Send
) -> None:
    send()

    request = door.exchanges[0].request
    assert (request.method, request.scheme) == ("POST", "https")
    assert request.host == "open-api.tiktokglobalshop.com"
    assert (request.path, request.query) == ("/order/202309/orders", "ids=1%2C2&app_key=k")
    assert request.body == b'{"a":1}'
    assert request.header("x-tts-access-token") == "T"
    assert request.header("host") == "open-api.tiktokglobalshop.com"
    assert request.header("content-length") == "7"


@pytest.mark.parametrize("send", SENDERS)
def test_the_client_sees_status_headers_and_body(
    world: SimulatedWorld, door: ScriptedDoor, send: Send
) -> None:
    body = ApiResponse(status=429, headers=(("retry-after", "7"),), body=b'{"code":1}')
    door.answers(Delivery(response=body))

    response = send()

    assert response.status_code == 429
    assert response.headers["Retry-After"] == "7"
    assert response.json() == {"code": 1}
    assert door.fates == [Fate.ANSWERED]


@pytest.mark.parametrize("send", SENDERS)
def test_a_slow_answer_takes_its_virtual_time(
    world: SimulatedWorld, door: ScriptedDoor, send: Send
) -> None:
    door.answers(Delivery(response=OK, delay_ms=4999))
    before_ms = world.clock.now_ms()

    send()

    assert world.clock.now_ms() - before_ms == 4999


def _lost(connection: Connection) -> Delivery:
    return Delivery(response=None, connection=connection)


# What the network does, what became of it, the errors of httpx and requests, virtual milliseconds.
BROKEN: dict[str, tuple[Delivery, Fate, str, str, int]] = {
    "refused": (
        *(_lost(Connection.REFUSED), Fate.REFUSED),
        *("ConnectError", "ConnectionError", 0),
    ),
    "black-holed": (
        *(_lost(Connection.BLACK_HOLED), Fate.CONNECT_TIMED_OUT),
        *("ConnectTimeout", "ConnectTimeout", 5000),
    ),
    "name-not-found": (
        *(_lost(Connection.DNS_FAILED), Fate.DNS_FAILED),
        *("ConnectError", "ConnectionError", 0),
    ),
    "certificate-refused": (
        *(_lost(Connection.TLS_FAILED), Fate.TLS_FAILED),
        *("ConnectError", "SSLError", 0),
    ),
    "reset": (
        *(_lost(Connection.RESET_BEFORE_ANSWER), Fate.RESET),
        *("ReadError", "ConnectionError", 0),
    ),
    "closed": (
        *(_lost(Connection.CLOSED_BEFORE_ANSWER), Fate.CLOSED),
        *("RemoteProtocolError", "ConnectionError", 0),
    ),
    "silent": (
        *(_lost(Connection.SILENT), Fate.READ_TIMED_OUT),
        *("ReadTimeout", "ReadTimeout", 5000),
    ),
    "late": (
        *(Delivery(response=OK, delay_ms=6000), Fate.READ_TIMED_OUT),
        *("ReadTimeout", "ReadTimeout", 5000),
    ),
    "stalled-in-the-body": (
        *(Delivery(response=OK, stall_after_bytes=3, delay_ms=1000), Fate.READ_TIMED_OUT),
        *("ReadTimeout", "ConnectionError", 6000),
    ),
    "cut-short": (
        *(Delivery(response=OK, cut_after_bytes=3), Fate.CUT_SHORT),
        *("RemoteProtocolError", "ChunkedEncodingError", 0),
    ),
}


@pytest.mark.parametrize(
    ("delivery", "fate", "in_httpx", "in_requests", "took_ms"), BROKEN.values(), ids=BROKEN
)
@pytest.mark.parametrize("send", SENDERS)
def test_trouble_is_raised_as_the_client_raises_it(
    world: SimulatedWorld,
    door: ScriptedDoor,
    send: Send,
    delivery: Delivery,
    fate: Fate,
    in_httpx: str,
    in_requests: str,
    took_ms: int,
) -> None:
    door.answers(delivery)
    before_ms = world.clock.now_ms()
    expected = in_requests if send is _send_requests else in_httpx

    with pytest.raises(Exception) as caught:
        send()

    assert type(caught.value).__name__ == expected
    assert type(caught.value).__module__.partition(".")[0] in ("httpx", "httpx2", "requests")
    assert door.fates == [fate]
    assert world.clock.now_ms() - before_ms == took_ms


def test_the_clients_own_time_outs_are_used(world: SimulatedWorld, door: ScriptedDoor) -> None:
    door.answers(Delivery(response=None, connection=Connection.SILENT))
    before_ms = world.clock.now_ms()

    with pytest.raises(httpx.ReadTimeout):
        _send_httpx(timeout=httpx.Timeout(5, read=0.75))

    assert world.clock.now_ms() - before_ms == 750


def test_requests_takes_a_pair_of_time_outs(world: SimulatedWorld, door: ScriptedDoor) -> None:
    door.answers(Delivery(response=None, connection=Connection.BLACK_HOLED))
    before_ms = world.clock.now_ms()

    with pytest.raises(requests.exceptions.ConnectTimeout):
        _send_requests(timeout=(1.5, 60))

    assert world.clock.now_ms() - before_ms == 1500


def test_a_session_older_than_the_run_is_led_to_the_door(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    assert OLD_SESSION.get(URL, timeout=1).json() == {"code": 0}
    assert door.paths == ["/order/202309/orders"]


def test_urllib3_by_itself_is_led_to_the_door(world: SimulatedWorld, door: ScriptedDoor) -> None:
    assert urllib3.request("GET", URL).json() == {"code": 0}
    assert door.exchanges[0].request.method == "GET"


def test_retries_of_urllib3_are_made_with_their_pauses(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    busy = ApiResponse(status=503, body=b"")
    door.answers(Delivery(response=busy), Delivery(response=busy), Delivery(response=OK))
    session = requests.Session()
    retry = Retry(total=5, backoff_factor=2, status_forcelist=[503])
    session.mount("https://", HTTPAdapter(max_retries=retry))
    before_ms = world.clock.now_ms()

    response = session.get(URL, timeout=5)

    assert response.status_code == 200
    assert len(door.exchanges) == 3
    assert world.clock.now_ms() - before_ms == 4000


def test_retries_of_urllib3_heed_retry_after(world: SimulatedWorld, door: ScriptedDoor) -> None:
    busy = ApiResponse(status=429, headers=(("retry-after", "30"),))
    door.answers(Delivery(response=busy), Delivery(response=OK))
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(3, status_forcelist=[429])))
    before_ms = world.clock.now_ms()

    session.get(URL, timeout=5)

    assert world.clock.now_ms() - before_ms == 30_000


def test_retries_of_urllib3_cover_refused_connections(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    refused = Delivery(response=None, connection=Connection.REFUSED)
    door.answers(refused, refused, Delivery(response=OK))
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(connect=2)))

    assert session.get(URL, timeout=5).status_code == 200
    assert door.fates == [Fate.REFUSED, Fate.REFUSED, Fate.ANSWERED]


def test_retries_of_httpx_cover_refused_connections(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    refused = Delivery(response=None, connection=Connection.REFUSED)
    door.answers(refused, refused, Delivery(response=OK))
    before_ms = world.clock.now_ms()

    response = _send_httpx(transport=httpx.HTTPTransport(retries=2))

    assert response.status_code == 200
    assert world.clock.now_ms() - before_ms == 500


def test_unknown_hosts_go_to_the_door_as_well(world: SimulatedWorld, door: ScriptedDoor) -> None:
    httpx.get("https://open-api.tiktokglobalshop.example/x")

    assert door.exchanges[0].request.host == "open-api.tiktokglobalshop.example"


def test_a_proxy_in_the_environment_changes_nothing(
    world: SimulatedWorld, door: ScriptedDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")

    _send_requests()
    requests.get("http://open-api.tiktokglobalshop.com/x?y=1", timeout=1)
    _send_httpx()

    hosts = {exchange.request.host for exchange in door.exchanges}
    assert hosts == {"open-api.tiktokglobalshop.com"}
    assert door.exchanges[1].request.query == "y=1"
    assert world.refused_destinations() == ()


def test_urllib_request_is_refused_and_reported(world: SimulatedWorld) -> None:
    with pytest.raises(OSError, match=r"refuses 'open-api\.tiktokglobalshop\.com:443'"):
        urllib.request.urlopen(URL)

    assert world.refused_destinations() == ("open-api.tiktokglobalshop.com:443",)


def test_a_raw_connection_to_an_address_is_refused(world: SimulatedWorld) -> None:
    with socket.socket() as raw, pytest.raises(ConnectionRefusedError, match=r"203\.0\.113\.7:80"):
        raw.connect(("203.0.113.7", 80))

    assert world.refused_destinations() == ("203.0.113.7:80",)


def test_a_cancelled_request_is_concluded(world: SimulatedWorld, door: ScriptedDoor) -> None:
    door.answers(Delivery(response=OK, delay_ms=60_000))

    async def send() -> None:
        async with httpx.AsyncClient(timeout=None) as client, asyncio.timeout(2):
            await client.get(URL)

    with pytest.raises(TimeoutError):
        asyncio.run(send())
    assert door.fates == [Fate.READ_TIMED_OUT]


def test_an_endless_request_ends_by_a_time_out_around_it(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    door.answers(Delivery(response=None, connection=Connection.SILENT))
    before_ms = world.clock.now_ms()

    async def send() -> None:
        async with httpx.AsyncClient(timeout=None) as client, asyncio.timeout(2):
            await client.get(URL)

    with pytest.raises(TimeoutError):
        asyncio.run(send())
    assert world.clock.now_ms() - before_ms == 2000


def _patched_places() -> list[object]:
    return [
        urllib3.connectionpool.HTTPConnectionPool._make_request,
        urllib3.connectionpool.HTTPSConnectionPool._prepare_proxy,
        httpcore.ConnectionPool.handle_request,
        httpcore.AsyncConnectionPool.handle_async_request,
        vars(httpx._transports.default)["create_ssl_context"],
        socket.getaddrinfo,
        socket.gethostbyname,
        vars(socket.socket).get("connect"),
    ]


PLACES_BEFORE = _patched_places()


def test_during_a_run_every_seam_is_in_place(world: SimulatedWorld) -> None:
    assert not any(map(operator.is_, _patched_places(), PLACES_BEFORE))


def test_after_a_run_no_seam_is_left(world: SimulatedWorld) -> None:
    world.close()

    assert all(map(operator.is_, _patched_places(), PLACES_BEFORE))
