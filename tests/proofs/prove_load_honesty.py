"""Against a server that stands still: what the load record says, beside the truth and Locust's own.

Three shoppers, fifty requests a second, and one second in every ten in which nothing is answered.
Who asks again only after an answer does not ask while the server stands still, and so hardly sees
it: that is what a table of answer times says. Counted from when each request was due, a tenth of
all were slow.

The truth is computed: each request was due at an instant that the plan fixes, and waits until the
server goes on.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

from tests.proofs.load.running import fake_integration, load, tell_if_busy
from tests.proofs.load.server import STALL_EVERY_S, STALL_S

from tts_chaos.load.estimates import Record
from tts_chaos.load.plan import AREAS, Plan, Stage

__all__ = ["main", "true_percentile_ms"]

OFF_MAX = 0.05
RATE, FOR_S, SHOPPERS = 50.0, 60.0, 3


def main() -> int:
    """Print the figures; returns 0 where ours is within 5 % of the truth."""
    with fake_integration("stall") as address:
        plan, measured, folder = load(
            address, Stage(name="plateau", for_s=FOR_S, rate=RATE), model="closed", users=SHOPPERS
        )
    assert measured.began_unix_s is not None
    ours_ms = Record(measured.samples).percentile_ms(0.99)
    true_ms = true_percentile_ms(plan, measured.began_unix_s, 0.99)
    theirs_ms = locust_p99_ms(folder)
    tell_if_busy()
    off = ours_ms / true_ms - 1
    print(f"{len(measured.samples)} requests, {SHOPPERS} shoppers, no answer for {STALL_S:g} s of")
    print(f"every {STALL_EVERY_S:g} s")
    print(f"  p99, computed truth      {true_ms:8.1f} ms")
    print(f"  p99, load record         {ours_ms:8.1f} ms")
    print(f"  p99, Locust's own table  {theirs_ms:8.1f} ms")
    print(f"off by {off * 100:+.1f} % (at most {OFF_MAX * 100:g} %); Locust's own table by "
          f"{(theirs_ms / true_ms - 1) * 100:+.1f} %")  # fmt: skip
    return 0 if abs(off) <= OFF_MAX else 1


def true_percentile_ms(plan: Plan, began_unix_s: float, ratio: float) -> float:
    """Return the percentile of the waits that the server's stalls impose on what was due."""
    due = [
        began_unix_s + arrivals.instant(number)
        for arrivals in map(plan.arrivals, AREAS)
        for number in range(arrivals.count)
    ]
    waits = sorted(max(0.0, STALL_S - at_s % STALL_EVERY_S) for at_s in due)
    return waits[math.ceil(ratio * len(waits)) - 1] * 1000


def locust_p99_ms(folder: Path) -> float:
    """Return what Locust's own table says of all requests together."""
    with (folder / "locust_stats.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return float(next(row["99%"] for row in rows if row["Name"] == "Aggregated"))


if __name__ == "__main__":
    sys.exit(main())
