"""Programs in five languages with the platform's hosts written into them pass as they are.

Each is brought to the twin in each way that exists for its language, and plays scenarios that need
the API host, the token host, webhooks and a port that is closed; and those with the faults that
only its way realises, where there are any.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.support.hard_coded import PROGRAMS, HardCoded, play_hard_coded

SCENARIOS = (
    "orders/more-than-a-page",
    "auth/token-expired-401",
    "network/port-refused",
    "stock/push-fails-three-times",
    "fulfilment/ship-answer-lost",
    "webhooks/forged",
)

SCENARIOS_OF_A_WAY = {
    "namespace": (
        "network/name-not-found",
        "network/name-leads-to-a-stranger",
        "network/name-leads-to-nobody",
    ),
    "proxy": (
        "intermediary/proxy-opens-no-tunnel",
        "intermediary/proxy-opens-no-tunnel-and-says-200",
    ),
    "shim": (),
}


def main() -> int:
    """Play all, print a line for each, return 0 where all passed and nothing was missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [program.language for program in PROGRAMS]
    parser.add_argument("--only", choices=names, action="append", help="only this one; repeatable")
    options = parser.parse_args()
    chosen = [each for each in PROGRAMS if each.language in (options.only or names)]
    cases = [(program, way) for program in chosen for way in program.ways]
    proven, languages = 0, set()
    for program, way in cases:
        if _play(program, way):
            proven += 1
            languages.add(program.language)
    said = ", ".join(program.language for program in chosen if program.language in languages)
    print(
        f"\n{proven} of {len(cases)} ways proven with at least {len(SCENARIOS)} scenarios each: "
        f"programs with hard-coded hosts run unmodified in {said or 'no language'}"
    )
    return 0 if proven == len(cases) else 1


def _play(program: HardCoded, way: str) -> bool:
    title = f"{program.language:<7} {way:<10}"
    if problem := program.missing(way):
        print(f"{title} cannot be played here: {problem}", flush=True)
        return False
    scenarios = (*SCENARIOS, *SCENARIOS_OF_A_WAY[way])
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = play_hard_coded(program, way, Path(folder), scenarios)
    well = sum(outcome == "passed" for outcome in outcomes.values())
    spent_s = time.monotonic() - started
    print(f"{title} {well} of {len(scenarios)} pass ({spent_s:.0f} s)", flush=True)
    for scenario, outcome in outcomes.items():
        if outcome != "passed":
            print(f"        {scenario}: {outcome}", flush=True)
    return well == len(scenarios)


if __name__ == "__main__":
    sys.exit(main())
