"""What the sections of a plan are made from: settings, evidence, and numbers with their sources."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tts_chaos.reporting.plan.evidence import Evidence, LoadResult, Played
from tts_chaos.reporting.plan.failures import failure_of, failures_of
from tts_chaos.reporting.plan.functions import FUNCTIONS, Function
from tts_chaos.reporting.plan.measuring import (
    Span,
    canary,
    detection,
    interruption,
    longest_fault,
    recovery,
)
from tts_chaos.reporting.plan.model import (
    Code,
    Notice,
    Problem,
    Quantity,
    Quoted,
    Source,
    Text,
    text,
)
from tts_chaos.reporting.plan.numbers import Numbers
from tts_chaos.reporting.plan.settings import OWN_FILE, Objective, PlanSettings

__all__ = ["WORLDS", "Case", "Day", "play_command"]

WORLDS: dict[str, Literal["virtual time", "real sockets"]] = {
    "simulated": "virtual time",
    "wire": "real sockets",
}
"""What a time of each world is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The day of the plan and where it comes from."""

    date: datetime.date
    source: Source


@dataclass(slots=True, kw_only=True)
class Case:
    """One plan in the making.

    Attributes:
        settings: What people know.
        settings_file: Where they wrote it, relative to the plan; "" for nowhere.
        settings_keys: Keys that really stand there.
        evidence: What was measured.
        day: The day of the plan.
        numbers: Every number so far.
        problems: What keeps the plan from being ready, so far.
    """

    settings: PlanSettings
    settings_file: str
    settings_keys: frozenset[str] = frozenset()
    evidence: Evidence
    day: Day
    numbers: Numbers = field(default_factory=Numbers)
    problems: list[Problem] = field(default_factory=list)

    # -- problems -------------------------------------------------------------------------------

    def missing(self, step: str, told: Text, command: str = "") -> Notice:
        """Note that something is not measured or not named."""
        return self._note("missing", step, told, command)

    def failed(self, step: str, told: Text, command: str = "") -> Notice:
        """Note that the plan would rest on something that failed."""
        return self._note("failed", step, told, command)

    def _note(
        self, kind: Literal["failed", "missing"], step: str, told: Text, command: str
    ) -> Notice:
        problem = Problem(kind=kind, step=step, text=told, command=command)
        if not any((p.kind, p.text) == (kind, told) for p in self.problems):
            self.problems.append(problem)
        return Notice(kind=kind, text=told, command=command)

    def set_in_settings(self, key: str) -> Text:
        """Return where something is to be written."""
        return text("set ", Code(key), " in ", Code(self.settings_file or OWN_FILE))

    # -- what there is --------------------------------------------------------------------------

    @property
    def functions(self) -> tuple[Function, ...]:
        """The critical functions in order; those that do not concern this integration left out."""
        named = self.settings.functions or tuple(FUNCTIONS)
        return tuple(FUNCTIONS[name] for name in named if not self.excused(name))

    def excused(self, name: str) -> str:
        """Return why a function or failure does not concern this integration, "" where it does."""
        reason: str = getattr(self.settings.not_applicable, name)
        return reason

    def objective(self, name: str) -> Objective:
        """Return the objective of a function or failure, as settings have it."""
        found: Objective = getattr(self.settings.objectives, name)
        return found

    def runs_of(self, failure: str) -> tuple[Played, ...]:
        """Return the runs that rehearsed a failure."""
        return tuple(run for run in self.evidence.runs if failure in failures_of(run.row))

    def runs_using(self, function: Function) -> tuple[Played, ...]:
        """Return the runs that used a function."""
        return tuple(
            run for run in self.evidence.runs if function.action in run.row.get("exercised", ())
        )

    # -- numbers --------------------------------------------------------------------------------

    def given(
        self, key: str, about: str, value: float | str, unit: str, factor: float = 1
    ) -> Quantity:
        """Return a number of the settings."""
        source = Source(how="value", file=self.settings_file, key=key, factor=factor)
        made = value if isinstance(value, str) else value * factor
        return self.numbers.make(about, made, unit, "given", source)

    def quoted(self, words: str, key: str) -> Quoted:
        """Return words of the settings."""
        return Quoted(words, self.settings_file, key)

    def told(self, run: Played, words: str, key: str) -> Quoted:
        """Return words of a report about a run."""
        return Quoted(words, run.report, f"{run.pointer}/{key}")

    def recovery(self, run: Played) -> Quantity | None:
        """Return how long a run took to be whole."""
        return self._span(run, "recovery", recovery)

    def canary(self, run: Played) -> Quantity | None:
        """Return how long the test order after a recovery took to arrive."""
        return self._span(run, "arrival of the test order", canary)

    def detection(self, run: Played, failure: str) -> Quantity | None:
        """Return how long it took from the first sign of a failure to an alert that names it."""
        # Of a program that ended, those who call it are told that it is down.
        cause = "outage" if failure == "program" else failure
        faults = {row["name"] for row in run.row["faults"] if failure_of(row["name"]) == failure}
        about = f"time until an alert of {failure}"
        return self._span(run, about, lambda history: detection(history, cause, faults))

    def interruption(self, run: Played, function: Function) -> Quantity | None:
        """Return the longest time that a function failed in a run before it worked again."""
        about = f"longest standstill of {function.action}"
        return self._span(run, about, lambda h: interruption(h, function.action))

    def fault_time(self, run: Played) -> Quantity | None:
        """Return how long the longest fault of a run was there."""
        found = None if run.history is None else longest_fault(run.history)
        if found is None:
            return None
        name, span = found
        return self._span(run, f"time of the fault {name}", lambda _: span)

    def _span(
        self, run: Played, about: str, measure: Callable[[Any], Span | None]
    ) -> Quantity | None:
        span = None if run.history is None else measure(run.history)
        if span is None:
            return None
        source = Source(
            how="span" if span.member < 0 else "stamp",
            file=run.file,
            scenario=run.row["scenario"],
            world=run.row["world"],
            phase=span.phase,
            records=(span.first, span.last),
            calls=span.calls,
            member=span.member,
        )
        basis = WORLDS[run.row["world"]]
        return self.numbers.make(f"{about}, {run.name}", span.took_ms, "ms", basis, source)

    def reported(
        self, run: Played, about: str, key: str, unit: str, *, phase: str = ""
    ) -> Quantity | None:
        """Return a number that a report tells of a run; None where it tells none."""
        value = run.row.get(key)
        if not isinstance(value, int):
            return None
        source = Source(
            how="value",
            file=run.report,
            key=f"{run.pointer}/{key}",
            scenario=run.row["scenario"],
            world=run.row["world"],
            phase=phase,
        )
        return self.numbers.make(f"{about}, {run.name}", value, unit, "given", source)

    def judged(self, run: Played, about: str, oracle: str, basket: str) -> Quantity | None:
        """Return what a judge counted in a run's history."""
        row = next((row for row in run.row.get("oracles", ()) if row["oracle"] == oracle), None)
        if row is None or basket not in row["counts"] or run.history is None:
            return None
        source = Source(
            how="judged",
            file=run.file,
            key=f"{oracle}.{basket}",
            scenario=run.row["scenario"],
            world=run.row["world"],
            phase="judge",
            records=(run.history.records[0].index, run.history.records[-1].index),
        )
        value = row["counts"][basket]
        return self.numbers.make(f"{about}, {run.name}", value, "count", "counted", source)

    def count_runs(self, about: str, where: dict[str, str]) -> Quantity:
        """Return how many runs are as `where` says."""
        value = sum(_is_like(run.row, where) for run in self.evidence.runs)
        source = Source(how="runs", files=tuple(self.evidence.reports), where=where)
        return self.numbers.make(about, value, "count", "counted", source)

    def of_load(
        self, load: LoadResult, about: str, pointer: str, unit: str, factor: float = 1
    ) -> Quantity | None:
        """Return a number of a load's result; None where it has none."""
        value = at_pointer(load.document, pointer)
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        source = Source(
            how="value",
            file=load.file,
            key=pointer,
            factor=factor,
            phase="after the peak" if pointer.startswith("/after/") else "the load",
        )
        return self.numbers.make(about, value * factor, unit, "load", source)


def play_command(scenario: str) -> str:
    """Return the command that plays a scenario into a folder that a plan can be given as well."""
    return f"pytest --tts-chaos --tts-scenario {scenario} --tts-report plan-more"


def at_pointer(document: Any, pointer: str) -> Any:
    """Return what a JSON pointer leads to; None where it leads nowhere."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list):
            document = document[int(key)] if key.isdecimal() and int(key) < len(document) else None
        elif hasattr(document, "get"):
            document = document.get(key)
        else:
            return None
    return document


def _is_like(row: Any, where: dict[str, str]) -> bool:
    return all(
        wanted in found if isinstance(found := row.get(key), list) else found == wanted
        for key, wanted in where.items()
    )
