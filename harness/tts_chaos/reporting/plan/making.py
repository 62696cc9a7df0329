"""Makes a plan of settings and evidence, and says in one word whether it can be relied on. Pure."""

from __future__ import annotations

import datetime
from typing import Literal

import tts_chaos
from tts_chaos.errors import PlanError
from tts_chaos.reporting.plan.case import Case, Day
from tts_chaos.reporting.plan.evidence import Evidence, Played
from tts_chaos.reporting.plan.failures import failures_of
from tts_chaos.reporting.plan.model import Basis, Code, Plan, Problem, Source, text
from tts_chaos.reporting.plan.sections import make_sections, review_day
from tts_chaos.reporting.plan.settings import PlanSettings

__all__ = ["EXIT_STATUS", "day_of", "make_plan"]

EXIT_STATUS = {"ready": 0, "not safe": 20, "incomplete": 21}
"""By word: 20 as the gate's block; 21 where something is not measured or not named."""


def day_of(
    given: datetime.date | None, settings: PlanSettings, file: str, evidence: Evidence
) -> Day:
    """Return the day of a plan: as given, else of the settings, else of the newest report."""
    if given is not None:
        return Day(date=given, source=Source(how="option", key="--date"))
    if settings.date is not None:
        return Day(date=settings.date, source=Source(how="value", file=file, key="date"))
    newest, date = evidence.newest
    return Day(date=date, source=Source(how="file_date", file=newest))


def make_plan(
    settings: PlanSettings,
    evidence: Evidence,
    *,
    day: Day,
    settings_file: str = "",
    settings_keys: frozenset[str] = frozenset(),
    settings_digest: str = "",
) -> Plan:
    """Return the plan.

    Args:
        settings: What people know.
        evidence: What was measured.
        day: The day of the plan.
        settings_file: Where they wrote it, relative to the plan; "" for nowhere.
        settings_keys: Keys that really stand there.
        settings_digest: SHA-256 of that file.

    Raises:
        PlanError: If the evidence has no run at all.
    """
    if not evidence.runs:
        raise PlanError(
            "no scenario was played in it, so that nothing was measured; play some with "
            "`pytest --tts-chaos --tts-report DIR`",
            path=next(iter(evidence.reports), ""),
        )
    case = Case(
        settings=settings,
        settings_file=settings_file,
        settings_keys=settings_keys,
        evidence=evidence,
        day=day,
    )
    sections = make_sections(case)
    _note_others(case)
    problems = tuple(sorted(case.problems, key=lambda problem: problem.kind != "failed"))
    word, because = _word(problems)
    basis = evidence.basis
    if settings_file:
        own = Basis(kind="settings", file=settings_file, sha256=settings_digest)
        basis = (*basis, own)
    return Plan(
        version=tts_chaos.__version__,
        integration=settings.integration,
        date=day.date.isoformat(),
        review=review_day(case),
        word=word,
        because=because,
        problems=problems,
        sections=sections,
        quantities=case.numbers.all(),
        basis=basis,
    )


def _note_others(case: Case) -> None:
    """Note failed runs that no action list shows: those without a fault, or of an excused one."""
    for run in case.evidence.runs:
        shown = [name for name in failures_of(run.row) if not case.excused(name)]
        if run.has_failed and not shown:
            _note(case, run)


def _note(case: Case, run: Played) -> None:
    told = text(
        Code(run.name), " ended as ", Code(str(run.row["outcome"])), ": ",
        case.told(run, run.row["reason"] or str(run.row["outcome"]), "reason"),
    )  # fmt: skip
    case.failed("frame", told, str(run.row.get("reproduce", "")))


def _word(problems: tuple[Problem, ...]) -> tuple[Literal["ready", "incomplete", "not safe"], str]:
    kinds = {problem.kind for problem in problems}
    if "failed" in kinds:
        also = "; other parts are not measured or not named" if "missing" in kinds else ""
        return "not safe", f"it rests on what failed, listed below{also}"
    if kinds:
        return "incomplete", "what is listed below is not measured or not named"
    return "ready", "every step is filled, and every run that it rests on passed"
