"""How connections open, close and stay alive through a proxy: the same on both engines."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.fault_proxy.conftest import Bench


def read_to_end(peer: socket.socket) -> bytes:
    data = b""
    while chunk := peer.recv(65536):
        data += chunk
    return data


def closed_port() -> tuple[str, int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        host, port = probe.getsockname()
    return host, port


def test_bytes_pass_unchanged_both_ways(bench: Bench) -> None:
    payload = hashlib.sha256(b"seed").digest() * 20_000
    client = bench.connect(bench.proxy())
    sender = threading.Thread(target=client.sendall, args=(payload,))
    sender.start()
    received = b""
    while len(received) < len(payload):
        received += client.recv(65536)
    sender.join()

    assert received == payload


def test_an_upstream_that_speaks_first_is_heard(bench: Bench) -> None:
    address = bench.proxy(lambda peer: peer.sendall(b"welcome"))

    assert read_to_end(bench.connect(address)) == b"welcome"


def test_the_end_of_the_upstream_reaches_the_client(bench: Bench) -> None:
    address = bench.proxy(lambda peer: None)

    assert bench.connect(address).recv(1) == b""


def test_the_end_of_the_client_reaches_the_upstream(bench: Bench) -> None:
    ended = threading.Event()

    def behave(peer: socket.socket) -> None:
        if peer.recv(1) == b"":
            ended.set()

    bench.connect(bench.proxy(behave)).close()

    assert ended.wait(2)


def test_half_closing_ends_the_whole_connection(bench: Bench) -> None:
    def behave(peer: socket.socket) -> None:
        read_to_end(peer)
        time.sleep(0.05)
        peer.sendall(b"too late")

    client = bench.connect(bench.proxy(behave))
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)

    assert client.recv(100) == b""


def test_half_closing_leaves_time_for_what_is_under_way(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("latency", latency=120)
    client = bench.connect(address)
    client.sendall(b"ping")
    time.sleep(0.04)
    client.shutdown(socket.SHUT_WR)

    assert read_to_end(client) == b"ping"


def test_a_refusing_upstream_closes_the_client(bench: Bench) -> None:
    address = bench.proxy(upstream=closed_port())

    assert bench.connect(address).recv(1) == b""


def test_an_upstream_that_is_no_address_closes_the_client(bench: Bench) -> None:
    state = bench.client.create("p", "nonsense")
    host, _, port = state.listen.rpartition(":")

    assert bench.connect((host, int(port))).recv(1) == b""


@pytest.mark.slow
def test_a_slow_reader_holds_back_the_upstream(bench: Bench) -> None:
    sent: list[int] = []

    def behave(peer: socket.socket) -> None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        for _ in range(1000):
            peer.sendall(b"x" * 65536)
            sent.append(65536)

    client = bench.connect(bench.proxy(behave))
    client.recv(1)
    before = -1
    while before != len(sent):
        before = len(sent)
        time.sleep(0.1)

    assert sum(sent) < 60 * 1024 * 1024


def test_a_disabled_proxy_refuses_connections(bench: Bench) -> None:
    address = bench.proxy()

    bench.client.update("p", enabled=False)

    with pytest.raises(ConnectionRefusedError):
        bench.connect(address)


def test_disabling_a_proxy_closes_open_connections(bench: Bench) -> None:
    client = bench.connect(bench.proxy())
    client.sendall(b"ping")
    client.recv(4)

    bench.client.update("p", enabled=False)

    assert client.recv(1) == b""


def test_a_proxy_enabled_again_listens_on_its_old_port(bench: Bench) -> None:
    address = bench.proxy()
    bench.client.update("p", enabled=False)

    bench.client.update("p", enabled=True)

    client = bench.connect(address)
    client.sendall(b"ping")
    assert client.recv(4) == b"ping"


def test_toxics_survive_disabling(bench: Bench) -> None:
    bench.proxy()
    bench.add("noop")
    bench.client.update("p", enabled=False)

    state = bench.client.update("p", enabled=True)

    assert [toxic.name for toxic in state.toxics] == ["noop"]


def test_a_new_upstream_serves_new_connections(bench: Bench) -> None:
    address = bench.proxy(lambda peer: peer.sendall(b"old"))
    host, port = bench.serve(lambda peer: peer.sendall(b"new"))

    bench.client.update("p", upstream=f"{host}:{port}")

    assert read_to_end(bench.connect(address)) == b"new"


def test_deleting_a_proxy_closes_its_port_and_connections(bench: Bench) -> None:
    address = bench.proxy()
    client = bench.connect(address)
    client.sendall(b"ping")
    client.recv(4)

    bench.client.delete_proxy("p")

    assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        bench.connect(address)


def test_toxics_of_one_proxy_spare_another(bench: Bench) -> None:
    upstream = bench.serve()
    bench.proxy(upstream=upstream)
    address = bench.proxy(upstream=upstream, name="q")

    bench.add("timeout", timeout=0)

    client = bench.connect(address)
    client.sendall(b"ping")
    assert client.recv(4) == b"ping"


def test_many_connections_keep_apart(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("latency", latency=20)
    clients = [bench.connect(address) for _ in range(32)]
    for number, client in enumerate(clients):
        client.sendall(b"%04d" % number)

    assert [client.recv(4) for client in clients] == [b"%04d" % n for n in range(32)]
