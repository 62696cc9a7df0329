"""Both engines behind one client, scripted upstreams, and sockets that a test drives by hand."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tts_chaos.serving.fault_proxy.client import ToxiproxyClient
from tts_chaos.serving.fault_proxy.engine import EmbeddedEngine
from tts_chaos.serving.fault_proxy.server import HOW_TO_GET, ServerProcess, locate_server

PATIENCE_S = 3.0
Behaviour = Callable[[socket.socket], None]


def echo(peer: socket.socket) -> None:
    while data := peer.recv(65536):
        peer.sendall(data)


class Reply:
    """An answer of the control interface, to be compared as a whole."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.content_type = response.getheader("Content-Type")
        self.text = response.read().decode()
        self.location = response.getheader("Location")


class Bench:
    """One engine, and all that a test needs around it."""

    def __init__(self, url: str, cleanup: ExitStack) -> None:
        self.url = url
        self.client = ToxiproxyClient(url)
        self._cleanup = cleanup
        cleanup.callback(self.client.close)

    def at(self, url: str) -> Bench:
        """Return the same for another engine, as another user of it would have."""
        return Bench(url, self._cleanup)

    def clear(self) -> None:
        for name in self.client.proxies():
            self.client.delete_proxy(name)

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Reply:
        connection = http.client.HTTPConnection(
            self.url.removeprefix("http://"), timeout=PATIENCE_S
        )
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=named)
            return Reply(connection.getresponse())

    def serve(self, behave: Behaviour = echo) -> tuple[str, int]:
        """Start an upstream that runs `behave` in a thread for each connection."""
        listener = self._cleanup.enter_context(socket.create_server(("127.0.0.1", 0)))
        peers: list[socket.socket] = []

        def run(peer: socket.socket) -> None:
            with contextlib.suppress(OSError), peer:
                behave(peer)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    peer = listener.accept()[0]
                    peer.settimeout(PATIENCE_S)
                    peers.append(peer)
                    threading.Thread(target=run, args=(peer,), daemon=True).start()

        def close() -> None:
            # Wakes the accepting thread, which closing alone does not.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for peer in peers:
                peer.close()

        self._cleanup.callback(close)
        threading.Thread(target=accept, daemon=True).start()
        host, port = listener.getsockname()
        return host, port

    def proxy(
        self, behave: Behaviour = echo, *, upstream: tuple[str, int] | None = None, name: str = "p"
    ) -> tuple[str, int]:
        """Create proxy `name` in front of an upstream; returns its address."""
        host, port = upstream or self.serve(behave)
        state = self.client.create(name, f"{host}:{port}")
        listen_host, _, listen_port = state.listen.rpartition(":")
        return listen_host, int(listen_port)

    def connect(self, address: tuple[str, int]) -> socket.socket:
        connection = socket.create_connection(address, timeout=PATIENCE_S)
        return self._cleanup.enter_context(connection)

    def add(self, kind: str, stream: str = "downstream", **attributes: int) -> None:
        """Add a toxic named like its kind to proxy `p`."""
        self.client.add_toxic("p", kind, kind, stream=stream, attributes=attributes)


@pytest.fixture(scope="session")
def embedded_url() -> Iterator[str]:
    engine = EmbeddedEngine.start(seed=7)
    yield engine.url
    engine.stop()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    path = locate_server()
    if path is None:
        pytest.skip(f"no toxiproxy-server found. {HOW_TO_GET}")
    server = ServerProcess.start(path)
    yield server.url
    server.stop()


@pytest.fixture(params=["embedded", "toxiproxy"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """The engines in turn, each without any proxy."""
    fixture = "embedded_url" if request.param == "embedded" else "server_url"
    with ExitStack() as cleanup:
        found = Bench(request.getfixturevalue(fixture), cleanup)
        found.clear()
        yield found
        found.clear()


@pytest.fixture
def embedded(embedded_url: str) -> Iterator[Bench]:
    """The embedded engine alone, without any proxy."""
    with ExitStack() as cleanup:
        found = Bench(embedded_url, cleanup)
        found.clear()
        yield found
        found.clear()
