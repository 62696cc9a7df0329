"""Each fault of the wire as bytes on real sockets: when it sets in, what it spares, its end."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import ssl
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tts_chaos.core.clock import SkewedClock
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.faults.intermediary import HostFiltered
from tts_chaos.faults.network import (
    ConnectionsReset,
    NameElsewhere,
    NameNotFound,
    PortBlackHoled,
    PortRefused,
)
from tts_chaos.faults.tls import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateSelfSigned,
    CertificateWrongName,
    TlsAbsent,
    TlsTooOld,
)
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.serving.fault_proxy import FaultProxy
from tts_chaos.serving.fault_proxy.server import HOW_TO_GET, locate_server
from tts_chaos.serving.tls import WRONG_NAME
from tts_chaos.typing import ShopAccess, TwinConnection
from tts_chaos.wire.message import API_HOST

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
REQUEST = b"GET /order/202309/orders HTTP/1.1\r\nHost: localhost\r\n\r\n"
PATIENCE_S = 5.0
SILENCE_S = 0.3
"""How long nothing has to happen to count as never; answers on loopback take a millisecond."""

TLS_FAULTS = [
    (CertificateExpired(), "certificate has expired"),
    (CertificateNotYetValid(), "not yet valid"),
    (CertificateSelfSigned(), r"self[- ]signed certificate"),
    (CertificateWrongName(), "Hostname mismatch"),
    (TlsTooOld(), r"(?i)protocol|alert"),
    (TlsAbsent(), r"(?i)wrong.version.number|record layer"),
]


class Client:
    """What a test does from the integration's side."""

    def __init__(self, connection: TwinConnection, cleanup: contextlib.ExitStack) -> None:
        self._connection = connection
        self._cleanup = cleanup

    def port(self, host: str = "api") -> int:
        url = self._connection.api_url if host == "api" else self._connection.token_url
        return int(url.rpartition(":")[2])

    def connect(self, host: str = "api") -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self.port(host)), timeout=PATIENCE_S)
        return self._cleanup.enter_context(opened)

    def encrypt(
        self, raw: socket.socket, *, name: str = "localhost", context: ssl.SSLContext | None = None
    ) -> ssl.SSLSocket:
        trusting = context or ssl.create_default_context(cafile=self._connection.ca_file)
        return self._cleanup.enter_context(trusting.wrap_socket(raw, server_hostname=name))

    def ask(self, peer: socket.socket) -> bytes:
        """Send a request and return the answer's body."""
        peer.sendall(REQUEST)
        received = b""
        while not received.endswith(b"0123456789"):
            part = peer.recv(4096)
            assert part, f"the connection ended after {received!r}"
            received += part
        return received.partition(b"\r\n\r\n")[2]

    def ask_anew(self, host: str = "api") -> bytes:
        return self.ask(self.encrypt(self.connect(host)))


def careless() -> ssl.SSLContext:
    """Return what clients use that were told not to verify."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context


def is_silent(peer: socket.socket) -> bool:
    return not select.select([peer], [], [], SILENCE_S)[0]


def is_gone(peer: socket.socket) -> bool:
    """Whether the connection ends, in order or by a reset."""
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture(params=["embedded", "toxiproxy"])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[WireWorld]:
    if request.param == "toxiproxy" and locate_server() is None:
        pytest.skip(f"no toxiproxy-server found. {HOW_TO_GET}")
    monkeypatch.delenv("TOXIPROXY_URL", raising=False)
    opened = WireWorld(start_proxy=lambda: FaultProxy.start(prefer=request.param))
    yield opened
    opened.close()


@pytest.fixture
def client(world: WireWorld, scripted_door: ScriptedDoor) -> Iterator[Client]:
    connection = world.open(scripted_door, CREDENTIALS, SkewedClock(world.clock))
    with contextlib.ExitStack() as cleanup:
        yield Client(connection, cleanup)


ids = [fault.name for fault, _ in TLS_FAULTS]

# -- TLS ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "said"), TLS_FAULTS, ids=ids)
def test_a_client_that_verifies_refuses(
    world: WireWorld, client: Client, scripted_door: ScriptedDoor, fault: Fault, said: str
) -> None:
    world.arm("f", fault, Trigger(host="api"))

    with pytest.raises(ssl.SSLError, match=said):
        client.encrypt(client.connect())

    assert scripted_door.requests == []
    assert world.hits("f") == 1
    assert client.ask_anew("token") == b"0123456789"


@pytest.mark.parametrize(("fault", "_said"), TLS_FAULTS[:-1], ids=ids[:-1])
def test_a_client_that_does_not_verify_is_let_through(
    world: WireWorld, client: Client, scripted_door: ScriptedDoor, fault: Fault, _said: str
) -> None:
    world.arm("f", fault, Trigger(host="api"))

    peer = client.encrypt(client.connect(), context=careless())

    assert client.ask(peer) == b"0123456789"
    assert (peer.version() in ("TLSv1", "TLSv1.1")) == isinstance(fault, TlsTooOld)
    assert [request.scheme for request in scripted_door.requests] == ["https"]


def test_a_port_without_tls_answers_in_plain_http(
    world: WireWorld, client: Client, scripted_door: ScriptedDoor
) -> None:
    world.arm("f", TlsAbsent(), Trigger(host="api"))
    hello = client.connect()
    hello.sendall(b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03")

    assert hello.recv(64).startswith(b"HTTP/1.1 400 ")
    assert client.ask(client.connect()) == b"0123456789"
    assert [request.scheme for request in scripted_door.requests] == ["http"]


@pytest.mark.parametrize(("fault", "_said"), TLS_FAULTS, ids=ids)
def test_connections_from_before_and_during_a_fault_of_tls_end(
    world: WireWorld, client: Client, fault: Fault, _said: str
) -> None:
    before = client.encrypt(client.connect())
    client.ask(before)

    world.arm("f", fault, Trigger(host="api"))
    is_before_gone = is_gone(before)
    plain = isinstance(fault, TlsAbsent)
    during = client.connect() if plain else client.encrypt(client.connect(), context=careless())
    client.ask(during)
    world.lift("f")

    assert is_before_gone
    assert is_gone(during)
    assert client.ask_anew() == b"0123456789"


# -- filters --------------------------------------------------------------------------------------


def test_a_filter_swallows_connections_by_the_name_they_ask_for(
    world: WireWorld, client: Client, scripted_door: ScriptedDoor
) -> None:
    world.arm("f", HostFiltered(), Trigger(host="api"))
    raw = client.connect()
    raw.settimeout(SILENCE_S)

    with pytest.raises(TimeoutError):
        client.encrypt(raw)

    assert (world.hits("f"), scripted_door.requests) == (1, [])
    assert client.ask_anew("token") == b"0123456789"


def test_a_filter_lets_other_names_pass(world: WireWorld, client: Client) -> None:
    world.arm("f", HostFiltered(), Trigger(host="api"))

    peer = client.encrypt(client.connect(), name="127.0.0.1")

    assert client.ask(peer) == b"0123456789"
    assert world.hits("f") == 0


def test_a_filter_resets_connections_by_the_name_they_ask_for(
    world: WireWorld, client: Client
) -> None:
    world.arm("f", HostFiltered(by="reset"), Trigger(host="api"))
    # A real server passes a reset of the upstream on as an ordinary end.
    ended = ConnectionResetError if world.proxy_engine == "embedded" else (OSError, ssl.SSLError)

    with pytest.raises(ended):
        client.encrypt(client.connect(), name=API_HOST)


def test_a_filter_waits_for_a_name_that_comes_in_pieces(world: WireWorld, client: Client) -> None:
    world.arm("f", HostFiltered(), Trigger(host="api"))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=API_HOST)
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    whole = outgoing.read()
    raw = client.connect()

    for piece in (whole[:3], whole[3:90], whole[90:]):
        raw.sendall(piece)
        assert select.select([raw], [], [], 0.05)[0] == []

    assert is_silent(raw)
    assert world.hits("f") == 1
    world.lift("f")
    assert is_gone(raw)


# -- the line -------------------------------------------------------------------------------------


def test_a_refused_port_refuses(world: WireWorld, client: Client) -> None:
    world.arm("f", PortRefused(), Trigger(host="api"))

    with pytest.raises(ConnectionRefusedError):
        client.connect()

    world.lift("f")
    assert client.ask_anew() == b"0123456789"


def test_a_black_holed_port_answers_no_attempt_to_connect(
    world: WireWorld, client: Client, scripted_door: ScriptedDoor
) -> None:
    before = client.encrypt(client.connect())
    world.arm("f", PortBlackHoled(), Trigger(host="api"))
    attempt = socket.socket()
    attempt.setblocking(False)

    begun = attempt.connect_ex(("127.0.0.1", client.port()))
    is_connected = bool(select.select([], [attempt], [], SILENCE_S)[1])
    attempt.close()

    assert begun == errno.EINPROGRESS
    assert not is_connected
    assert is_gone(before)
    assert client.ask_anew("token") == b"0123456789"
    world.lift("f")
    assert client.ask_anew() == b"0123456789"
    assert len(scripted_door.requests) == 2


def test_a_stream_that_is_black_holed_goes_silent_in_the_middle(
    world: WireWorld, client: Client, scripted_door: ScriptedDoor
) -> None:
    before = client.encrypt(client.connect())
    client.ask(before)
    world.arm("f", PortBlackHoled(at="stream"), Trigger(host="api"))

    before.sendall(REQUEST)
    anew = client.connect()
    anew.sendall(b"\x16")

    assert is_silent(before)
    assert is_silent(anew)
    assert len(scripted_door.requests) == 1


def test_two_faults_that_close_a_port_end_one_by_one(world: WireWorld, client: Client) -> None:
    world.arm("hole", PortBlackHoled(), Trigger(host="api"))
    world.arm("down", PortRefused(), Trigger(host="api"))

    world.lift("hole")

    with pytest.raises(ConnectionRefusedError):
        client.connect()
    world.lift("down")
    assert client.ask_anew() == b"0123456789"


def test_every_connection_is_reset_before_a_request_can_be_sent(
    world: WireWorld, client: Client, scripted_door: ScriptedDoor
) -> None:
    world.arm("f", ConnectionsReset(), Trigger(host="api"))

    with pytest.raises(ConnectionResetError):
        client.encrypt(client.connect())

    assert scripted_door.requests == []
    world.lift("f")
    assert client.ask_anew() == b"0123456789"


# -- names ----------------------------------------------------------------------------------------


def test_a_name_that_is_not_found_is_not_found_until_lifted(
    world: WireWorld, client: Client
) -> None:
    kept = client.encrypt(client.connect())
    client.ask(kept)
    world.arm("f", NameNotFound(), Trigger(host="api"))

    with pytest.raises(socket.gaierror, match="Name or service not known"):
        socket.create_connection(("localhost", client.port()), timeout=PATIENCE_S)

    assert is_gone(kept)
    assert world.hits("f") == 1
    socket.create_connection(("localhost", client.port("token")), timeout=PATIENCE_S).close()
    world.lift("f")
    socket.create_connection(("localhost", client.port()), timeout=PATIENCE_S).close()


def test_a_name_that_leads_to_nobody_is_refused(world: WireWorld, client: Client) -> None:
    world.arm("f", NameElsewhere(whose="nobody"), Trigger(host="api"))

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("localhost", client.port()), timeout=PATIENCE_S)


def test_a_name_that_leads_to_a_stranger_shows_a_strangers_certificate(
    world: WireWorld, client: Client, scripted_door: ScriptedDoor
) -> None:
    world.arm("f", NameElsewhere(), Trigger(host="api"))

    with (
        pytest.raises(ssl.SSLCertVerificationError, match=r"self[- ]signed|Hostname mismatch"),
        socket.create_connection(("localhost", client.port()), timeout=PATIENCE_S) as raw,
    ):
        client.encrypt(raw)
    assert scripted_door.requests == []

    with socket.create_connection(("localhost", client.port()), timeout=PATIENCE_S) as raw:
        client.ask(client.encrypt(raw, context=careless()))
    assert [request.host for request in scripted_door.requests] == [WRONG_NAME]
