"""The relay passes on bytes, and every way in which a connection can end."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from tts_chaos.injectors.reach.relay import Relay

PATIENCE_S = 10.0
Address = tuple[str, int]
Serve = Callable[[socket.socket], None]


@pytest.fixture
def relayed() -> Iterator[Callable[[Serve], socket.socket]]:
    """Returns a client that is connected, through a relay, with a server that does one thing."""
    relay = Relay().start()
    opened: list[socket.socket] = []

    def connect(serve: Serve) -> socket.socket:
        server = socket.create_server(("127.0.0.1", 0))
        opened.append(server)

        def run() -> None:
            with server.accept()[0] as accepted:
                accepted.settimeout(PATIENCE_S)
                serve(accepted)

        threading.Thread(target=run, daemon=True).start()
        listening = socket.create_server(("127.0.0.1", 0))
        relay.forward(listening, lambda: asyncio.open_connection(*server.getsockname()))
        client = socket.create_connection(listening.getsockname(), PATIENCE_S)
        opened.append(client)
        return client

    yield connect
    for each in opened:
        each.close()
    relay.stop()


def _read_all(opened: socket.socket) -> bytes:
    return b"".join(iter(lambda: opened.recv(65536), b""))


def test_many_bytes_arrive_unchanged_both_ways(
    relayed: Callable[[Serve], socket.socket],
) -> None:
    data = bytes(range(256)) * 20_000

    def echo(server: socket.socket) -> None:
        server.sendall(_read_all(server))

    client = relayed(echo)
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)

    assert _read_all(client) == data


def test_a_half_close_leaves_the_other_half_open(
    relayed: Callable[[Serve], socket.socket],
) -> None:
    def answer_then_listen(server: socket.socket) -> None:
        server.sendall(b"bye")
        server.shutdown(socket.SHUT_WR)
        heard.append(_read_all(server))
        done.set()

    heard: list[bytes] = []
    done = threading.Event()
    client = relayed(answer_then_listen)

    assert _read_all(client) == b"bye"
    client.sendall(b"still here")
    client.shutdown(socket.SHUT_WR)

    assert done.wait(PATIENCE_S)
    assert heard == [b"still here"]


def test_a_reset_is_passed_on_as_one(relayed: Callable[[Serve], socket.socket]) -> None:
    def crash(server: socket.socket) -> None:
        server.recv(1)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    client = relayed(crash)
    client.sendall(b"x")

    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_where_nobody_listens_the_connection_is_reset() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        relay = Relay().start()
        listening = socket.create_server(("127.0.0.1", 0))
        relay.forward(listening, lambda: asyncio.open_connection(*taken.getsockname()))

        try:
            # The reset may come before `connect` has returned.
            with (
                pytest.raises(ConnectionResetError),
                socket.create_connection(listening.getsockname(), PATIENCE_S) as client,
            ):
                client.recv(1)
        finally:
            relay.stop()


def test_stopping_drops_connections_and_frees_the_port() -> None:
    relay = Relay().start()
    listening = socket.create_server(("127.0.0.1", 0))
    address: Address = listening.getsockname()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        relay.forward(listening, lambda: asyncio.open_connection(*silent.getsockname()))
        with socket.create_connection(address, PATIENCE_S) as client:
            silent.accept()[0].close()

            relay.stop()
            relay.stop()

            assert client.recv(1) == b""
    with socket.socket() as probe:
        assert probe.connect_ex(address) != 0
    assert not [each for each in threading.enumerate() if each.name == "tts-chaos-relay"]
