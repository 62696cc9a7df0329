"""Recorded latency beside planted latency, up to percentile 99.9.

A fake integration waits for as long as is drawn, and keeps how long it really waited, from the
request's arrival until the answer is handed to the system. What is recorded besides is the way
there and back.
"""

from __future__ import annotations

import math
import sys

from tests.proofs.load.running import ask, fake_integration, load, tell_if_busy

from tts_chaos.load.estimates import Record
from tts_chaos.load.plan import Stage
from tts_chaos.load.results import Measured

__all__ = ["compare", "main"]

OFF_MAX_MS = 1.0
RATIOS = (0.5, 0.9, 0.95, 0.99, 0.999)


def main() -> int:
    """Print the figures; returns 0 where all are within 1 ms."""
    rows, _ = compare(for_s=60.0, rate=150.0)
    for ratio, planted_ms, recorded_ms in rows:
        print(f"  p{ratio * 100:g}: planted {planted_ms:8.3f} ms, recorded {recorded_ms:8.3f} ms, "
              f"{recorded_ms - planted_ms:+.3f}")  # fmt: skip
    tell_if_busy()
    worst = max(abs(recorded - planted) for _, planted, recorded in rows)
    print(f"off by at most {worst:.3f} ms (at most {OFF_MAX_MS:g} ms)")
    return 0 if worst <= OFF_MAX_MS else 1


def compare(*, for_s: float, rate: float) -> tuple[list[tuple[float, float, float]], Measured]:
    """Return (ratio, planted, recorded) in milliseconds, and the record."""
    with fake_integration("planted") as address:
        stage = Stage(name="plateau", for_s=for_s, rate=rate)
        _, measured, _ = load(address, stage, users=200)
        truth = ask(f"{address}/truth")
    record = Record(measured.samples)
    rows = [
        (ratio, truth[math.ceil(ratio * len(truth)) - 1], record.percentile_ms(ratio))
        for ratio in RATIOS
    ]
    return rows, measured


if __name__ == "__main__":
    sys.exit(main())
