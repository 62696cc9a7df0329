"""Fill the nine steps of a contingency plan from what was measured.

tts-chaos plan DIR writes contingency-plan.md, contingency-plan.html and plan.json. Every number in
them has its source; what was not measured says so, with the command to run. Exit codes: 0 ready, 20
it rests on something that failed, 21 something is not measured or not named, 2 for a report or
settings that cannot be used. With --check: 0 every number is found again, 1 one is not.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tts_chaos.errors import BackendUnavailableError, UsageError
from tts_chaos.reporting.plan.evidence import read_evidence
from tts_chaos.reporting.plan.making import EXIT_STATUS, day_of, make_plan
from tts_chaos.reporting.plan.model import Plan
from tts_chaos.reporting.plan.page import plan_page
from tts_chaos.reporting.plan.settings import OWN_FILE, PlanSettings, find_settings, load_settings
from tts_chaos.reporting.plan.starting import STARTING
from tts_chaos.reporting.plan.telling import WARNINGS, as_markdown, plain
from tts_chaos.reporting.plan.tracing import read_plan, trace
from tts_chaos.reporting.sealing import SEAL_KEY_VARIABLE

__all__ = ["add_arguments", "run"]

NAMES = ("contingency-plan.md", "contingency-plan.html", "plan.json")
PROBLEMS_SHOWN = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "folders",
        metavar="DIR",
        nargs="*",
        help="folders that --tts-report wrote; where two have a run, the later one counts",
    )
    parser.add_argument(
        "--load", metavar="DIR", action="append", default=[], help="what tts-chaos load wrote"
    )
    parser.add_argument("--config", metavar="FILE", help=f"settings ({OWN_FILE} in this folder)")
    parser.add_argument("--date", metavar="DAY", help="day of the plan (that of the newest report)")
    parser.add_argument("--to", metavar="DIR", help="folder to write to (plan below the first one)")
    other = parser.add_argument_group("instead")
    other.add_argument("--init", action="store_true", help=f"write a commented {OWN_FILE}")
    other.add_argument("--check", metavar="FILE", help="walk every number of a plan.json back")


def run(options: argparse.Namespace) -> int:
    """Write the plan, its settings, or the result of a check; returns the exit code.

    Raises:
        UsageError: If what is given cannot be used.
    """
    if options.init:
        return _init(Path(OWN_FILE))
    if options.check:
        return _check(Path(options.check))
    if not options.folders:
        raise UsageError("name a folder that `pytest --tts-chaos --tts-report DIR` wrote")
    folders = [Path(folder) for folder in options.folders]
    target = Path(options.to) if options.to else folders[0] / "plan"
    plan = _make(options, folders, target)
    _write(plan, target)
    _tell(plan)
    return EXIT_STATUS[plan.word]


def _make(options: argparse.Namespace, folders: list[Path], target: Path) -> Plan:
    file = Path(options.config) if options.config else find_settings(Path.cwd())
    settings = load_settings(file) if file else PlanSettings()
    named = Path(os.path.relpath(file, target)).as_posix() if file else ""
    evidence = read_evidence(
        folders,
        [Path(load) for load in options.load],
        beside=target,
        seal_key=os.environ.get(SEAL_KEY_VARIABLE, ""),
    )
    return make_plan(
        settings,
        evidence,
        day=day_of(_day(options.date), settings, named, evidence),
        settings_file=named,
        settings_keys=_keys(file),
        settings_digest=hashlib.sha256(file.read_bytes()).hexdigest() if file else "",
    )


def _day(text: str | None) -> datetime.date | None:
    if text is None:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--date: expected a day like 2026-12-01, got {text!r}") from None


def _keys(file: Path | None) -> frozenset[str]:
    if file is None:
        return frozenset()
    document: Any = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    for table in {"tts-chaos.toml": ("plan",), "pyproject.toml": ("tool", "tts_chaos", "plan")}.get(
        file.name, ()
    ):
        document = document.get(table) if isinstance(document, Mapping) else None
    return frozenset(document or ())


def _write(plan: Plan, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    text, page, data = (target / name for name in NAMES)
    text.write_text(as_markdown(plan), encoding="utf-8")
    data.write_bytes(msgspec.json.format(msgspec.json.encode(plan), indent=1) + b"\n")
    print(text)
    print(data)
    try:
        page.write_text(plan_page(plan), encoding="utf-8")
    except BackendUnavailableError as error:
        # One of an earlier plan would be taken for this one's.
        page.unlink(missing_ok=True)
        print(f"no {page.name}: {error}")
        return
    print(page)


def _tell(plan: Plan) -> None:
    numbers = {quantity.id: quantity for quantity in plan.quantities}
    print(f"plan: {plan.word.upper()}: {plan.because}")
    for problem in plan.problems[:PROBLEMS_SHOWN]:
        print(f"  {WARNINGS[problem.kind]:<8} {plain(problem.text, numbers)}")
        if problem.command:
            print(f"           -> {problem.command}")
    if len(plan.problems) > PROBLEMS_SHOWN:
        print(f"  and {len(plan.problems) - PROBLEMS_SHOWN} more, in the plan")


def _init(file: Path) -> int:
    if file.exists():
        raise UsageError(f"{file} is there already; nothing was written")
    file.write_text(STARTING, encoding="utf-8")
    print(f"wrote {file}; fill it in, then run: tts-chaos plan DIR")
    return 0


def _check(file: Path) -> int:
    traces = trace(read_plan(file), file.parent)
    lost = [row for row in traces if row.problem]
    for row in lost:
        print(f"{row.id} {row.about}: {row.value}; {row.problem}")
    print(f"{len(traces) - len(lost)} of {len(traces)} numbers traced")
    return 1 if lost or not traces else 0
