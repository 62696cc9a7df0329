"""The embedded fault proxy answers and acts as the real Toxiproxy server does, as exactly, as fast.

    make prove-proxy

Runs the conformance suite against both engines and counts, measures how exactly each delays by the
latency toxic, and what each costs without any toxic, all in one run.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as Xml

from tts_chaos.faults.effect import Toxic
from tts_chaos.serving.fault_proxy import FaultProxy
from tts_chaos.serving.fault_proxy.server import HOW_TO_GET, locate_server

SUITE = "tests/integration/fault_proxy"
PARTS = {
    "test_control_interface": "answers of the interface",
    "test_toxic_effects": "effects and times of toxics",
    "test_connections": "connections",
    "test_fault_proxy": "faults through the client",
}
GAPS = {
    "bodies of 405": "[{}-wrong-method]",
    "/populate of no array": "[{}-populate-no-array]",
    "shape of /populate's errors": "[{}-populate-stops-half-way]",
    'listen shown as ""': "[{}-create-disabled-without-listen]",
    "%2F in names": "[{}-quoted-slash-in-a-name]",
    "content type of /version": "test_the_version_is_json_with_a_charset[{}]",
    "content type of a 204": "[{}-delete]",
}
"""Six differences that a first embedded engine had, the last in two parts, and the test of each."""

ENGINES: tuple[Literal["embedded", "toxiproxy"], ...] = ("embedded", "toxiproxy")
LATENCY_MS = 50
ROUNDS = 60
CONNECTIONS = (1, 32)
CALLS = 400
STREAM_BYTES = 8 * 1024 * 1024
MEDIAN_LIMIT_MS = 5.0
"""How late the median of delayed answers may be; a machine that does other work adds some."""

COST_LIMIT = 3.0
"""The embedded engine may cost so many times what the real server costs in the same run."""


def main() -> int:
    """Print counts, accuracy and cost; return 0 where both engines agree."""
    if locate_server() is None:
        print(f"no toxiproxy-server, so nothing can be compared. {HOW_TO_GET}")
        return 1
    misses, cases = _conformance()
    misses += _accuracy()
    ratio, missed = _cost()
    misses += missed
    for miss in misses:
        print(f"MISS {miss}")
    agreed = "agree" if not misses else "do not agree"
    print(f"both engines {agreed} in {cases} cases each; cost beside the real server x{ratio:.2f}")
    return int(bool(misses))


# -- conformance ----------------------------------------------------------------------------------


def _conformance() -> tuple[list[str], int]:
    results = _run_suite()
    counts = Counter((part, engine, result) for part, engine, _, result in results)
    misses = []
    for part, words in PARTS.items():
        told = []
        for engine in ENGINES:
            passed = counts[part, engine, "passed"]
            whole = sum(n for (p, e, _), n in counts.items() if (p, e) == (part, engine))
            told.append(f"{engine} {passed} of {whole}")
            if passed != whole or not whole:
                misses.append(f"{words}: {engine} {passed} of {whole}")
        print(f"{words:<28} {', '.join(told)}")
    misses += _gaps({name: result for _, _, name, result in results})
    own = [result for _, engine, _, result in results if engine == ""]
    print(f"{'each engine by itself':<28} {own.count('passed')} of {len(own)}")
    misses += ["tests of one engine failed"] if own.count("passed") != len(own) else []
    return misses, sum(engine == "embedded" for _, engine, _, _ in results)


def _run_suite() -> list[tuple[str, str, str, str]]:
    """Return module, engine, name and result of every test of the suite."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "suite.xml"
        command = [sys.executable, "-m", "pytest", "-q", SUITE, f"--junitxml={file}"]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        cases = list(Xml.parse(file).iter("testcase"))
    return [_row(case) for case in cases]


def _row(case: Xml.Element) -> tuple[str, str, str, str]:
    name = case.get("name", "")
    module = case.get("classname", "").rpartition(".")[2]
    words = name.partition("[")[2].rstrip("]").split("-")
    engine = next((engine for engine in ENGINES if engine in words), "")
    bad = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
    return module, engine, name, bad[0] if bad else "passed"


def _gaps(results: dict[str, str]) -> list[str]:
    misses = []
    for gap, pattern in GAPS.items():
        for engine in ENGINES:
            wanted = pattern.format(engine)
            found = [result for name, result in results.items() if name.endswith(wanted)]
            if not found or set(found) != {"passed"}:
                misses.append(f"gap {gap!r} on {engine}: {found or 'no test'}")
    closed = len(GAPS) - len({miss.split("'")[1] for miss in misses})
    print(f"{'known gaps closed':<28} {closed} of {len(GAPS)}: {', '.join(GAPS)}")
    return misses


# -- accuracy -------------------------------------------------------------------------------------


@contextmanager
def _echo() -> Iterator[tuple[str, int]]:
    """Serve an echo; yields its address."""

    def answer(peer: socket.socket) -> None:
        with suppress(OSError), peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := peer.recv(262_144):
                peer.sendall(data)

    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    peer = listening.accept()[0]
                    threading.Thread(target=answer, args=(peer,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()
        listening.shutdown(socket.SHUT_RDWR)


def _call_ms(connection: socket.socket, size_bytes: int = 64) -> float:
    begin_s = time.perf_counter()
    connection.sendall(b"q" * size_bytes)
    left = size_bytes
    while left:
        left -= len(connection.recv(left))
    return (time.perf_counter() - begin_s) * 1000


def _calls_ms(address: tuple[str, int], count: int) -> list[float]:
    with socket.create_connection(address, timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return [_call_ms(connection) for _ in range(count)]


def _accuracy() -> list[str]:
    misses = []
    slow = Toxic(kind="latency", attributes={"latency": LATENCY_MS})
    with _echo() as upstream:
        for engine in ENGINES:
            with FaultProxy.start(prefer=engine) as proxy:
                address = proxy.add("latency", upstream)
                proxy.apply("latency", "slow", [slow])
                for at_once in CONNECTIONS:
                    rounds = max(ROUNDS // at_once, 4)
                    with ThreadPoolExecutor(at_once) as pool:
                        each = pool.map(_calls_ms, [address] * at_once, [rounds] * at_once)
                        late_ms = sorted(ms - LATENCY_MS for row in each for ms in row)
                    misses += _tell_lateness(engine, at_once, late_ms)
    return misses


def _tell_lateness(engine: str, at_once: int, late_ms: list[float]) -> list[str]:
    median_ms = statistics.median(late_ms)
    p95_ms = late_ms[int(len(late_ms) * 0.95)]
    print(
        f"latency {LATENCY_MS} ms, {engine:<9} {at_once:>2} at once: "
        f"median {median_ms:+.2f} ms, 95 % within {p95_ms:+.2f} ms, earliest {late_ms[0]:+.2f} ms"
    )
    if late_ms[0] < -1:
        return [f"{engine} answered {-late_ms[0]:.2f} ms too early"]
    if at_once == 1 and median_ms > MEDIAN_LIMIT_MS:
        return [f"{engine} is {median_ms:.2f} ms late in the median"]
    return []


# -- cost -----------------------------------------------------------------------------------------


def _cost() -> tuple[float, list[str]]:
    """Return what the embedded engine costs beside the real one, and misses."""
    with _echo() as upstream, ExitStack() as stack:
        ways = {"direct": upstream}
        for engine in ENGINES:
            proxy = stack.enter_context(FaultProxy.start(prefer=engine))
            ways[engine] = proxy.add("cost", upstream)
        calls_ms = _in_turns(ways, lambda way: _calls_ms(way, CALLS // 10), times=10)
        streams_ms = _in_turns(ways, _stream_ms, times=5)
    ratio = _tell_cost("a call there and back", calls_ms)
    streamed = _tell_cost(f"{STREAM_BYTES // 2**20} MiB there and back", streams_ms)
    worst = max(ratio, streamed)
    missed = f"the embedded engine costs x{worst:.2f} of the real server, over x{COST_LIMIT}"
    return ratio, [missed] if worst > COST_LIMIT else []


def _in_turns(ways: dict[str, tuple[str, int]], measure: object, *, times: int) -> dict[str, float]:
    """Return the median by way; all ways in turn, so that a slow moment hits them alike."""
    assert callable(measure)
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(times):
        for way, address in ways.items():
            found[way] += measure(address)
    return {way: statistics.median(values) for way, values in found.items()}


def _stream_ms(address: tuple[str, int]) -> list[float]:
    with socket.create_connection(address, timeout=60) as connection:
        begin_s = time.perf_counter()
        sender = threading.Thread(target=connection.sendall, args=(b"s" * STREAM_BYTES,))
        sender.start()
        left = STREAM_BYTES
        while left:
            left -= len(connection.recv(min(left, 262_144)))
        sender.join()
        return [(time.perf_counter() - begin_s) * 1000]


def _tell_cost(what: str, medians_ms: dict[str, float]) -> float:
    ratio = medians_ms["embedded"] / medians_ms["toxiproxy"]
    told = ", ".join(f"{way} {ms:.3f} ms" for way, ms in medians_ms.items())
    print(f"{what}: {told}; embedded is x{ratio:.2f} of the real server")
    return ratio


if __name__ == "__main__":
    sys.exit(main())
