"""The wire world end to end: sockets, TLS, proxy, environment, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

import httpx
import pytest
import requests

from tts_chaos.core.clock import SkewedClock
from tts_chaos.core.history import OpKind
from tts_chaos.errors import ChaosError, InjectionError
from tts_chaos.faults.effect import BreakConnection, Effect, Moment, Toxic
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.faults.slowness import AnswerSlow
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.serving.fault_proxy import FaultProxy
from tts_chaos.typing import ShopAccess, TwinConnection
from tts_chaos.wire.delivery import Connection
from tts_chaos.wire.message import API_HOST, AUTH_HOST, ApiRequest

if TYPE_CHECKING:
    from tests.integration.serving.conftest import ScriptedDoor

CREDENTIALS = TwinConnection(
    api_url="",
    token_url="",
    app_key="key",
    app_secret="secret",
    access_token="access",
    refresh_token="refresh",
    access_token_expires_at=0,
    refresh_token_expires_at=0,
    shops=[ShopAccess("1", "c", "GB", "Shop")],
)


class Refused(Fault, frozen=True, kw_only=True):
    name: ClassVar[str] = "refused_for_test"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        return (BreakConnection(connection=Connection.REFUSED),)

    def toxics(self) -> tuple[Toxic, ...]:
        return (Toxic(kind="down"),)


class Late(Fault, frozen=True, kw_only=True):
    name: ClassVar[str] = "late_for_test"

    def toxics(self) -> tuple[Toxic, ...]:
        return (Toxic(kind="latency", attributes={"latency": 80}),)


class Unresolved(Fault, frozen=True, kw_only=True):
    name: ClassVar[str] = "unresolved_for_test"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        return (BreakConnection(connection=Connection.DNS_FAILED),)


class Reset(Fault, frozen=True, kw_only=True):
    name: ClassVar[str] = "reset_for_test"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        return (BreakConnection(connection=Connection.RESET_BEFORE_ANSWER),)


class ForgetfulProxy:
    """A proxy that keeps one toxic after it was told to lift it."""

    engine = "forgetful"

    def __init__(self) -> None:
        self.is_stopped = False

    def add(self, name: str, upstream: tuple[str, int]) -> tuple[str, int]:
        return upstream

    def apply(self, name: str, fault_id: str, toxics: Sequence[Toxic]) -> None: ...

    def clear(self, name: str, fault_id: str) -> None: ...

    def verify_clear(self) -> list[str]:
        return ["proxy 'api' still has toxic 'slow-0' (latency, downstream)"]

    def stop(self) -> None:
        self.is_stopped = True


@pytest.fixture
def door(scripted_door: ScriptedDoor) -> ScriptedDoor:
    return scripted_door


@pytest.fixture
def world() -> Iterator[WireWorld]:
    opened = WireWorld(start_proxy=lambda: FaultProxy.start(prefer="embedded"))
    yield opened
    opened.close()


@pytest.fixture
def connection(world: WireWorld, door: ScriptedDoor) -> TwinConnection:
    return world.open(door, CREDENTIALS, SkewedClock(world.clock))


def _get_by_httpx(url: str) -> bytes:
    return httpx.get(url).content


def _get_by_requests(url: str) -> bytes:
    return requests.get(url, timeout=5).content


def _get_by_urllib(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        content: bytes = answer.read()
    return content


@pytest.mark.parametrize("get", [_get_by_httpx, _get_by_requests, _get_by_urllib])
def test_a_client_reaches_the_platform_without_being_told_to_trust_it(
    connection: TwinConnection, door: ScriptedDoor, get: object
) -> None:
    assert callable(get)
    assert get(f"{connection.api_url}/order/202309/orders") == b"0123456789"
    assert get(f"{connection.token_url}/api/v2/token/get") == b"0123456789"

    assert [request.host for request in door.requests] == [API_HOST, AUTH_HOST]


def test_the_connection_says_all_that_a_client_needs(
    connection: TwinConnection, world: WireWorld
) -> None:
    assert connection.world == "wire"
    assert connection.api_url.startswith("https://localhost:")
    assert connection.api_url != connection.token_url
    assert connection.ca_file == os.environ["SSL_CERT_FILE"]
    assert connection.app_secret == "secret"
    assert world.proxy_engine == "embedded"


def test_proxies_of_the_environment_are_gone_during_a_run_and_back_after_it(
    monkeypatch: pytest.MonkeyPatch, world: WireWorld, door: ScriptedDoor
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("SSL_CERT_FILE", "/before.pem")
    world.open(door, CREDENTIALS, SkewedClock(world.clock))
    during = os.environ.get("HTTPS_PROXY")

    world.close()

    assert during is None
    assert os.environ["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert os.environ["SSL_CERT_FILE"] == "/before.pem"


def test_close_leaves_no_thread_port_file_or_patch(world: WireWorld, door: ScriptedDoor) -> None:
    threads, connect = set(threading.enumerate()), socket.socket.connect
    connection = world.open(door, CREDENTIALS, SkewedClock(world.clock))
    port = int(connection.api_url.rpartition(":")[2])

    world.close()
    world.close()

    assert set(threading.enumerate()) <= threads
    assert socket.socket.connect is connect
    assert connection.ca_file is not None
    assert not os.path.exists(connection.ca_file)  # noqa: PTH110
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_world_that_cannot_open_leaves_nothing(door: ScriptedDoor) -> None:
    threads, environment = set(threading.enumerate()), dict(os.environ)

    def fail() -> FaultProxy:
        raise InjectionError("planted")

    with pytest.raises(InjectionError, match="planted"):
        WireWorld(start_proxy=fail).open(door, CREDENTIALS, SkewedClock(WireWorld().clock))

    assert set(threading.enumerate()) <= threads
    assert dict(os.environ) == environment


# -- faults ---------------------------------------------------------------------------------------


def test_a_refused_port_is_refused_until_lifted(
    world: WireWorld, connection: TwinConnection
) -> None:
    world.arm("down", Refused(), Trigger())
    with pytest.raises(httpx.ConnectError):
        httpx.get(connection.api_url)

    world.lift("down")

    assert httpx.get(connection.api_url).content == b"0123456789"


def test_a_fault_of_one_host_leaves_the_other_alone(
    world: WireWorld, connection: TwinConnection
) -> None:
    world.arm("down", Refused(), Trigger(host="auth"))

    assert httpx.get(connection.api_url).content == b"0123456789"
    with pytest.raises(httpx.ConnectError):
        httpx.get(connection.token_url)


def test_one_of_two_faults_can_be_lifted(world: WireWorld, connection: TwinConnection) -> None:
    world.arm("late.1", Late(), Trigger())
    world.arm("late.2", Late(), Trigger())

    world.lift("late.1")
    world.lift("late.2")

    assert httpx.get(connection.api_url).content == b"0123456789"


def test_a_fault_that_is_not_gone_after_lifting_is_reported(door: ScriptedDoor) -> None:
    proxy = ForgetfulProxy()
    world = WireWorld(start_proxy=lambda: proxy)
    world.open(door, CREDENTIALS, SkewedClock(world.clock))
    world.arm("slow", Late(), Trigger())

    with pytest.raises(InjectionError, match=r"'slow' was lifted, and yet: .* toxic 'slow-0'"):
        world.lift("slow")

    world.close()
    assert proxy.is_stopped


@pytest.mark.parametrize(
    ("fault", "trigger", "said"),
    [
        pytest.param(Refused(), Trigger(), None, id="a-refused-port"),
        pytest.param(Refused(), Trigger(host="api", for_ms=10), None, id="a-refused-host"),
        pytest.param(
            Refused(), Trigger(times=1), "cannot single out requests", id="one-refused-request"
        ),
        pytest.param(
            Refused(), Trigger(operation="order.*"), "cannot single", id="a-refused-operation"
        ),
        pytest.param(
            Unresolved(), Trigger(), "makes a connection dns failed, which", id="a-name-not-found"
        ),
        pytest.param(Reset(), Trigger(times=1), None, id="a-reset-request"),
        pytest.param(AnswerSlow(delay_ms=1), Trigger(call=2), None, id="a-late-answer"),
        pytest.param(
            Late(), Trigger(call=2), "acts on whoever comes", id="a-late-line-for-one-request"
        ),
    ],
)
def test_what_real_sockets_cannot_do_is_refused_when_declared(
    fault: Fault, trigger: Trigger, said: str | None
) -> None:
    refusal = WireWorld().refusal(fault, trigger)

    assert refusal is None if said is None else said in (refusal or "")


@pytest.mark.parametrize(
    ("fault", "trigger", "expected"),
    [
        pytest.param(Late(), Trigger(), True, id="every-request-through-the-proxy"),
        pytest.param(Late(), Trigger(times=1), False, id="one-request-at-the-door"),
        pytest.param(Reset(), Trigger(), False, id="no-toxics-at-the-door"),
    ],
)
def test_the_proxy_takes_faults_of_the_line(fault: Fault, trigger: Trigger, expected: bool) -> None:
    assert WireWorld().uses_proxy(fault, trigger) is expected


# -- the integration ------------------------------------------------------------------------------


def test_a_call_can_use_the_platform(world: WireWorld, connection: TwinConnection) -> None:
    done = world.call(lambda: httpx.get(connection.api_url).status_code, limit_ms=5_000)

    assert (done.kind, done.value) == (OpKind.OK, 200)


class BrokenDoor:
    def open(self, request: ApiRequest) -> None:
        raise ZeroDivisionError("planted")


def test_a_defect_of_the_platform_is_never_taken_for_the_integrations(world: WireWorld) -> None:
    door = BrokenDoor()
    connection = world.open(door, CREDENTIALS, SkewedClock(world.clock))  # type: ignore[arg-type]

    with pytest.raises(ChaosError, match="ZeroDivisionError: planted"):
        world.call(lambda: httpx.get(connection.api_url), limit_ms=5_000)


@pytest.mark.parametrize(
    ("host", "remembered"),
    [
        pytest.param("open-api.tiktokglobalshop.com", "open-api.tiktokglobalshop.com", id="name"),
        pytest.param("240.0.0.1", "240.0.0.1:443", id="address"),
        pytest.param("100::1", "100::1:443", id="address-of-version-6"),
    ],
)
def test_nothing_else_is_reached_and_the_attempt_is_remembered(
    world: WireWorld, connection: TwinConnection, host: str, remembered: str
) -> None:
    with pytest.raises(OSError, match="tts-chaos refused a connection"):
        socket.create_connection((host, 443), timeout=1)

    assert world.refused_destinations() == (remembered,)


def test_a_datagram_to_the_outside_is_refused(world: WireWorld, connection: TwinConnection) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened,
        pytest.raises(OSError, match="tts-chaos refused"),
    ):
        opened.sendto(b"x", ("240.0.0.1", 443))


def test_an_allowed_host_is_let_through(door: ScriptedDoor) -> None:
    world = WireWorld(allowed_hosts=["240.0.0.1"], start_proxy=ForgetfulProxy)
    world.open(door, CREDENTIALS, SkewedClock(world.clock))
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    with contextlib.suppress(OSError):
        opened.connect(("240.0.0.1", 9))

    assert world.refused_destinations() == ()
    opened.close()
    world.close()


def test_a_thread_left_behind_is_named(world: WireWorld, connection: TwinConnection) -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="their-poller")

    world.call(thread.start, limit_ms=1_000)

    assert world.leftover_threads() == ("their-poller",)
    release.set()
    thread.join()
