"""What each toxic does to a stream, and when: the same on both engines.

Bounds are wide: a busy machine may be late, but nothing may be early.
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.fault_proxy.conftest import Bench

LATE_MS = 250
"""How late a timer may be on a machine that does other work."""
EARLY_MS = 3


def elapsed_ms(since_s: float) -> float:
    return (time.monotonic() - since_s) * 1000


def read_exactly(peer: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        chunk = peer.recv(count - len(data))
        if not chunk:
            return data
        data += chunk
    return data


def read_to_end(peer: socket.socket) -> bytes:
    data = b""
    while chunk := peer.recv(65536):
        data += chunk
    return data


def round_trip_ms(peer: socket.socket, payload: bytes = b"ping") -> float:
    begin_s = time.monotonic()
    peer.sendall(payload)
    assert read_exactly(peer, len(payload)) == payload
    return elapsed_ms(begin_s)


def say(payload: bytes) -> Callable[[socket.socket], None]:
    """Return an upstream that sends `payload` after the first byte from the client, and closes."""

    def behave(peer: socket.socket) -> None:
        peer.recv(1)
        peer.sendall(payload)

    return behave


def assert_within(measured_ms: float, wanted_ms: float) -> None:
    assert wanted_ms - EARLY_MS <= measured_ms <= wanted_ms + LATE_MS


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_latency_delays_a_stream(bench: Bench, stream: str) -> None:
    address = bench.proxy()
    bench.add("latency", stream, latency=60)

    assert_within(round_trip_ms(bench.connect(address)), 60)


def test_latencies_on_both_streams_add_up(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("latency", "upstream", latency=40)
    bench.client.add_toxic("p", "back", "latency", attributes={"latency": 50})

    assert_within(round_trip_ms(bench.connect(address)), 90)


def test_two_latencies_on_one_stream_add_up(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("latency", latency=40)
    bench.client.add_toxic("p", "more", "latency", attributes={"latency": 50})

    assert_within(round_trip_ms(bench.connect(address)), 90)


@pytest.mark.slow
def test_jitter_stays_within_its_bounds(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("latency", latency=30, jitter=20)
    client = bench.connect(address)

    times_ms = [round_trip_ms(client) for _ in range(8)]

    assert min(times_ms) >= 10 - EARLY_MS
    assert max(times_ms) <= 50 + LATE_MS
    assert max(times_ms) - min(times_ms) > 1


def test_latency_is_a_delay_line_and_no_brake(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("latency", latency=80)
    client = bench.connect(address)
    begin_s = time.monotonic()

    for _ in range(5):
        client.sendall(b"x" * 100)
        time.sleep(0.01)
    read_exactly(client, 500)

    assert elapsed_ms(begin_s) < 5 * 80


def test_latency_keeps_bytes_in_order(bench: Bench) -> None:
    payload = bytes(range(256)) * 1024
    address = bench.proxy(say(payload))
    bench.add("latency", latency=5, jitter=5)
    client = bench.connect(address)
    client.sendall(b"?")

    assert read_to_end(client) == payload


def test_latency_lets_the_last_bytes_through_before_the_end(bench: Bench) -> None:
    address = bench.proxy(say(b"last"))
    bench.add("latency", latency=50)
    client = bench.connect(address)
    client.sendall(b"?")

    assert read_to_end(client) == b"last"


def test_bandwidth_limits_the_rate(bench: Bench) -> None:
    address = bench.proxy(say(b"x" * 20_000))
    bench.add("bandwidth", rate=100)
    client = bench.connect(address)
    client.sendall(b"?")
    begin_s = time.monotonic()

    assert len(read_to_end(client)) == 20_000
    assert_within(elapsed_ms(begin_s), 200)


@pytest.mark.slow
def test_slow_bandwidth_trickles(bench: Bench) -> None:
    address = bench.proxy(say(b"x" * 4000))
    bench.add("bandwidth", rate=10)
    client = bench.connect(address)
    client.sendall(b"?")
    begin_s = time.monotonic()

    first = client.recv(65536)
    first_ms = elapsed_ms(begin_s)
    rest = read_to_end(client)

    assert (len(first), len(rest)) == (1000, 3000)
    assert_within(first_ms, 100)
    assert_within(elapsed_ms(begin_s), 400)


def test_bandwidth_of_zero_lets_nothing_through(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("bandwidth", rate=0)
    client = bench.connect(address)
    client.sendall(b"ping")
    client.settimeout(0.15)

    with pytest.raises(TimeoutError):
        client.recv(1)


def test_slow_close_delays_only_the_end(bench: Bench) -> None:
    address = bench.proxy(say(b"done"))
    bench.add("slow_close", delay=80)
    client = bench.connect(address)
    client.sendall(b"?")
    begin_s = time.monotonic()

    assert client.recv(100) == b"done"
    data_ms = elapsed_ms(begin_s)
    assert client.recv(100) == b""
    assert data_ms < 75
    assert_within(elapsed_ms(begin_s), 80)


def test_timeout_drops_everything_and_closes(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("timeout", timeout=80)
    client = bench.connect(address)
    begin_s = time.monotonic()
    client.sendall(b"ping")

    assert client.recv(100) == b""
    assert_within(elapsed_ms(begin_s), 80)


def test_timeout_starts_over_with_each_chunk(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("timeout", "upstream", timeout=120)
    client = bench.connect(address)
    begin_s = time.monotonic()
    client.sendall(b"one")
    time.sleep(0.07)
    client.sendall(b"two")

    assert client.recv(100) == b""
    assert_within(elapsed_ms(begin_s), 190)


def test_timeout_of_zero_never_closes(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("timeout", timeout=0)
    client = bench.connect(address)
    client.sendall(b"ping")
    client.settimeout(0.15)

    with pytest.raises(TimeoutError):
        client.recv(1)


def test_removing_a_timeout_closes_what_it_made_useless(bench: Bench) -> None:
    address = bench.proxy()
    client = bench.connect(address)
    round_trip_ms(client)
    bench.add("timeout", timeout=0)

    bench.client.remove_toxic("p", "timeout")

    assert client.recv(100) == b""


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_reset_peer_resets_the_client(bench: Bench, stream: str) -> None:
    address = bench.proxy()
    bench.add("reset_peer", stream, timeout=0)
    client = bench.connect(address)
    client.sendall(b"ping")

    with pytest.raises(ConnectionResetError):
        client.recv(100)


def test_reset_peer_resets_the_upstream_too(bench: Bench) -> None:
    outcome: list[str] = []

    def behave(peer: socket.socket) -> None:
        try:
            outcome.append(repr(peer.recv(100)))
        except ConnectionResetError:
            outcome.append("reset")

    address = bench.proxy(behave)
    bench.add("reset_peer", "upstream", timeout=0)
    client = bench.connect(address)
    client.sendall(b"ping")
    with pytest.raises(ConnectionResetError):
        client.recv(100)
    deadline_s = time.monotonic() + 2
    while not outcome and time.monotonic() < deadline_s:
        time.sleep(0.005)

    assert outcome == ["reset"]


def test_reset_peer_waits_as_long_as_it_is_told(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("reset_peer", timeout=80)
    client = bench.connect(address)
    begin_s = time.monotonic()
    client.sendall(b"ping")

    with pytest.raises(ConnectionResetError):
        client.recv(100)
    assert_within(elapsed_ms(begin_s), 80)


def test_reset_peer_leaves_a_silent_connection_alone(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("reset_peer", timeout=0)
    client = bench.connect(address)
    client.settimeout(0.1)

    with pytest.raises(TimeoutError):
        client.recv(1)


def test_reset_peer_closes_an_older_connection_in_order(bench: Bench) -> None:
    address = bench.proxy()
    client = bench.connect(address)
    round_trip_ms(client)
    bench.add("reset_peer", timeout=0)
    client.sendall(b"ping")

    assert client.recv(100) == b""


def test_slicer_cuts_chunks_into_pieces(bench: Bench) -> None:
    payload = bytes(range(100)) * 10
    address = bench.proxy(say(payload))
    bench.add("slicer", average_size=100, size_variation=0, delay=10_000)
    client = bench.connect(address)
    client.sendall(b"?")
    pieces = []
    while chunk := client.recv(65536):
        pieces.append(chunk)

    assert b"".join(pieces) == payload
    assert len(pieces) >= 8
    assert max(len(piece) for piece in pieces) < 300


def test_slicer_waits_microseconds_between_pieces(bench: Bench) -> None:
    address = bench.proxy(say(b"x" * 800))
    bench.add("slicer", average_size=100, size_variation=0, delay=10_000)
    client = bench.connect(address)
    client.sendall(b"?")
    begin_s = time.monotonic()
    read_exactly(client, 800)

    assert_within(elapsed_ms(begin_s), 70)


def test_slicer_with_variation_loses_nothing(bench: Bench) -> None:
    payload = bytes(range(256)) * 200
    address = bench.proxy(say(payload))
    bench.add("slicer", average_size=500, size_variation=200)
    client = bench.connect(address)
    client.sendall(b"?")

    assert read_to_end(client) == payload


def test_limit_data_cuts_the_answer_after_so_many_bytes(bench: Bench) -> None:
    address = bench.proxy(say(b"x" * 100_000))
    bench.add("limit_data", bytes=1234)
    client = bench.connect(address)
    client.sendall(b"?")

    assert len(read_to_end(client)) == 1234


def test_limit_data_counts_across_chunks(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("limit_data", bytes=6)
    client = bench.connect(address)
    round_trip_ms(client, b"1234")
    client.sendall(b"5678")

    assert read_to_end(client) == b"56"


def test_limit_data_counts_each_connection_by_itself(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("limit_data", bytes=6)
    round_trip_ms(bench.connect(address), b"12345")

    assert round_trip_ms(bench.connect(address), b"12345") < LATE_MS


def test_noop_changes_nothing(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("noop")

    assert round_trip_ms(bench.connect(address), b"x" * 50_000) < LATE_MS


def test_toxicity_of_zero_spares_every_connection(bench: Bench) -> None:
    address = bench.proxy()
    bench.client.add_toxic("p", "never", "timeout", toxicity=0.0)

    assert round_trip_ms(bench.connect(address)) < LATE_MS


@pytest.mark.slow
def test_toxicity_is_drawn_per_connection_and_not_per_chunk(bench: Bench) -> None:
    address = bench.proxy()
    bench.client.add_toxic("p", "half", "latency", toxicity=0.5, attributes={"latency": 60})
    mixed = 0
    for _ in range(4):
        client = bench.connect(address)
        slow = {round_trip_ms(client) > 50 for _ in range(4)}
        mixed += len(slow) > 1

    assert mixed <= 1


def test_raised_toxicity_reaches_open_connections(bench: Bench) -> None:
    address = bench.proxy()
    bench.client.add_toxic("p", "slow", "latency", toxicity=0.0, attributes={"latency": 60})
    client = bench.connect(address)
    round_trip_ms(client)

    bench.client.update_toxic("p", "slow", toxicity=1.0)

    assert_within(round_trip_ms(client), 60)


def test_toxics_of_one_stream_form_a_chain(bench: Bench) -> None:
    address = bench.proxy(say(b"x" * 10_000))
    bench.add("limit_data", bytes=2000)
    bench.add("latency", latency=60)
    client = bench.connect(address)
    client.sendall(b"?")
    begin_s = time.monotonic()

    assert len(read_to_end(client)) == 2000
    assert_within(elapsed_ms(begin_s), 60)


def test_a_toxic_reaches_open_connections(bench: Bench) -> None:
    client = bench.connect(bench.proxy())
    round_trip_ms(client)

    bench.add("latency", latency=60)

    assert_within(round_trip_ms(client), 60)


def test_a_removed_toxic_leaves_open_connections(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("latency", latency=300)
    client = bench.connect(address)

    bench.client.remove_toxic("p", "latency")

    assert round_trip_ms(client) < 250


def test_a_changed_toxic_acts_on_open_connections(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("latency", latency=500)
    client = bench.connect(address)

    bench.client.update_toxic("p", "latency", attributes={"latency": 60})

    assert_within(round_trip_ms(client), 60)


@pytest.mark.parametrize("kind", ["latency", "bandwidth", "slicer"])
def test_removing_a_toxic_sets_free_what_it_holds(bench: Bench, kind: str) -> None:
    attributes = {
        "latency": {"latency": 5000},
        "bandwidth": {"rate": 1},
        "slicer": {"average_size": 100, "delay": 2_000_000},
    }[kind]
    address = bench.proxy(say(b"x" * 3000))
    bench.client.add_toxic("p", "held", kind, attributes=attributes)
    client = bench.connect(address)
    client.sendall(b"?")
    time.sleep(0.05)
    begin_s = time.monotonic()

    bench.client.remove_toxic("p", "held")

    assert len(read_to_end(client)) == 3000
    assert elapsed_ms(begin_s) < 1000


def test_reset_frees_open_connections(bench: Bench) -> None:
    address = bench.proxy()
    bench.add("latency", latency=300)
    client = bench.connect(address)

    bench.client.reset()

    assert round_trip_ms(client) < 250
