"""What a proxy without toxics costs: direct, embedded engine and real server in one run.

Prints medians and ratios to a direct connection. Absolute times say something about the machine
only, so none is asserted; what is asserted is that every byte came back and that no engine is
slower by an order of magnitude, which no noise explains.
"""

from __future__ import annotations

import contextlib
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tts_chaos.serving.fault_proxy import FaultProxy
from tts_chaos.serving.fault_proxy.server import locate_server

ROUNDS = 15
CALLS_PER_ROUND = 40
REQUEST = b"q" * 1024
STREAM_BYTES = 16 * 1024 * 1024
NO_NOISE_RATIO = 30


def answer(peer: socket.socket) -> None:
    """Echo requests of a fixed size, whole."""
    with contextlib.suppress(OSError), peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := peer.recv(65536):
            peer.sendall(data)


@pytest.fixture
def upstream() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    peer = listener.accept()[0]
                    threading.Thread(target=answer, args=(peer,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def ways(upstream: tuple[str, int]) -> Iterator[dict[str, tuple[str, int]]]:
    """Addresses under which the upstream is reached, by name of the way."""
    with ExitStack() as stack:
        found = {"direct": upstream}
        embedded = stack.enter_context(FaultProxy.start(prefer="embedded"))
        found["embedded"] = embedded.add("bench", upstream)
        if locate_server() is not None:
            real = stack.enter_context(FaultProxy.start(prefer="toxiproxy"))
            found[real.engine] = real.add("bench", upstream)
        yield found


def call(connection: socket.socket) -> float:
    """Return the seconds that one request takes."""
    begin_s = time.perf_counter()
    connection.sendall(REQUEST)
    left = len(REQUEST)
    while left:
        left -= len(connection.recv(left))
    return time.perf_counter() - begin_s


def stream(connection: socket.socket) -> float:
    """Return the seconds that a large transfer through the echo takes."""
    payload = b"s" * STREAM_BYTES
    sender = threading.Thread(target=connection.sendall, args=(payload,))
    begin_s = time.perf_counter()
    sender.start()
    left = STREAM_BYTES
    while left:
        left -= len(connection.recv(min(left, 1024 * 1024)))
    sender.join()
    return time.perf_counter() - begin_s


def show(
    capsys: pytest.CaptureFixture[str], title: str, medians_s: dict[str, float], unit: str
) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{title}\n")
        for way, median_s in medians_s.items():
            ratio = median_s / medians_s["direct"]
            sys.stdout.write(f"  {way:<18} {median_s * 1000:9.3f} ms {unit}  x{ratio:.2f}\n")


@pytest.mark.slow
def test_a_request_costs_little_more_through_a_proxy(
    ways: dict[str, tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    times_s: dict[str, list[float]] = {way: [] for way in ways}
    with ExitStack() as stack:
        open_ways = {
            way: stack.enter_context(socket.create_connection(address, timeout=10))
            for way, address in ways.items()
        }
        for _ in range(ROUNDS):
            # In turns, so that a slow moment of the machine hits all ways alike.
            for way, connection in open_ways.items():
                times_s[way] += [call(connection) for _ in range(CALLS_PER_ROUND)]
    medians_s = {way: statistics.median(values) for way, values in times_s.items()}

    show(capsys, f"{len(REQUEST)} bytes there and back, one connection", medians_s, "median")
    assert max(medians_s.values()) < NO_NOISE_RATIO * medians_s["direct"]


@pytest.mark.slow
def test_a_stream_flows_nearly_as_fast_through_a_proxy(
    ways: dict[str, tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    times_s: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(3):
        for way, address in ways.items():
            with socket.create_connection(address, timeout=30) as connection:
                times_s[way].append(stream(connection))
    medians_s = {way: statistics.median(values) for way, values in times_s.items()}

    show(capsys, f"{STREAM_BYTES // 2**20} MiB there and back", medians_s, "median")
    assert max(medians_s.values()) < NO_NOISE_RATIO * medians_s["direct"]


@pytest.mark.slow
def test_a_new_connection_costs_little_more_through_a_proxy(
    ways: dict[str, tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    times_s: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(100):
        for way, address in ways.items():
            begin_s = time.perf_counter()
            with socket.create_connection(address, timeout=10) as connection:
                call(connection)
            times_s[way].append(time.perf_counter() - begin_s)
    medians_s = {way: statistics.median(values) for way, values in times_s.items()}

    show(capsys, "connect and one request", medians_s, "median")
    assert max(medians_s.values()) < NO_NOISE_RATIO * medians_s["direct"]
