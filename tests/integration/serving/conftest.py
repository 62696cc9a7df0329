"""A scripted door and raw clients for tests on real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tts_chaos.serving.http_reading import Origin
from tts_chaos.serving.http_server import HttpServer, Listener, LoopKind
from tts_chaos.wire.delivery import Delivery, Fate
from tts_chaos.wire.message import API_HOST, ApiRequest, ApiResponse

PATIENCE_S = 5.0
OK = ApiResponse(status=200, headers=(("content-type", "text/plain"),), body=b"0123456789")


class ScriptedExchange:
    def __init__(self, delivery: Delivery, conclude: Callable[[Fate], None]) -> None:
        self.delivery = delivery
        self.conclude = conclude


class ScriptedDoor:
    """Answers the n-th request with the n-th delivery, further ones with the last."""

    def __init__(self, *deliveries: Delivery) -> None:
        self._deliveries = deliveries or (Delivery(response=OK),)
        self.requests: list[ApiRequest] = []
        self.fates: list[Fate] = []
        self._changed = threading.Condition()

    def open(self, request: ApiRequest) -> ScriptedExchange:
        with self._changed:
            delivery = self._deliveries[min(len(self.requests), len(self._deliveries) - 1)]
            self.requests.append(request)
            self._changed.notify_all()
        return ScriptedExchange(delivery, self._conclude)

    def _conclude(self, fate: Fate) -> None:
        with self._changed:
            self.fates.append(fate)
            self._changed.notify_all()

    def wait_for_requests(self, count: int) -> list[ApiRequest]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= count, PATIENCE_S)
        return self.requests

    def wait_for_fates(self, count: int) -> list[Fate]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.fates) >= count, PATIENCE_S)
        return self.fates


class RawClient:
    """A TCP connection that a test drives byte by byte."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self, length: int) -> bytes:
        """Return exactly `length` bytes."""
        received = b""
        while len(received) < length:
            part = self.socket.recv(length - len(received))
            assert part, f"the server closed after {received!r}"
            received += part
        return received

    def receive_until_end(self) -> bytes:
        """Return everything up to the server's FIN; a reset raises ConnectionResetError."""
        received = b""
        while part := self.socket.recv(65536):
            received += part
        return received

    def is_silent(self, seconds: float = 0.05) -> bool:
        """Whether nothing arrives for a while, and the connection stays."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) is None
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(PATIENCE_S)

    def is_gone(self) -> bool:
        """Whether the server has ended the connection, in order or by a reset."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def leave(self) -> None:
        self.socket.close()


class Bench:
    """Starts servers and clients and ends them after the test."""

    def __init__(self, stack: ExitStack, loop: LoopKind) -> None:
        self._stack = stack
        self.loop: LoopKind = loop

    def door(self, *deliveries: Delivery) -> ScriptedDoor:
        return ScriptedDoor(*deliveries)

    def serve(self, door: ScriptedDoor, host: str = API_HOST) -> HttpServer:
        listener = Listener(name="api", door=door, origin=Origin(host=host))
        server = HttpServer([listener], loop=self.loop)
        self._stack.callback(server.stop)
        return server.start()

    def connect(self, server: HttpServer) -> RawClient:
        client = RawClient(server.address("api"))
        self._stack.callback(client.leave)
        return client

    def talk(self, *deliveries: Delivery) -> tuple[ScriptedDoor, RawClient]:
        """Return a door with these deliveries and a client connected to its server."""
        door = ScriptedDoor(*deliveries)
        return door, self.connect(self.serve(door))


@pytest.fixture
def scripted_door() -> ScriptedDoor:
    return ScriptedDoor()


@pytest.fixture
def make_door() -> type[ScriptedDoor]:
    return ScriptedDoor


@pytest.fixture(params=["asyncio", "uvloop"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    with ExitStack() as stack:
        yield Bench(stack, request.param)
