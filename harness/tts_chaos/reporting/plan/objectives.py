"""Step eight: recovery objectives beside what was measured, by function and by failure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tts_chaos.reporting.plan.case import Case
from tts_chaos.reporting.plan.evidence import Played
from tts_chaos.reporting.plan.failures import FAILURES, Failure
from tts_chaos.reporting.plan.functions import Function
from tts_chaos.reporting.plan.model import Block, Code, Quantity, Table, Text, text

__all__ = ["objectives"]


def objectives(case: Case) -> Iterator[Block]:
    """Yield both tables, and what was missed."""
    yield Table(
        caption="By function: objective beside the slowest measured recovery of runs that used it",
        heads=(
            "Function",
            "Objective",
            "Virtual time",
            "Real sockets",
            "Under load, back within limits",
        ),
        rows=tuple(_function_row(case, row) for row in case.functions),
    )
    failures = [row for row in FAILURES.values() if not case.excused(row.name)]
    yield Table(
        caption="By failure: objectives beside the slowest measured detection and recovery",
        heads=(
            "Failure",
            "Alert within",
            "Alert after",
            "Whole within",
            "Virtual time",
            "Real sockets",
        ),
        rows=tuple(_failure_row(case, row) for row in failures),
    )
    yield from _missed(case, failures)


def _passed(runs: Sequence[Played]) -> list[Played]:
    return [run for run in runs if run.has_passed]


def _slowest(
    case: Case, about: str, rows: Sequence[Quantity | None], basis: str
) -> Quantity | None:
    found = [row for row in rows if row is not None and row.basis == basis]
    return case.numbers.largest(f"{about}, {basis}", found) if found else None


def _cell(value: Quantity | None, otherwise: str = "not measured") -> Text:
    return text(otherwise) if value is None else text(value)


def _recovery_objective(case: Case, name: str) -> Quantity | None:
    given = case.objective(name).recovery_s
    if given is None:
        return None
    key = f"objectives.{name}.recovery_s"
    return case.given(key, f"recovery objective of {name}", given, "ms", 1000)


def _detection_objective(case: Case, name: str) -> Quantity | None:
    given = case.objective(name).detection_s
    if given is None:
        return None
    key = f"objectives.{name}.detection_s"
    return case.given(key, f"detection objective of {name}", given, "ms", 1000)


def _own_objective(case: Case, runs: Sequence[Played]) -> Text:
    """Return the scenarios' own objective, the tightest of those that were measured."""
    limits = [
        limit
        for run in runs
        if (
            limit := case.reported(
                run, "objective of the scenario", "rto_ms", "ms", phase="recovery"
            )
        )
    ]
    if not limits:
        return text("not set")
    tightest = min(limits, key=lambda limit: float(limit.value))
    return text(tightest, " (the tightest of the scenarios')")


def _function_row(case: Case, function: Function) -> tuple[Text, ...]:
    runs = _passed(case.runs_using(function))
    took = [case.recovery(run) for run in runs]
    about = f"slowest recovery of runs that used {function.action}"
    given = _recovery_objective(case, function.name)
    return (
        text(function.title),
        text(given) if given is not None else _own_objective(case, runs),
        _cell(_slowest(case, about, took, "virtual time")),
        _cell(_slowest(case, about, took, "real sockets")),
        _under_load(case, function),
    )


def _under_load(case: Case, function: Function) -> Text:
    for load in case.evidence.loads:
        pointer = f"/after/back_in_budget_s/{function.area}"
        about = f"time until {function.area} kept its limits again under load"
        found = case.of_load(load, about, pointer, "ms", 1000) if function.area else None
        if found is not None:
            return text(found, ", load ", Code(str(load.document["profile"])))
    return text("not measured")


def _failure_row(case: Case, failure: Failure) -> tuple[Text, ...]:
    runs = _passed(case.runs_of(failure.name))
    took = [case.recovery(run) for run in runs]
    seen = [case.detection(run, failure.name) for run in runs]
    about = f"slowest {{}} of runs with the failure {failure.name}"
    within = _recovery_objective(case, failure.name)
    alert = _detection_objective(case, failure.name)
    noticed = _slowest_detection(case, about, seen)
    return (
        text(failure.title, " (", Code(failure.name), ")"),
        _cell(alert, "not set"),
        _cell(noticed, "no run shows an alert of it"),
        text(within) if within is not None else _own_objective(case, runs),
        _cell(_slowest(case, about.format("recovery"), took, "virtual time")),
        _cell(_slowest(case, about.format("recovery"), took, "real sockets")),
    )


def _slowest_detection(case: Case, about: str, seen: Sequence[Quantity | None]) -> Quantity | None:
    found = [row for row in seen if row is not None]
    return case.numbers.largest(about.format("detection"), found) if found else None


def _missed(case: Case, failures: Sequence[Failure]) -> Iterator[Block]:
    """Yield a notice for each objective that was missed, or set and never measured."""
    for failure in failures:
        runs = _passed(case.runs_of(failure.name))
        recovered = [case.recovery(run) for run in runs]
        seen = [case.detection(run, failure.name) for run in runs]
        yield from _hold(case, failure.name, _recovery_objective(case, failure.name), recovered)
        yield from _hold(case, failure.name, _detection_objective(case, failure.name), seen)
    for function in case.functions:
        runs = _passed(case.runs_using(function))
        took = [case.recovery(run) for run in runs]
        yield from _hold(case, function.name, _recovery_objective(case, function.name), took)


def _hold(
    case: Case, name: str, limit: Quantity | None, measured: Sequence[Quantity | None]
) -> Iterator[Block]:
    if limit is None:
        return
    found = [row for row in measured if row is not None]
    if not found:
        told = text("Not measured: an objective is set for ", Code(name), ", and no run shows it")
        yield case.missing("objectives", told, "pytest --tts-chaos --tts-report plan-more")
        return
    slowest = max(found, key=lambda row: float(row.value))
    if float(slowest.value) > float(limit.value):
        told = text(
            "The objective of ", Code(name), " is missed: ", slowest, " (", slowest.basis, ") of ",
            limit, " in ", Code(f"{slowest.source.scenario} [{slowest.source.world}]"),
        )  # fmt: skip
        yield case.failed("objectives", told)
