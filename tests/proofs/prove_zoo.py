"""The zoo of broken integrations against the shipped scenarios.

Each member is played in each of the scenarios chosen to show it, under one seed. What is caught,
what the first finding names, and which rules catch alone, is counted over these runs.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.proofs.spreading import spread
from tests.quality.verdicts import (
    IMPLIED,
    OUT_OF_REACH,
    RULES,
    Shown,
    idle_rules,
    is_grave,
    show,
)
from tests.quality.zoo.catalogue import ZOO

from tts_chaos.core.verdict import Outcome

CAUGHT_TARGET = 0.97
NAMED_TARGET = 0.95


def main() -> int:
    """Play, list every miss, print the figures; 0 where all targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--every", type=int, default=1, help="only each n-th run, to try it out")
    parser.add_argument(
        "--record", type=Path, help="file that keeps finished runs, to go on where one stopped"
    )
    options = parser.parse_args()
    places = list(range(0, len(ZOO), options.every))
    shown = [
        Shown(
            member=ZOO[place],
            outcome=Outcome(outcome),
            found=tuple((rule, text) for rule, text in found),
        )
        for place, (outcome, found) in spread(
            show, places, jobs=options.jobs, label="zoo", record=options.record
        )
    ]
    grave = [each for each in shown if is_grave(each.member)]
    caught = _share(shown, lambda each: each.is_caught, "not caught")
    grave_caught = _share(grave, lambda each: each.is_caught)
    named = _share(shown, lambda each: each.is_named, "first finding names something else")
    idle = [rule for rule in idle_rules(shown) if rule not in {*IMPLIED, *OUT_OF_REACH}]
    for rule, why in {**OUT_OF_REACH, **IMPLIED}.items():
        print(f"never alone: {rule}: {why}")
    for rule in idle if options.every == 1 else ():
        print(f"idle: {rule} could be switched off, and every member would still be caught")
    names = Counter(each.member.name for each in shown)
    alone = len(RULES) - len(idle) - len(IMPLIED) - len(OUT_OF_REACH)
    print(
        f"{len(names)} broken integrations in {len(shown)} runs of shipped scenarios: "
        f"lost, doubled, oversold, signature and token defects caught {grave_caught:.1%} "
        f"of {len(grave)} (target 100 %), all caught {caught:.1%} (target 97 %), "
        f"named by the first finding {named:.1%} (target 95 %); "
        f"{alone} of {len(RULES)} rules catch a member that no other rule catches, "
        f"{len(IMPLIED) + len(OUT_OF_REACH)} cannot and say why, {len(idle)} are idle (target 0)"
    )
    is_met = grave_caught == 1 and caught >= CAUGHT_TARGET and named >= NAMED_TARGET
    return 0 if is_met and (not idle or options.every > 1) else 1


def _share(shown: Sequence[Shown], holds: Callable[[Shown], bool], miss: str = "") -> float:
    """Return how many of the runs it holds for, and print the others where `miss` says of what."""
    missed = [each for each in shown if not holds(each)]
    for each in missed if miss else ():
        first = each.found[0] if each.found else ("nothing", "")
        member = each.member
        print(f"{miss}: {member.name} in {member.scenario} ({each.outcome.value})")
        print(f"    planted: {member.defect}")
        print(f"    first:   {first[0]}: {first[1]}")
    return 1 - len(missed) / max(1, len(shown))


if __name__ == "__main__":
    sys.exit(main())
