"""Correct integrations of three shapes pass the whole catalogue under many seeds, silently.

An alarm is any run that does not end as passed, and any finding. The seeds go round the catalogue,
so that each scenario is played under many, and each integration under every scenario.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.proofs.catalogue_runs import bundled, runs_on_sockets
from tests.proofs.spreading import spread
from tests.quality.playing import CORRECT, describe, play_once

from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.fitness import why_unfit
from tts_chaos.injectors.simulated import SimulatedWorld

__all__ = ["draw", "play_drawn"]

RUNS = 3000
WIRE_RUNS = 100


def main() -> int:
    """Play, list every alarm, print the figure; 0 where there is no alarm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="runs in the simulated world")
    parser.add_argument("--wire", type=int, default=WIRE_RUNS, help="runs on real sockets")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument(
        "--record", type=Path, help="file that keeps finished runs, to go on where one stopped"
    )
    options = parser.parse_args()
    figures = [
        _count("simulated", options.runs, options.jobs, options.record),
        _count("wire", options.wire, options.jobs, options.record),
    ]
    print(
        "; ".join(
            f"{alarms} false alarms in {played} runs in the {world} world "
            f"({len(CORRECT)} correct integrations, {scenarios} scenarios)"
            for world, played, alarms, scenarios in figures
        )
    )
    return 1 if any(alarms for _, _, alarms, _ in figures) else 0


def draw(world: str, runs: int) -> Iterator[list[Any]]:
    """Yield `[integration, scenario, world, seed]`, each integration as often as the others.

    Round by round the integrations play the same scenario under the same seed; the next round has
    the next scenario, and a new seed.
    """
    scenarios = _scenarios(world)
    for number in range(runs):
        round_number, place = divmod(number, len(CORRECT))
        scenario = scenarios[round_number * _stride(len(scenarios)) % len(scenarios)]
        yield [list(CORRECT)[place], scenario, world, 1 + round_number]


def play_drawn(drawn: Sequence[Any]) -> list[str]:
    """Play one run; returns outcome and, where it is an alarm, all that was found."""
    integration, scenario, world, seed = drawn
    result = play_once(CORRECT[integration], scenario, world, seed=seed)
    is_silent = result.outcome is Outcome.PASSED and not result.findings
    return [result.outcome.value, "" if is_silent else describe(result)]


def _scenarios(world: str) -> list[str]:
    if world == "wire":
        return [scenario.id for scenario in bundled() if runs_on_sockets(scenario)]
    simulated = SimulatedWorld()
    return [scenario.id for scenario in bundled() if why_unfit(scenario, simulated) is None]


def _stride(count: int) -> int:
    """Return a step that visits all of `count` scenarios and leaps from family to family.

    A small number of runs then has something of every folder.
    """
    return next(step for step in range(count * 5 // 13 + 1, 2 * count) if _are_coprime(step, count))


def _are_coprime(first: int, second: int) -> bool:
    while second:
        first, second = second, first % second
    return first == 1


def _count(world: str, runs: int, jobs: int, record: Path | None) -> tuple[str, int, int, int]:
    alarms = 0
    scenarios = set()
    drawn = list(draw(world, runs))
    for item, (_, told) in spread(play_drawn, drawn, jobs=jobs, label=world, record=record):
        scenarios.add(item[1])
        if told:
            alarms += 1
            print(f"{item[0]}, seed {item[3]}: {told}", flush=True)
    return world, len(drawn), alarms, len(scenarios)


if __name__ == "__main__":
    sys.exit(main())
