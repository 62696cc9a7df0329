"""Ten bugs that no single fault shows are found and shrunk; and what exhaustive search leaves out.

Time is that of the processor, so that a busy machine does not count: 60 s are 60 s of one core. A
failure is the planted bug where the same schedule passes on the integration without it. Options:
`--only NAME` (repeatable) for some of the bugs, `--sample N` for fewer pruned points, 0 for none.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterable
from typing import Any

import msgspec
from tests.proofs.planted_bugs import PLANTED, PLANTED_LATER, Correct
from tests.support.search_player import DirectPlayer, direct_player

from tts_chaos.core.entropy import Entropy
from tts_chaos.reference.factory import make_reference
from tts_chaos.search.budget import Budget
from tts_chaos.search.calm import Calm, look_around
from tts_chaos.search.drawing import StopDrawing, draw_lists
from tts_chaos.search.exploring import Exploration, Point, Watching, schedule_of
from tts_chaos.search.hunting import Failure, Hunt
from tts_chaos.search.menu import make_menu
from tts_chaos.search.player import sight_of
from tts_chaos.search.schedule import to_scenario

SEED = "7"
LIMIT_S = 60.0
MOST = 100_000
WANTED_FOUND, WANTED_SHRUNK = 10, 9
WANTED_PER_S = 150
MEASURED_S = 10.0


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """How one bug was found."""

    failure: Failure
    spent_s: float
    schedules: int
    runs: int


def find(bug: type[Correct], *, seed: str = SEED, limit_s: float = LIMIT_S) -> Found | None:
    """Search one broken integration until its bug is found, or the time is over."""
    with direct_player(bug, seed=seed) as play, direct_player(Correct, seed=seed) as correct:
        budget = Budget(limit_s, now_s=time.process_time)
        calm = look_around(play)
        told: list[Found] = []

        def tell(failure: Failure) -> None:
            spent_s = budget.spent_s
            if not sight_of(correct(failure.scenario).result).is_broken:
                runs = hunt.tally.runs
                told.append(
                    Found(
                        failure=failure,
                        spent_s=spent_s,
                        schedules=hunt.tally.schedules,
                        runs=runs,
                    )
                )

        hunt = Hunt(play, calm.capabilities, told=tell)

        def take(schedule: Any) -> None:
            if told or budget.is_spent:
                raise StopDrawing
            hunt.take(schedule)

        with contextlib.suppress(StopDrawing):
            draw_lists(make_menu(calm), take, count=MOST, seed=seed)
        return told[0] if told else None


def _bugs(chosen: Iterable[type[Correct]]) -> tuple[int, int, int]:
    """Return how many were tried, found in time, and shrunk to the planted number."""
    tried = found = shrunk = 0
    for bug in chosen:
        tried += 1
        row = find(bug)
        if row is None:
            print(f"{bug.__name__}: NOT FOUND in {LIMIT_S:.0f} s of one core", flush=True)
            continue
        faults = len(row.failure.schedule.faults)
        is_small = faults == bug.faults
        found += row.spent_s <= LIMIT_S
        shrunk += is_small
        names = ", ".join(" at ".join(key) for key in row.failure.known.faults)
        print(
            f"{bug.__name__}: after {row.spent_s:.1f} s of one core and {row.schedules} schedules "
            f"({row.runs} runs); {row.failure.known.rules[0]}; {faults} faults of {bug.faults} "
            f"planted{'' if is_small else ' NOT SMALLEST'} ({names}); "
            f"{row.failure.replays} of 20 replays",
            flush=True,
        )
    return tried, found, shrunk


def _speed() -> float:
    """Print how many schedules of some twenty calls one core plays in a second; returns it."""
    rates = []
    for name, make in (("the reference", make_reference), ("the zoo's integration", Correct)):
        with direct_player(make, seed=SEED) as play:
            calm = look_around(play)
            hunt = Hunt(play, calm.capabilities)
            budget = Budget(MEASURED_S, now_s=time.process_time)

            def take(schedule: Any, hunt: Hunt = hunt, budget: Budget = budget) -> None:
                if budget.is_spent:
                    raise StopDrawing
                hunt.take(schedule)

            with contextlib.suppress(StopDrawing):
                draw_lists(make_menu(calm), take, count=MOST, seed="speed")
            rate = hunt.tally.runs / budget.spent_s
            calls = hunt.tally.calls / max(1, hunt.tally.schedules)
            rates.append(rate)
            print(
                f"{name}: {rate:.1f} schedules a second of one core, {calls:.0f} calls each, "
                f"{rate * calls:.0f} calls a second",
                flush=True,
            )
    return max(rates)


def _explored(sample: int) -> int:
    """Explore a broken integration, run pruned points as well; returns how many found more."""
    with direct_player(Correct, seed=SEED) as direct:
        calm = look_around(direct)
        watching = Watching(direct)
        hunt = Hunt(watching, calm.capabilities)
        budget = Budget(None, now_s=time.process_time)
        exploration = Exploration(calm, hunt, watching, budget)
        pruned = exploration.plan.pruned
        chosen = sorted(Entropy(SEED).sample(range(len(pruned)), min(sample, len(pruned))))
        ends: dict[int, tuple[str, tuple[str, ...]]] = {}
        surprises = 0
        for index in chosen:
            point, kept = pruned[index]
            if kept.number not in ends:
                ends[kept.number] = _end(direct, calm, kept)
            outcome, rules = _end(direct, calm, point)
            if not set(rules) <= set(ends[kept.number][1]):
                surprises += 1
                print(f"SURPRISE {point.label}: {outcome} {rules}, {ends[kept.number]}")
        acting = len(exploration.plan.kept) + len(pruned)
        rate = (len(chosen) + len(ends)) / max(budget.spent_s, 0.001)
        print(
            f"explored: {exploration.plan.listed} points, {acting} that act, "
            f"{len(pruned)} pruned ({100 * len(pruned) / acting:.0f} %); {rate:.1f} points a "
            f"second of one core; {len(chosen)} pruned points run, {surprises} found what the kept "
            "ones did not",
            flush=True,
        )
        return surprises


def _end(play: DirectPlayer, calm: Calm, point: Point) -> tuple[str, tuple[str, ...]]:
    scenario = to_scenario(schedule_of(calm, point), calm.capabilities)
    sight = sight_of(play(scenario).result)
    return sight.outcome.value, sight.rules


def main(arguments: list[str]) -> int:
    """Print one line per bug, then the speeds, and the figure last."""
    parser = argparse.ArgumentParser(prog="prove_search")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--sample", type=int, default=200)
    options = parser.parse_args(arguments)
    chosen, later = (
        [bug for bug in bugs if not options.only or bug.__name__ in options.only]
        for bugs in (PLANTED, PLANTED_LATER)
    )
    tried, found, shrunk = _bugs(chosen)
    print("planted after the way of drawing was settled:", flush=True)
    tried_later, found_later, _ = _bugs(later)
    rate = _speed()
    surprises = _explored(options.sample) if options.sample else 0
    wanted = min(WANTED_FOUND, tried), min(WANTED_SHRUNK, tried)
    is_met = found >= wanted[0] and shrunk >= wanted[1] and not surprises
    is_fast = rate >= WANTED_PER_S
    print(
        f"search: {found} of {tried} bugs found within {LIMIT_S:.0f} s of one core, {shrunk} "
        f"shrunk to the planted number of faults; {found_later} of {tried_later} planted later; "
        f"{rate:.1f} schedules a second of one core"
        f"{'' if is_fast else f', below the {WANTED_PER_S} aimed at'}; {surprises} pruned points "
        "found more than the kept ones"
    )
    return 0 if is_met and is_fast else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
