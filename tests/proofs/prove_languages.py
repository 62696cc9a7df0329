"""In each language the naive example breaks the rules it is known for, and the fixed one none.

The fixed version plays every scenario that its worlds can play. A runtime that is missing is named,
and the figure says how many languages were proven. Scenarios on sockets mostly wait, so more of
them run side by side than there are cores.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.language_examples import EXAMPLES, LanguageExample, play

WORKERS = 2 * (os.cpu_count() or 1)
TOLD_EVERY_S = 20.0


def main() -> int:
    """Play all examples, print what was found, return 0 where nothing is missed or missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [example.name for example in EXAMPLES]
    parser.add_argument("--only", choices=names, action="append", help="only this one; repeatable")
    parser.add_argument("--workers", type=int, default=WORKERS, help="played side by side")
    options = parser.parse_args()
    chosen = [example for example in EXAMPLES if example.name in (options.only or names)]
    proven, missing, played = 0, [], 0
    for example in chosen:
        print(f"\n{example.title}", flush=True)
        if example.missing:
            print(f"  cannot be run here: {example.missing}")
            missing.append(example.title)
            continue
        print(f"  {example.version()}", flush=True)
        started = time.monotonic()
        is_guilty = _naive(example, options.workers)
        passed, runs = _fixed(example, options.workers)
        print(f"  {time.monotonic() - started:.0f} s in all", flush=True)
        played += runs
        proven += is_guilty and passed == runs
    named = f"; missing: {', '.join(missing)}" if missing else ""
    print(
        f"\n{proven} of {len(chosen)} examples proven: each naive version breaks its rules, "
        f"each fixed one passes; {played} runs of fixed ones{named}"
    )
    return 0 if proven == len(chosen) else 1


def _naive(example: LanguageExample, workers: int) -> bool:
    """Play what the naive version is known to fail; say whether it breaks all rules it should."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        rows = play(example, "naive", report, scenarios=example.guilty, workers=workers)
    is_well = len(rows) == len(example.guilty)
    for row in sorted(rows, key=lambda row: row.scenario):
        absent = example.guilty[row.scenario] - row.rules
        is_well = is_well and not absent and row.outcome != "passed"
        missed = f"  MISSED {', '.join(sorted(absent))}" if absent else ""
        print(f"  naive  {row.scenario:<46} {', '.join(sorted(row.rules))}{missed}", flush=True)
    return is_well


def _fixed(example: LanguageExample, workers: int) -> tuple[int, int]:
    """Play everything with the fixed version; returns how many runs passed, and how many were."""
    passed = runs = 0
    for world in example.worlds:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            report, tell = Path(folder) / "report", _teller(f"  fixed  {world}: ")
            rows = play(example, "fixed", report, world=world, workers=workers, tell=tell)
        well = [row for row in rows if row.outcome == "passed"]
        spent_s = time.monotonic() - started
        print(f"  fixed  {world}: {len(well)} of {len(rows)} pass ({spent_s:.0f} s)", flush=True)
        for row in rows:
            if row.outcome != "passed":
                print(f"         {row.scenario}: {row.outcome}: {row.reason}", flush=True)
        passed, runs = passed + len(well), runs + len(rows)
    return passed, runs


def _teller(what: str) -> Callable[[int], None]:
    """Return what prints a percentage now and then."""
    told_at = time.monotonic()

    def tell(percentage: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TOLD_EVERY_S:
            told_at = time.monotonic()
            print(f"{what}{percentage} % played", flush=True)

    return tell


if __name__ == "__main__":
    sys.exit(main())
