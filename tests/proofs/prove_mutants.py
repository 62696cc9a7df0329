"""Mutants of the oracles and of what weighs them: killed by the tests, or explained one by one.

A run takes up what earlier ones found. A mutant that was killed before meets its killer first; one
that survived meets every test that reaches it, again, as soon as a test or the harness has changed.
"""

from __future__ import annotations

import argparse
import fnmatch
import gc
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from tests.mutation import scope
from tests.mutation.explained import EXPLAINED
from tests.mutation.killing import Judged, judge, unchanged
from tests.mutation.mutants import Mutant
from tests.mutation.reach import note_reach
from tests.mutation.running import in_session

KEPT = scope.ROOT / ".tts-chaos" / "mutants.json"
"""What is known from earlier runs: by id of a mutant, its killer ("" for none)."""
SEEN_AT = ("harness/tts_chaos", "tests/support", "tests/mutation")
KEEP_EVERY_S = 10
SHOW_EVERY_S = 15


def main() -> int:
    """Judge all mutants, print survivors and the figure; 0 where each survivor is explained."""
    options = _arguments().parse_args()
    names = {file.stem for file in scope.modules().values()}
    if unknown := set(options.module or ()) - names:
        sys.exit(f"--module: no {', '.join(sorted(unknown))}; known: {', '.join(sorted(names))}")
    if not 0 < options.sample <= 1:
        sys.exit(f"--sample is {options.sample}; expected a share above 0 and up to 1")
    begin_s = time.monotonic()
    kept = _Kept(options.kept, fresh=options.fresh)
    mutants = list(scope.all_mutants(set(options.module) if options.module else None))
    drawn = [m for m in mutants if _draw(m.id, options.seed) < options.sample]
    if options.survivors:
        drawn = [m for m in drawn if kept.killers.get(m.id) == ""]
    open_ = [m for m in drawn if not kept.is_known(m)]
    for family in scope.FAMILIES:
        if some := [m for m in open_ if scope.family_of(m) == family]:
            work = partial(_judge_all, some, kept, options)
            status = in_session([scope.tests_of(family)], work, skipped=scope.SKIPPED)
            if status:
                sys.exit(f"pytest could not collect the tests of {family}: exit status {status}")
    found = {m.id: kept.killers[m.id] for m in drawn if kept.is_known(m)}
    whole = len(found) == len(mutants) or (bool(options.module) and len(found) == len(drawn))
    return _conclude(found, len(drawn) - len(found), time.monotonic() - begin_s, whole)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--module", action="append", help="only this module, e.g. calls; repeatable")
    add("--sample", type=float, default=1, help="only this share of the mutants, e.g. 0.1")
    add("--seed", default="0", help="which sample")
    add("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="how many at a time")
    add("--seconds", type=float, help="stop after so long; the rest is kept for later")
    add("--survivors", action="store_true", help="only what survived before")
    add("--fresh", action="store_true", help="forget what earlier runs found")
    add("--kept", type=Path, default=KEPT, help="where to keep what was found")
    return parser


def _draw(id: str, seed: str) -> float:
    """Return a number from 0 up to 1 that depends on nothing but id and seed."""
    return int.from_bytes(hashlib.sha256(f"{seed} {id}".encode()).digest()[:6]) / (1 << 48)


class _Kept:
    """What runs found, in a file. Killers are kept as hints when the code has changed."""

    def __init__(self, file: Path, *, fresh: bool) -> None:
        self._file, self._stamp_of = file, {each: _stamp(each) for each in scope.FAMILIES}
        self.killers: dict[str, str] = {}
        self._stamps: dict[str, str] = {}
        if not fresh:
            self._read()

    def is_known(self, mutant: Mutant) -> bool:
        """Whether a mutant was judged with exactly this code."""
        return self._stamps.get(mutant.id) == self._stamp_of[scope.family_of(mutant)]

    def note(self, judged: Judged) -> None:
        """Take in what became of a mutant."""
        self.killers[judged.mutant.id] = judged.killer
        self._stamps[judged.mutant.id] = self._stamp_of[scope.family_of(judged.mutant)]

    def _read(self) -> None:
        try:
            rows = json.loads(self._file.read_text(encoding="utf-8"))
            self.killers = {id: str(row["killer"]) for id, row in rows.items()}
            self._stamps = {id: str(row["stamp"]) for id, row in rows.items()}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            print(f"{self._file} cannot be read; beginning anew", file=sys.stderr)

    def reach_of(self, family: str) -> Path:
        """Return where what the tests of this code reach is kept; other code's is removed."""
        wanted = self._file.with_suffix(f".{family}-{self._stamp_of[family]}")
        for other in self._file.parent.glob(f"{self._file.stem}.{family}-*"):
            if other != wanted:
                other.unlink()
        return wanted

    def write(self) -> None:
        rows = {
            id: {"killer": killer, "stamp": self._stamps[id]} for id, killer in self.killers.items()
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(rows, indent=1, sort_keys=True), encoding="utf-8")
        part.replace(self._file)


def _stamp(family: str) -> str:
    """Return a digest of all code that decides whether a mutant of a package is noticed."""
    digest = hashlib.sha256()
    for folder in (*(scope.ROOT / each for each in SEEN_AT), scope.tests_of(family)):
        for file in sorted(folder.rglob("*")):
            # What explains survivors changes nothing of what survives.
            if file.is_file() and file.suffix != ".pyc" and file.name != "explained.py":
                digest.update(f"{file.relative_to(scope.ROOT)}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _judge_all(
    mutants: Sequence[Mutant],
    kept: _Kept,
    options: argparse.Namespace,
    items: Sequence[pytest.Item],
) -> None:
    """Judge mutants with the tests that pytest has collected; keep and show what is found."""
    print(f"noting what {len(items)} tests reach", file=sys.stderr, flush=True)
    family = scope.family_of(mutants[0])
    reach = note_reach(items, scope.modules().values(), kept.reach_of(family))
    if reach.failed:
        names = ", ".join(reach.failed[:5])
        sys.exit(f"{len(reach.failed)} tests fail although nothing is changed: {names}")
    (idle,) = judge(iter([unchanged(mutants[0])]), items, reach)
    if idle.killer:
        sys.exit(f"{idle.killer} fails although nothing is changed; mend it first")
    gc.collect()
    gc.freeze()  # children share what is never touched again
    begin_s = written_s = shown_s = time.monotonic()
    until_s = begin_s + options.seconds if options.seconds else float("inf")
    judging = judge(_until(mutants, until_s), items, reach, jobs=options.jobs, killers=kept.killers)
    try:
        for done, judged in enumerate(judging, 1):
            kept.note(judged)
            now_s = time.monotonic()
            if now_s - written_s > KEEP_EVERY_S:
                kept.write()
                written_s = now_s
            if now_s - shown_s > SHOW_EVERY_S or done == len(mutants):
                rate = done / (now_s - begin_s)
                left_s = (len(mutants) - done) / rate
                print(
                    f"{done} of {len(mutants)} mutants, {rate:.1f} a second, {left_s:.0f} s to go",
                    file=sys.stderr,
                    flush=True,
                )
                shown_s = now_s
    finally:
        kept.write()


def _until(mutants: Sequence[Mutant], until_s: float) -> Iterator[Mutant]:
    for mutant in mutants:
        if time.monotonic() > until_s:
            return
        yield mutant


def _conclude(found: dict[str, str], left: int, spent_s: float, whole: bool) -> int:
    survivors = sorted(id for id, killer in found.items() if not killer)
    unexplained = [id for id in survivors if not _reasons(id)]
    for id in survivors:
        print(f"survived  {id}: {'; '.join(_reasons(id)) or 'NOT EXPLAINED'}")
    idle = sorted(_idle_rows(survivors, found)) if whole else []
    for pattern in idle:
        print(f"explains nothing: {pattern}")
    rest = f", {left} not yet judged" if left else ""
    print(
        f"killed {len(found) - len(survivors)} of {len(found)}, explained "
        f"{len(survivors) - len(unexplained)}, unexplained {len(unexplained)}{rest} "
        f"({spent_s:.0f} s)"
    )
    return 0 if found and not unexplained and not idle and not left else 1


def _reasons(id: str) -> list[str]:
    return [reason for pattern, reason in EXPLAINED.items() if explains(pattern, id)]


def explains(pattern: str, id: str) -> bool:
    """Whether a row of the explanations is about a mutant."""
    return fnmatch.fnmatchcase(id, pattern.replace("[", "[[]"))


def _idle_rows(survivors: list[str], found: dict[str, str]) -> Iterator[str]:
    """Yield patterns for modules that were judged, and that match no survivor of theirs."""
    modules = {id.partition(":")[0] for id in found}
    for pattern in EXPLAINED:
        if pattern.partition(":")[0] in modules and not any(
            explains(pattern, i) for i in survivors
        ):
            yield pattern


if __name__ == "__main__":
    sys.exit(main())
