"""A master and two workers: counts and percentiles of the sum of the workers' own records.

Then once more, and one worker is killed on the way: the verdict must say so, and not pass.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.proofs.load.running import fake_integration, load, wait_for_begin

from tts_chaos.load.budgets import read_budgets
from tts_chaos.load.histograms import histograms_of
from tts_chaos.load.locust_process import LocustRun
from tts_chaos.load.plan import AREAS, Stage
from tts_chaos.load.results import Result, result_of
from tts_chaos.load.samples import Sample, read_samples
from tts_chaos.load.verdicts import Call
from tts_chaos.scenarios.shape import Place

__all__ = ["differences", "lose_a_worker", "main"]

RATE, FOR_S = 120.0, 15.0
RATIOS = (50.0, 90.0, 95.0, 99.0, 99.9)


def main() -> int:
    """Print the figures; returns 0 where everything is equal and the loss is told."""
    with fake_integration("planted") as address:
        problems = differences(address, for_s=FOR_S)
        result = lose_a_worker(address, for_s=FOR_S)
    told = next((event for event in result.events if "was lost" in event), "nothing")
    print(f"one worker killed: {told}; verdict {result.verdict.value}: it rests on "
          f"{result.rests_on}")  # fmt: skip
    if told == "nothing" or result.verdict is Call.PASS:
        problems.append("the loss of a worker was not told, or passed")
    for problem in problems:
        print(problem)
    print(f"{len(problems)} differences")
    return 1 if problems else 0


def differences(address: str, *, for_s: float) -> list[str]:
    """Return what differs between a master's record and the sum of its workers' own."""
    plan, measured, folder = load(
        address, Stage(name="plateau", for_s=for_s, rate=RATE), workers=2, users=60
    )
    parts = [read_samples([file]) for file in sorted(folder.glob("worker-*.rows"))]
    summed: list[Sample] = [sample for part in parts for sample in part]
    due = sum(plan.arrivals(area).count for area in AREAS)
    problems = []
    if len(parts) != 2 or not all(parts):
        problems.append(f"{len(parts)} workers recorded something; expected 2")
    if not len(measured.samples) == len(summed) == due:
        problems.append(f"{len(measured.samples)} recorded, {len(summed)} by workers, {due} due")
    whole = histograms_of(measured.samples)
    merged = histograms_of(parts[0]) if parts else {}
    for part in parts[1:]:
        for operation, histogram in histograms_of(part).items():
            merged[operation].add(histogram)
    for operation, histogram in whole.items():
        mine, theirs = [
            [h.get_total_count(), *(h.get_value_at_percentile(ratio) for ratio in RATIOS)]
            for h in (histogram, merged[operation])
        ]
        print(f"  {operation:<16} {mine[0]} requests, p99 {mine[4] / 1000:.3f} ms: "
              f"{'equal' if mine == theirs else 'DIFFERENT'}")  # fmt: skip
        if mine != theirs:
            problems.append(f"{operation}: {mine} by the master, {theirs} merged")
    return problems


def lose_a_worker(address: str, *, for_s: float) -> Result:
    """Kill one of two workers half-way; returns the result."""
    folder = Path(tempfile.mkdtemp(prefix="tts-load-proof-"))

    def kill_one(run: LocustRun, results: Path) -> None:
        begin_s = wait_for_begin(results)
        time.sleep(max(0.0, begin_s + for_s / 3 - time.time()))
        # The guard takes along the worker that it watches.
        os.kill(run.pids["worker-1"], signal.SIGKILL)

    plan, measured, _ = load(
        address,
        Stage(name="plateau", for_s=for_s, rate=RATE),
        meanwhile=kill_one,
        results=folder,
        workers=2,
        users=60,
    )
    return result_of(plan, measured, read_budgets({}, Place("", "budgets")))


if __name__ == "__main__":
    sys.exit(main())
