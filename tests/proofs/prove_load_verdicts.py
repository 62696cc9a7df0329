"""Planted slowdowns are told, and equal runs are not told apart.

A fake integration answers after 40 ms, give or take. A short run follows the other for as long as
this takes; in half of the pairs reads of stock take a tenth longer in the second. Ten pairs of
equal runs come first: they establish the noise floor. Every run is judged from its own record by
what `tts-chaos load --compare` uses. All share one generator process, so that minutes are enough.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.proofs.load.running import ask, fake_integration, load, wait_for_begin

from tts_chaos.load.budgets import Budget
from tts_chaos.load.comparison import Change, compare_budgets
from tts_chaos.load.health import Health, examine
from tts_chaos.load.locust_process import LocustRun
from tts_chaos.load.plan import Stage
from tts_chaos.load.results import Measured
from tts_chaos.load.samples import Sample
from tts_chaos.load.verdicts import Judged, judge, noise_between

__all__ = ["main", "play"]

DETECTED_MIN, FALSE_MAX = 95, 2
SEGMENT_S, RATE = 1.2, 240.0
EDGE_S = 0.15
"""Requests at the edge of a run may have been answered in the next one."""

SUBJECTS = ("checkout.quote", "inventory.read", "orders.list")
BUDGETS = tuple(
    Budget(subject=subject, key=key, limit=limit)
    for subject in SUBJECTS
    for key, limit in (("p50", 100), ("p90", 150))
)


def main() -> int:
    """Print the figures; returns 0 where the targets are met."""
    told = play(calibrations=10, pairs=100)
    missed = 100 - told["slower"]
    print(f"planted: {told['slower']} of 100 detected, {missed} not, of which the generator was "
          f"unfit in {told['unfit planted']}")  # fmt: skip
    print(f"equal: {told['false']} of 100 told apart; unfit in {told['unfit equal']}")
    print(f"elsewhere than planted: {told['elsewhere']} of 100 told apart")
    print(f"detected {told['slower']} of 100 (at least {DETECTED_MIN}), false {told['false']} of "
          f"100 (at most {FALSE_MAX})")  # fmt: skip
    return 0 if told["slower"] >= DETECTED_MIN and told["false"] <= FALSE_MAX else 1


def play(*, calibrations: int, pairs: int) -> Counter[str]:
    """Return how often what was told, over `pairs` planted and as many equal pairs of runs."""
    # Equal and planted pairs take turns, so that a busy minute of the machine meets both.
    planted = [False] * calibrations + [number % 2 == 0 for number in range(2 * pairs)]
    slow = [flag for is_planted in planted for flag in (False, is_planted)]

    with fake_integration("schedule") as address:

        def tell_schedule(_: LocustRun, folder: Path) -> None:
            table = {"begin_unix_s": wait_for_begin(folder), "segment_s": SEGMENT_S, "slow": slow}
            ask(f"{address}/schedule", table)

        stage = Stage(name="plateau", for_s=SEGMENT_S * len(slow), rate=RATE)
        _, measured, _ = load(address, stage, meanwhile=tell_schedule, users=60)
    runs = [_run(measured, number) for number in range(len(slow))]
    noise: dict[str, float] = {}
    for (first, _), (second, _) in _pairs(runs[: 2 * calibrations]):
        for name, ratio in noise_between(BUDGETS, first, second).items():
            noise[name] = max(noise.get(name, 0.0), ratio)
    told: Counter[str] = Counter()
    judged = zip(planted[calibrations:], _pairs(runs[2 * calibrations :]), strict=True)
    for is_planted, pair in judged:
        _count(told, is_planted, pair, noise)
    return told


_Run = tuple[list[Sample], Health]


def _pairs(runs: Sequence[_Run]) -> Iterator[tuple[_Run, _Run]]:
    yield from zip(runs[::2], runs[1::2], strict=True)


def _run(measured: Measured, number: int) -> _Run:
    begin_s, end_s = number * SEGMENT_S + EDGE_S, (number + 1) * SEGMENT_S - EDGE_S
    samples = [sample for sample in measured.samples if begin_s <= sample.due_s < end_s]
    watches = [w for w in measured.watches if begin_s <= w.at_s < end_s + 1]
    return samples, examine(samples, watches, tightest_ms=100, duration_s=1e9)


def _count(
    told: Counter[str], is_planted: bool, pair: tuple[_Run, ...], noise: dict[str, float]
) -> None:
    (old, old_health), (new, new_health) = pair
    rows: list[tuple[Judged, ...]] = [
        judge(BUDGETS, samples, health)
        for samples, health in ((old, old_health), (new, new_health))
    ]
    compared = compare_budgets(
        rows[0], rows[1], old_health=old_health, new_health=new_health, noise=noise
    )
    changed = {row.budget.subject: row.change for row in compared
               if row.change is not Change.CANNOT_TELL}  # fmt: skip
    is_unfit = not (old_health.is_fit and new_health.is_fit)
    if is_planted:
        told["slower"] += changed.get("inventory.read") is Change.SLOWER
        told["elsewhere"] += bool(set(changed) - {"inventory.read"})
        told["unfit planted"] += is_unfit
    else:
        told["false"] += bool(changed)
        told["unfit equal"] += is_unfit


if __name__ == "__main__":
    sys.exit(main())
