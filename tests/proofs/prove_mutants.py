"""Mutants of the oracles and of what weighs them: killed by the tests, or explained one by one."""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TypedDict

from tests.mutation import killing
from tests.mutation.explained import EXPLAINED
from tests.mutation.mutants import mutants_of
from tests.unit.engine import test_capabilities, test_judgement
from tests.unit.oracles import test_calls, test_catalogue, test_meanings, test_reports

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "harness" / "tts_chaos"
UNIT = ROOT / "tests" / "unit"
KEPT = ROOT / ".tts-chaos" / "mutants.json"
"""What is known from earlier runs: it is taken up where it was left."""

ORACLE_TESTS = (test_calls, test_catalogue, test_meanings, test_reports)
ENGINE_TESTS = (test_judgement, test_capabilities)
ENGINE_MODULES = ("capabilities", "judgement")
NOT_JUDGING = frozenset({"__init__", "disciplines"})


def main() -> int:
    """Judge all mutants, print survivors and the figure; 0 where each survivor is explained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--module", action="append", help="only this module, e.g. calls; repeatable"
    )
    parser.add_argument(
        "--seconds", type=float, help="stop after so long; the rest is kept for later"
    )
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs found")
    parser.add_argument("--kept", type=Path, default=KEPT, help="where to keep what was found")
    options = parser.parse_args()
    known = {} if options.fresh else _read(options.kept)
    modules = [row for row in _modules() if not options.module or row[0].stem in options.module]
    if options.module and len(modules) < len(set(options.module)):
        parser.error(f"--module: expected some of {', '.join(f.stem for f, _, _ in _modules())}")
    until = time.monotonic() + options.seconds if options.seconds else float("inf")
    try:
        left = sum(_judge(*row, known, until, options.kept) for row in modules)
    finally:
        _write(options.kept, known)
    return _conclude(
        {name: known[name]["mutants"] for _, name, _ in modules if name in known}, left
    )


def _modules() -> list[tuple[Path, str, Sequence[ModuleType]]]:
    """Return file, dotted name and second-line tests of each module that takes part in judging."""
    oracles = [f for f in sorted((PACKAGE / "oracles").glob("*.py")) if f.stem not in NOT_JUDGING]
    engine = [PACKAGE / "engine" / f"{name}.py" for name in ENGINE_MODULES]
    return [
        *((file, f"tts_chaos.oracles.{file.stem}", ORACLE_TESTS) for file in oracles),
        *((file, f"tts_chaos.engine.{file.stem}", ENGINE_TESTS) for file in engine),
    ]


class _Row(TypedDict):
    """What is known of one module: its digest and its tests', and which mutants were killed."""

    digest: str
    mutants: dict[str, bool]


Known = dict[str, _Row]


def _judge(
    file: Path, name: str, tests: Sequence[ModuleType], known: Known, until: float, kept: Path
) -> int:
    """Judge the mutants of one module that are not yet known; returns how many are left."""
    digest = _digest([file, *_files(tests), *sorted((UNIT / "oracles").glob("*_cases.py"))])
    row = known.get(name)
    if row is None or row["digest"] != digest:
        row = known[name] = {"digest": digest, "mutants": {}}
    results = row["mutants"]
    mutants = list(mutants_of(name, file))
    if len(results) < len(mutants) and killing.is_killed(
        killing.unchanged(mutants[0], file), tests
    ):
        raise SystemExit(f"the tests of {name} fail although nothing is changed; mend them first")
    for mutant in mutants:
        if mutant.id not in results:
            if time.monotonic() > until:
                break
            results[mutant.id] = killing.is_killed(mutant, tests)
            _show(name, len(results), len(mutants))
    _write(kept, known)
    return len(mutants) - len(results)


def _files(tests: Sequence[ModuleType]) -> list[Path]:
    return [Path(str(module.__file__)) for module in tests]


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _conclude(found: dict[str, dict[str, bool]], left: int) -> int:
    results = {id: dead for rows in found.values() for id, dead in rows.items()}
    survivors = sorted(id for id, dead in results.items() if not dead)
    unexplained = [id for id in survivors if not _reasons(id)]
    for id in survivors:
        print(f"survived  {id}: {'; '.join(_reasons(id)) or 'NOT EXPLAINED'}")
    idle = sorted(_idle_rows(survivors, results)) if not left else []
    for pattern in idle:
        print(f"explains nothing: {pattern}")
    print(
        f"mutants: {len(results) - len(survivors)} of {len(results)} killed, "
        f"{len(survivors) - len(unexplained)} survivors explained, {len(unexplained)} not; "
        f"{left} not yet judged"
    )
    return 0 if results and not unexplained and not idle and not left else 1


def _reasons(id: str) -> list[str]:
    return [reason for pattern, reason in EXPLAINED.items() if _matches(id, pattern)]


def _matches(id: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(id, pattern.replace("[", "[[]"))


def _idle_rows(survivors: list[str], results: dict[str, bool]) -> Iterator[str]:
    """Yield patterns for modules that were judged, and that match no survivor of theirs."""
    modules = {id.partition(":")[0] for id in results}
    for pattern in EXPLAINED:
        if pattern.partition(":")[0] in modules and not any(
            _matches(i, pattern) for i in survivors
        ):
            yield pattern


def _read(file: Path) -> Known:
    try:
        known: Known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known


def _write(file: Path, known: Known) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf-8")
    part.replace(file)


def _show(name: str, done: int, total: int) -> None:
    if sys.stderr.isatty() or done % 25 == 0 or done == total:
        print(f"{name}: {done} of {total}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
