"""Generated requests and malformed streams by the thousand: no crash, no hang, memory flat.

100,000 requests, valid and mutated, are answered by strict and lenient twins, nine in ten of them
in process and the rest over a real socket; 20,000 streams of bad bytes meet one server.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from pathlib import Path

from tests.robustness.requests import send_generated
from tests.robustness.served import address_of, answers, good_streams
from tests.robustness.streams import send_streams

from tts_chaos.serving.rolling_recorder import KEPT_RECORDS
from tts_chaos.serving.standalone import Setup, Standalone
from tts_chaos.wire.delivery import Fate
from tts_chaos.wire.message import ApiRequest

SERVED_SHARE = 10
"""One generated request in so many goes over a socket, which takes longer and meets less: what no
client could write is left out there."""

GROWTH_ALLOWED = 1.10
"""Resident memory at the end against that after the first quarter."""


def main() -> int:
    """Print the counts and each miss; return 0 where there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--streams", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begin_s = time.perf_counter()
    watch = _Memory(options.requests - options.requests // SERVED_SHARE, "requests")
    over_socket = options.requests // SERVED_SHARE
    generated = send_generated(options.requests - over_socket, seed=options.seed, progress=watch)
    misses = [*generated.misses, *watch.misses()]
    served = send_generated(over_socket, seed=options.seed - 1, served=True)
    misses += served.misses
    for name, findings in (("in process", generated), ("over a socket", served)):
        print(
            f"  requests {name}: {findings.requests} answered, {findings.accepted} accepted, "
            f"{len(findings.codes)} codes, slowest {findings.slowest_s * 1000:.0f} ms"
        )
    twin = Standalone(Setup()).start()
    try:
        good = good_streams(twin, 200, seed=options.seed)
        _fill_history(twin, options.streams)
        open_before = _open_files()
        watch = _Memory(options.streams, "streams")
        streams = send_streams(
            address_of(twin), good, options.streams, seed=options.seed, progress=watch
        )
        misses += [*streams.misses, *watch.misses()]
        if twin.failure is not None:
            misses.append(f"the server broke: {twin.failure!r}")
        if not answers(address_of(twin), good[0]):
            misses.append("the server does not answer any more")
        if _open_files() > open_before + 5:
            misses.append(f"{_open_files() - open_before} connections were left open")
    finally:
        twin.stop()
    told = ", ".join(
        f"{count} x {status or 'none'}" for status, count in sorted(streams.statuses.items())
    )
    print(f"  streams: {streams.streams} sent, answers by status: {told}")
    for miss in misses[:50]:
        print(f"MISS {miss}")
    print(
        f"robust: {options.requests} generated requests, {streams.streams} malformed streams, "
        f"{len(misses)} misses (seed {options.seed}, {time.perf_counter() - begin_s:.0f} s)"
    )
    return 1 if misses else 0


def _fill_history(twin: Standalone, streams: int) -> None:
    """Let the server's history reach its limit first, so that any growth after that is a leak."""
    request = ApiRequest(
        method="POST",
        path="/order/202309/orders/search",
        headers=tuple((f"x-{n}", "x" * 100) for n in range(10)),
        body=b"x" * 1_000,
    )
    for _ in range(min(KEPT_RECORDS, 3 * streams)):
        twin.open(request).conclude(Fate.ANSWERED)


class _Memory:
    """Prints progress with resident memory, and judges its growth."""

    def __init__(self, total: int, what: str) -> None:
        self._total, self._what = total, what
        self._readings: list[tuple[int, int]] = []

    def __call__(self, done: int) -> None:
        gc.collect()
        self._readings.append((done, _resident_bytes()))
        print(f"  {done} of {self._total} {self._what}, {_resident_bytes() >> 20} MiB", flush=True)

    def misses(self) -> list[str]:
        self(self._total)
        warm = next(size for done, size in self._readings if done >= self._total / 4)
        last = self._readings[-1][1]
        if last <= warm * GROWTH_ALLOWED:
            return []
        return [f"memory grew from {warm >> 20} to {last >> 20} MiB over the {self._what}"]


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


if __name__ == "__main__":
    sys.exit(main())
