"""What the embedded engine adds: counts, seeds, loopback only, and no trace afterwards."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tts_chaos.errors import BackendUnavailableError, InjectionError
from tts_chaos.serving.fault_proxy.client import ProxyCounts, ToxiproxyClient
from tts_chaos.serving.fault_proxy.engine import EmbeddedEngine

if TYPE_CHECKING:
    from tests.integration.fault_proxy.conftest import Bench


def ping(client: socket.socket) -> bytes:
    client.sendall(b"ping")
    return client.recv(4)


def counts(bench: Bench) -> ProxyCounts:
    found = bench.client.counts("p")
    assert found is not None
    return found


def test_accepted_connections_are_counted(embedded: Bench) -> None:
    address = embedded.proxy()
    for _ in range(3):
        ping(embedded.connect(address))

    assert (counts(embedded).accepted, counts(embedded).open) == (3, 3)


def test_a_connection_is_hit_once_however_often_a_toxic_acts(embedded: Bench) -> None:
    address = embedded.proxy()
    embedded.add("latency", latency=1)
    client = embedded.connect(address)
    for _ in range(3):
        ping(client)

    assert (counts(embedded).hit, counts(embedded).toxics) == (1, {"latency": 1})


def test_a_toxic_that_spares_a_connection_does_not_hit_it(embedded: Bench) -> None:
    address = embedded.proxy()
    embedded.client.add_toxic("p", "never", "latency", toxicity=0.0)
    ping(embedded.connect(address))

    assert counts(embedded).hit == 0


def test_a_limit_that_is_not_reached_does_not_hit(embedded: Bench) -> None:
    address = embedded.proxy()
    embedded.add("limit_data", bytes=1000)
    ping(embedded.connect(address))

    assert counts(embedded).hit == 0


def test_hits_outlive_the_toxic(embedded: Bench) -> None:
    address = embedded.proxy()
    embedded.add("latency", latency=1)
    ping(embedded.connect(address))
    embedded.client.remove_toxic("p", "latency")

    assert counts(embedded).toxics == {"latency": 1}


def test_connections_cut_by_disabling_are_counted(embedded: Bench) -> None:
    address = embedded.proxy()
    ping(embedded.connect(address))
    embedded.client.update("p", enabled=False)

    assert (counts(embedded).cut, counts(embedded).open) == (1, 0)


def test_counts_of_no_proxy_are_not_found(embedded: Bench) -> None:
    assert embedded.ask("GET", "/tts/proxies/x").status == 404


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.invalid:0"])
def test_addresses_outside_loopback_are_refused(embedded: Bench, listen: str) -> None:
    with pytest.raises(InjectionError, match="listens on loopback only"):
        embedded.client.create("p", "127.0.0.1:1", listen=listen)


def test_no_address_means_loopback(embedded: Bench) -> None:
    assert embedded.client.create("p", "127.0.0.1:1", listen="").listen.startswith("127.0.0.1:")


def test_the_port_of_a_disabled_proxy_is_kept_from_others(embedded: Bench) -> None:
    address = embedded.proxy()
    embedded.client.update("p", enabled=False)

    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(address)


def test_the_port_of_a_deleted_proxy_is_free(embedded: Bench) -> None:
    address = embedded.proxy()
    embedded.client.update("p", enabled=False)
    embedded.client.delete_proxy("p")

    with socket.create_server(address) as other:
        assert other.getsockname() == address


def test_a_toxic_added_while_the_upstream_is_dialled_acts(embedded: Bench) -> None:
    address = embedded.proxy()
    client = embedded.connect(address)
    embedded.add("latency", latency=60)
    begin_s = time.monotonic()
    ping(client)

    assert time.monotonic() - begin_s > 0.055


def spared(seed: int, upstream: tuple[str, int], count: int = 12) -> list[bool]:
    """Return which of the first connections a toxic of toxicity one half spares."""
    engine = EmbeddedEngine.start(seed=seed)
    client = ToxiproxyClient(engine.url)
    try:
        state = client.create("p", f"{upstream[0]}:{upstream[1]}")
        client.add_toxic("p", "half", "limit_data", toxicity=0.5)
        host, _, port = state.listen.rpartition(":")
        answers = []
        for _ in range(count):
            with socket.create_connection((host, int(port)), timeout=3) as connection:
                answers.append(ping(connection) == b"ping")
        return answers
    finally:
        client.close()
        engine.stop()


def test_the_same_seed_spares_the_same_connections(embedded: Bench) -> None:
    upstream = embedded.serve()

    assert spared(5, upstream) == spared(5, upstream)


def test_another_seed_spares_other_connections(embedded: Bench) -> None:
    upstream = embedded.serve()

    assert spared(5, upstream) != spared(6, upstream)


def test_stopping_leaves_no_thread_and_no_port(embedded: Bench) -> None:
    threads = threading.active_count()
    engine = EmbeddedEngine.start()
    client = ToxiproxyClient(engine.url)
    state = client.create("p", "127.0.0.1:1")
    client.close()
    engine.stop()
    host, _, port = state.listen.rpartition(":")

    assert threading.active_count() == threads
    for address in (engine.address, (host, int(port))):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)


def test_stopping_closes_open_connections(embedded: Bench) -> None:
    upstream = embedded.serve()
    engine = EmbeddedEngine.start()
    client = ToxiproxyClient(engine.url)
    state = client.create("p", f"{upstream[0]}:{upstream[1]}")
    host, _, port = state.listen.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=3) as connection:
        ping(connection)
        client.close()
        engine.stop()

        assert connection.recv(1) == b""


def test_stopping_twice_does_nothing() -> None:
    engine = EmbeddedEngine.start()
    engine.stop()
    engine.stop()


def test_a_taken_control_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(BackendUnavailableError, match=f"cannot listen on 127.0.0.1:{port}"):
            EmbeddedEngine.start(port=port)


@pytest.mark.parametrize(
    "sent",
    [b"nonsense\r\n\r\n", b"POST /proxies HTTP/1.1\r\nContent-Length: x\r\n\r\n"],
    ids=["no-http", "no-length"],
)
def test_what_is_no_http_is_refused(embedded: Bench, sent: bytes) -> None:
    host, _, port = embedded.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=3) as raw:
        raw.sendall(sent)

        assert raw.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_a_request_that_breaks_the_engine_is_cut_off_and_the_next_is_served(
    embedded: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ConnectionError):
        embedded.ask("POST", "/proxies", "[" * 500_000)

    assert "a control request of the fault proxy failed" in caplog.text
    assert embedded.ask("GET", "/proxies").status == 200


def test_an_endless_body_is_cut_off(embedded: Bench) -> None:
    host, _, port = embedded.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=3) as raw:
        raw.sendall(b"POST /proxies HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")
        flood = b"x" * 32 * 1024 * 1024

        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            raw.sendall(flood)
