"""The nine steps, each filled from a case: measured, given, or said to be missing."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

from tts_chaos.reporting.plan.acting import action_steps
from tts_chaos.reporting.plan.case import Case, play_command
from tts_chaos.reporting.plan.evidence import LoadResult
from tts_chaos.reporting.plan.functions import Function
from tts_chaos.reporting.plan.impact import impact
from tts_chaos.reporting.plan.model import (
    Block,
    Code,
    Paragraph,
    Quantity,
    Quoted,
    Section,
    Source,
    Table,
    Text,
    text,
)
from tts_chaos.reporting.plan.objectives import objectives
from tts_chaos.reporting.plan.people import communication, team

__all__ = ["SECTIONS", "make_sections"]

LOAD_COMMAND = "tts-chaos load --profile peak-sale --faults outage --results plan-load"


def functions(case: Case) -> Iterator[Block]:
    """Step one: the critical functions in order."""
    if case.settings.functions:
        key = text("The order is that of ", Code("functions"), ", the most critical first.")
    else:
        key = text(
            "The most critical first. This is the order of the guide's limits of response time, "
            "the tightest first; for an order of your own, ", case.set_in_settings("functions"),
            ".",
        )  # fmt: skip
    yield Paragraph(text=key)
    yield Table(
        caption="Critical functions, what was tried with them, and how long they stood still",
        heads=(
            "Function",
            "While it stands still",
            "Runs that used it and passed",
            "Longest standstill measured",
            "Response time under load",
        ),
        rows=tuple(_function_row(case, row) for row in case.functions),
    )
    for function in case.functions:
        if not _is_shown(case, function):
            told = text(
                function.title, ": no passed run used ", Code(f"{function.action}()"),
                " and no load measured it; give the integration this capability and play again, "
                "or say under ",
                Code(f"not_applicable.{function.name}"), " why it has none",
            )  # fmt: skip
            yield case.missing("functions", told, _rehearsal(function))
    yield from (
        Paragraph(text=text("Left out: ", Code(name), ", ", case.quoted(reason, key), "."))
        for name, reason, key in _left_out(case)
    )
    yield from _loads(case)


def _is_shown(case: Case, function: Function) -> bool:
    """Whether a passed run used a function, or a load that was no failure measured it."""
    loads = [load for load in case.evidence.loads if load.document["verdict"] != "fail"]
    return any(run.has_passed for run in case.runs_using(function)) or any(
        True for load in loads for _ in _budgets(case, load, function.area)
    )


def _rehearsal(function: Function) -> str:
    return play_command(function.rehearse) if function.rehearse else LOAD_COMMAND


def _left_out(case: Case) -> Iterator[tuple[str, str, str]]:
    for name in case.settings.not_applicable.__struct_fields__:
        if case.excused(name):
            yield name, case.excused(name), f"not_applicable.{name}"


def _function_row(case: Case, function: Function) -> tuple[Text, ...]:
    used = [run for run in case.runs_using(function) if run.has_passed]
    where = {"exercised": function.action, "outcome": "passed"}
    count = case.count_runs(f"runs that used {function.action} and passed", where)
    stood = [q for run in used if (q := case.interruption(run, function)) is not None]
    about = f"longest standstill of {function.action} in any passed run"
    longest = case.numbers.largest(about, stood) if stood else None
    return (
        text(function.title, " (", Code(f"{function.action}()"), ")"),
        text(function.waits, ": ", function.harm),
        text(count),
        text("none was seen") if longest is None else text(longest, ", ", longest.basis),
        _response_time(case, function),
    )


def _response_time(case: Case, function: Function) -> Text:
    if not function.area:
        return text("no limit is set for it")
    told = [cell for load in case.evidence.loads for cell in _budgets(case, load, function.area)]
    if not told:
        return text("not measured")
    return tuple(piece for place, cell in enumerate(told) for piece in (*_comma(place), *cell))


def _comma(place: int) -> Text:
    return text("; ") if place else ()


def _budgets(case: Case, load: LoadResult, area: str) -> Iterator[Text]:
    for place, row in enumerate(load.document["budgets"]):
        budget = row.get("budget", {})
        if budget.get("subject") != area or budget.get("key") == "errors":
            continue
        pointer = f"/budgets/{place}"
        about = f"{budget['key']} of {area} under load"
        value = case.of_load(load, about, f"{pointer}/value", "ms")
        limit = case.of_load(load, f"limit of the {about}", f"{pointer}/budget/limit", "ms")
        if value is not None and limit is not None:
            yield text(Code(str(budget["key"])), " ", value, " of ", limit)


def _loads(case: Case) -> Iterator[Block]:
    """Say what loads there were; one that was not passed is no ground to stand on."""
    for load in case.evidence.loads:
        verdict = str(load.document["verdict"])
        told = text(
            "The load ", Code(str(load.document["profile"])), " ended as ",
            Code(verdict), ": ", Quoted(str(load.document["reason"]), load.file, "/reason"),
        )  # fmt: skip
        if verdict == "fail":
            yield case.failed("functions", told, LOAD_COMMAND)
        elif verdict != "pass":
            yield case.missing("functions", told, LOAD_COMMAND)
    if not case.evidence.loads:
        told = text(
            "No load was measured: response times, and how long a backlog takes, are unknown. Run "
            "one and name its folder with ", Code("--load"),
        )  # fmt: skip
        yield case.missing("functions", told, LOAD_COMMAND)


def frame(case: Case) -> Iterator[Block]:
    """Step three: what the plan covers, when it begins, and what it rests on."""
    yield Paragraph(
        text=text(
            "It begins as soon as an alert names a cause of step five, as soon as somebody finds "
            "that a function of step one stands still, or when the platform announces it. It ends "
            "when a test order has arrived and the shop and the platform agree again."
        )
    )
    yield Table(
        caption="What the plan rests on",
        heads=("What", "Is"),
        rows=tuple(_ground(case)),
    )
    assumed = _assumed(case)
    if assumed:
        yield Table(
            caption="Facts of the platform that verdicts rest on and no source confirms",
            heads=("Fact", "In the run"),
            rows=assumed,
        )


def _ground(case: Case) -> Iterator[tuple[Text, ...]]:
    said: dict[tuple[str, ...], tuple[Text, ...]] = {}
    for file, report in case.evidence.reports.items():
        tested = ", ".join(report.get("integrations", ())) or "not said"
        contract, seed = str(report.get("contract_digest", "")), str(report.get("seed", ""))
        said.setdefault(
            ("a", tested), (text("Tested"), text(Quoted(tested, file, "/integrations")))
        )
        said.setdefault(("b", contract), (text("Contract of the platform"), text(Code(contract))))
        said.setdefault(("c", seed), (text("Seed"), text(Code(seed))))
    yield from (said[key] for key in sorted(said))
    yield text("Runs that passed"), text(_outcomes(case, "passed"))
    failed = sorted({str(run.row["outcome"]) for run in case.evidence.runs if not run.has_passed})
    for outcome in failed:
        yield text("Runs that ended as ", Code(outcome)), text(_outcomes(case, outcome))
    yield (
        text("A time marked as virtual time"),
        text("counts what the integration waited and how its schedule came round; how fast its "
             "machine is, it does not count"),
    )  # fmt: skip
    yield (
        text("A time marked as real sockets or load"),
        text("was taken on the machine of the run, by its own clock"),
    )


def _outcomes(case: Case, outcome: str) -> Quantity:
    return case.count_runs(f"runs that ended as {outcome}", {"outcome": outcome})


def _assumed(case: Case) -> tuple[tuple[Text, ...], ...]:
    facts: dict[str, tuple[Text, ...]] = {}
    for run in case.evidence.runs:
        for place, row in enumerate(run.row.get("oracles", ())):
            for number, fact in enumerate(row.get("assumed", ())):
                key = f"oracles/{place}/assumed/{number}"
                facts.setdefault(fact, (text(case.told(run, fact, key)), text(Code(run.name))))
    return tuple(facts.values())


def resources(case: Case) -> Iterator[Block]:
    """Step seven: what is needed."""
    rows = [
        (
            text(case.quoted(row.name, f"resources[{n}].name")),
            text(case.quoted(row.where, f"resources[{n}].where")),
        )
        for n, row in enumerate(case.settings.resources)
    ]
    if not rows:
        told = text(
            "No resources of your own are named: the platform's support, your own repository, "
            "where keys are kept, where logs are read; ", case.set_in_settings("resources"),
        )  # fmt: skip
        yield case.missing("resources", told)
    yield Table(
        caption="Resources and tools",
        heads=("What", "Where, or by which command"),
        rows=(*rows, *((text(what), text(Code(command))) for what, command in _TOOLS)),
    )


_TOOLS = (
    ("What is wrong with keys, addresses, network, mapping, clock, versions", "tts-chaos doctor"),
    ("A platform to try a repair on, before the real one", "tts-chaos serve"),
    ("One failure played again", "pytest --tts-chaos --tts-scenario ID"),
    ("A recorded run played again as it was", "tts-chaos replay DIR/records/FILE"),
    ("What a new version of the platform changes", "tts-chaos diff OLD NEW"),
)


def review(case: Case) -> Iterator[Block]:
    """Step nine: who looks at the plan again, and when."""
    made = case.numbers.make(
        "day of the plan", case.day.date.isoformat(), "date", "given", case.day.source
    )
    days = _interval(case)
    due = case.numbers.make(
        "day of the next review",
        review_day(case),
        "date",
        "computed",
        Source(how="days_later", inputs=(made.id, days.id)),
    )
    yield Paragraph(
        text=text("Made on ", made, "; to be looked at again on ", due, ", after ", days, ".")
    )
    yield Paragraph(
        text=text(
            "Earlier, as soon as the integration or the contract of the platform changes, a person "
            "of step four leaves, or the plan was used."
        )
    )
    person = case.settings.team.reviewer
    if person is None:
        told = text("Nobody is named who renews the plan; ", case.set_in_settings("team.reviewer"))
        yield case.missing("review", told)
    else:
        yield Paragraph(text=text(case.quoted(person.name, "team.reviewer.name"), " renews it:"))
    folders = " ".join(case.evidence.folders)
    loads = "".join(f" --load {load.file}" for load in case.evidence.loads)
    yield Table(
        caption="How it is renewed",
        heads=("Do", "By"),
        rows=(
            (text("Play every scenario again"),
             text(Code(f"pytest --tts-chaos --tts-report {case.evidence.folders[0]}"))),
            (text("Rehearse the load again"), text(Code(LOAD_COMMAND))),
            (text("Write the plan again"), text(Code(f"tts-chaos plan {folders}{loads}"))),
        ),
    )  # fmt: skip


def _interval(case: Case) -> Quantity:
    value = case.settings.review_every_days
    about = "days until the next review"
    if case.settings_file and "review_every_days" in case.settings_keys:
        return case.given("review_every_days", about, value, "days")
    source = Source(how="default", key="review_every_days", note="docs/plan.md")
    return case.numbers.make(about, value, "days", "given", source)


def review_day(case: Case) -> str:
    """Return the day of the next review, ISO 8601."""
    return (case.day.date + datetime.timedelta(days=case.settings.review_every_days)).isoformat()


SECTIONS: tuple[tuple[str, str, Callable[[Case], Iterator[Block]]], ...] = (
    ("functions", "Critical functions", functions),
    ("impact", "Impact after an hour, a day, a week", impact),
    ("frame", "What the plan covers and when it begins", frame),
    ("team", "Response team", team),
    ("actions", "Action steps", action_steps),
    ("communication", "Communication", communication),
    ("resources", "Resources and tools", resources),
    ("objectives", "Recovery time objectives", objectives),
    ("review", "Review", review),
)
"""Name, title and maker of each step, in the guide's order."""


def make_sections(case: Case) -> tuple[Section, ...]:
    """Return all nine."""
    return tuple(
        Section(name=name, title=title, blocks=tuple(make(case))) for name, title, make in SECTIONS
    )
