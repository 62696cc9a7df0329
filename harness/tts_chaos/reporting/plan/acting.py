"""Step five: what is done in each failure, beside what was measured when it was rehearsed."""

from __future__ import annotations

from collections.abc import Iterator

from tts_chaos.reporting.plan.case import WORLDS, Case, play_command
from tts_chaos.reporting.plan.evidence import Played
from tts_chaos.reporting.plan.failures import FAILURES, Failure, Step
from tts_chaos.reporting.plan.measuring import rollbacks
from tts_chaos.reporting.plan.model import (
    Actions,
    Block,
    Code,
    Notice,
    Paragraph,
    Table,
    Text,
    ToDo,
    text,
)
from tts_chaos.reporting.plan.people import who

__all__ = ["action_steps"]

ROWS_MOST = 12
"""Runs of one failure that a table shows: those that failed, then the slowest."""


def action_steps(case: Case) -> Iterator[Block]:
    """Yield an action list for each failure that concerns this integration."""
    yield Paragraph(
        text=text(
            "Whoever sees it first calls the lead, who names the failure by the alert's cause and "
            "keeps the times. Each list ends with the test order; only then is it over."
        )
    )
    for failure in FAILURES.values():
        if not case.excused(failure.name):
            yield _actions(case, failure)


def _actions(case: Case, failure: Failure) -> Actions:
    runs = case.runs_of(failure.name)
    notices = tuple(_notices(case, failure, runs))
    return Actions(
        name=failure.name,
        title=failure.title,
        signs=text(failure.signs),
        steps=(*(_to_do(case, step) for step in failure.steps), _last_step(case, failure)),
        measured=_measured(case, failure, runs) if runs else None,
        notices=notices,
    )


def _to_do(case: Case, step: Step) -> ToDo:
    return ToDo(
        who=who(case, step.role), do=text(step.do), command=step.command, check=text(step.check)
    )


def _last_step(case: Case, failure: Failure) -> ToDo:
    """Return the step that ends every list, with the time that the test order took, if any did."""
    took = [q for run in case.runs_of(failure.name) if run.has_passed and (q := case.canary(run))]
    known: Text = ()
    if took:
        about = f"longest arrival of the test order, {failure.name}"
        known = text("; rehearsed, it took ", case.numbers.largest(about, took), " at most")
    return ToDo(
        who=who(case, "lead"),
        do=text("Place a test order on the platform and cancel it once it has arrived."),
        check=text("The shop knows the test order", known, "; the shop and the platform agree."),
    )


def _notices(case: Case, failure: Failure, runs: tuple[Played, ...]) -> Iterator[Notice]:
    for run in runs:
        if run.has_failed:
            told = text(
                "Do not rely on this list: ", Code(run.name), " ended as ",
                Code(str(run.row["outcome"])), ": ", case.told(run, *_reason(run)),
            )  # fmt: skip
            yield case.failed("actions", told, str(run.row.get("reproduce", "")))
        elif run.history is None:
            told = text(
                "Not measured: the history of ", Code(run.name), " is not beside its report"
            )
            yield case.missing(
                "actions", told, f"{run.row.get('reproduce', '')} --tts-report plan-more"
            )
    if not any(run.has_passed for run in runs):
        told = text(
            "Not measured: no passed run rehearsed ", Code(failure.name), ". Play one, and name "
            "its folder as well; or say under ", Code(f"not_applicable.{failure.name}"),
            " why it does not concern you",
        )  # fmt: skip
        yield case.missing("actions", told, play_command(failure.rehearse))


def _reason(run: Played) -> tuple[str, str]:
    """Return why a run did not pass, and where its report says so."""
    if run.row["findings"] and run.row["outcome"] != "aborted":
        return run.row["findings"][0]["message"], "findings/0/message"
    return run.row["reason"], "reason"


def _measured(case: Case, failure: Failure, runs: tuple[Played, ...]) -> Table:
    def gravity(run: Played) -> tuple[bool, float]:
        took = case.recovery(run)
        return run.has_passed, -float(took.value) if took is not None else 0.0

    shown = sorted(runs, key=gravity)[:ROWS_MOST]
    return Table(
        caption=f"What was rehearsed: {failure.title.lower()}",
        heads=("Run", "Ended as", "An operator did", "Alert after", "Whole after", "Objective"),
        rows=tuple(_row(case, failure, run) for run in shown),
    )


def _row(case: Case, failure: Failure, run: Played) -> tuple[Text, ...]:
    alerted = case.detection(run, failure.name)
    whole = case.recovery(run)
    limit = case.reported(run, "objective of the scenario", "rto_ms", "ms", phase="recovery")
    steps = [] if run.history is None else rollbacks(run.history)
    did = ", ".join(f"{step.name} (record {step.index})" for step in steps)
    return (
        text(Code(run.name), ", ", WORLDS[run.row["world"]]),
        text(Code(str(run.row["outcome"]))),
        text(Code(did)) if did else text("nothing: the cause gone, it came back by itself"),
        text("no alert names it") if alerted is None else text(alerted),
        text("not measured") if whole is None else text(whole),
        text("none") if limit is None else text(limit),
    )
