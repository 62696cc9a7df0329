"""The tolerant-reader map: what an integration makes of each field of each answer it receives.

A calm run tells which fields arrive and what the integration then believes. Then one mutation at a
time acts from the first request on, and the beliefs before any healing are compared. Mutations are
first tried in groups: where all of a group together change nothing, none of them does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from tts_chaos.contracts.json_paths import Field, fields_of
from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.recordings.shapes import type_of
from tts_chaos.core.history import Completed, History, Json, Observed, OpKind, PhaseEntered
from tts_chaos.core.verdict import Outcome, Phase
from tts_chaos.engine.capabilities import needed_by
from tts_chaos.engine.ports import Subject
from tts_chaos.engine.run import Run
from tts_chaos.errors import InternalError
from tts_chaos.faults.drift import (
    DriftFault,
    EnumValueNew,
    FieldNull,
    FieldRemoved,
    FieldRenamed,
    FieldRetyped,
    UnitChanged,
)
from tts_chaos.faults.effect import AlterAnswer, Effect, Moment
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.scenarios.loader import parse_scenario
from tts_chaos.scenarios.model import Scenario
from tts_chaos.wire.message import ApiResponse

__all__ = [
    "Mutation",
    "Reaction",
    "Row",
    "Sight",
    "explore",
    "is_grave",
    "map_scenario",
    "mutations_of",
    "react",
    "watch",
]

GROUP = 32
NEW_VALUE = "A_VALUE_NEVER_SEEN"
_JUDGED_APART = frozenset({"alerts", "health", "tokens"})
_GRAVE = re.compile(
    r"(^|_)(ids?|status|amount|price|fee|tax|total|currency|quantity|stock)($|_)|^code$"
)
_MONEY = re.compile(r"\d+\.\d+")

_TEXT = """
title = "A day of trade"
description = "Orders, stock and parcels while nothing is wrong."
why = "What an integration believes then is the measure."
needs = ["virtual-time"]
[twin]
orders = 2
products = 2
[[method]]
platform = "subscribe_webhooks"
[[method]]
platform = "place_orders"
count = 2
[[method]]
action = "sync_orders"
[[method]]
action = "push_stock"
arguments = { changes = { "$sku:0" = 7 } }
[[method]]
action = "quote_checkout"
arguments = { lines = [{ sku_id = "$sku:1", quantity = 1 }] }
[[method]]
action = "ship"
arguments = { order_id = "$order:shippable" }
[[method]]
action = "sync_orders"
[recovery]
rto_ms = 60000
tick_ms = 60000
canary = false
"""


class Reaction(StrEnum):
    """What an integration makes of a mutation, gravest first."""

    BELIEVED = "silently believed"
    NOTICED = "noticed"
    FOLLOWED = "followed"
    IGNORED = "ignored"


class Mutation(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one field of one operation's answers."""

    operation: str
    path: str
    change: str
    fault: DriftFault


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What a run shows of the integration.

    Attributes:
        beliefs: Last observations, by name.
        failures: Failed calls, by action.
        alarms: Alerts by cause, and the state of its health.
        answers: JSON values received, by operation; only where asked for.
        first_error: What the first failed call said, "" where none failed.
    """

    beliefs: dict[str, Json]
    failures: dict[str, int]
    alarms: dict[str, int]
    answers: dict[str, list[Json]] = {}
    first_error: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A mutation with the reaction to it."""

    operation: str
    path: str
    change: str
    reaction: Reaction
    detail: str = ""

    @property
    def is_finding(self) -> bool:
        """Whether it is dangerous: a grave field, believed in silence."""
        return self.reaction is Reaction.BELIEVED and is_grave(self.path)


class _Spy(Fault, frozen=True, kw_only=True):
    """Changes nothing; keeps the answers that pass."""

    name: ClassVar[str] = "spy"
    family: ClassVar[str] = "contract drift"
    cause: ClassVar[str] = "contract"
    summary: ClassVar[str] = "answers are kept"

    keep: dict[str, list[Json]]

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Keep the answer on its way."""

        def look(response: ApiResponse) -> ApiResponse:
            try:
                value = msgspec.json.decode(response.body)
            except msgspec.DecodeError:
                return response
            self.keep.setdefault(moment.operation, []).append(value)
            return response

        return (AlterAnswer(change=look),)


def map_scenario() -> Scenario:
    """Return what is played each time."""
    return parse_scenario(_TEXT, id="reader-map", path="reader-map")


def is_grave(path: str) -> bool:
    """Whether a field is an id, a status, money or a quantity, or holds everything.

    >>> is_grave("$.data.orders[].payment.total_amount"), is_grave("$.data.orders[].buyer_email")
    (True, False)
    """
    name = path.rpartition(".")[2].removesuffix("[]")
    return bool(_GRAVE.search(name)) or name in ("data", "orders", "line_items", "payment")


def watch(run: Run, subject: Subject, mutations: Sequence[Mutation] = (), *, spy: bool) -> Sight:
    """Play once under mutations; returns what was seen before they were lifted.

    Raises:
        InternalError: If the harness itself failed.
    """
    steps = [
        step for step in run.scenario.method if subject.capabilities.issuperset(needed_by(step))
    ]
    run.scenario = msgspec.structs.replace(run.scenario, method=tuple(steps))
    answers: dict[str, list[Json]] = {}
    if spy:
        run.gateway.arm("spy", _Spy(keep=answers), Trigger(host="api"))
    for number, mutation in enumerate(mutations):
        trigger = Trigger(host="api", operation=mutation.operation)
        run.gateway.arm(f"mutation-{number}", mutation.fault, trigger)
    result = run.play(subject)
    if result.outcome is Outcome.HARNESS_ERROR:
        raise InternalError(result.reason)
    return _sight(result.history, answers)


def _sight(history: History, answers: dict[str, list[Json]]) -> Sight:
    beliefs: dict[str, Json] = {}
    failures: Counter[str] = Counter()
    first_error = ""
    for record in history:
        if isinstance(record, PhaseEntered) and record.phase is Phase.HEAL:
            break
        if isinstance(record, Observed):
            beliefs[record.name] = record.error or record.value
            failures[record.name] += bool(record.error)
        elif isinstance(record, Completed) and record.kind is not OpKind.OK:
            failures[record.action] += 1
            first_error = first_error or f"{record.action}() failed: {record.error}"
    alarms: Counter[str] = Counter()
    alerts, health = beliefs.get("alerts"), beliefs.get("health")
    for alert in alerts if isinstance(alerts, list) else ():
        alarms[str(alert.get("cause")) if isinstance(alert, dict) else "alert"] += 1
    if isinstance(health, dict) and health.get("status") != "ok":
        alarms["health"] = 1
    return Sight(
        beliefs={name: value for name, value in beliefs.items() if name not in _JUDGED_APART},
        failures=dict(failures),
        alarms=dict(alarms),
        answers=answers,
        first_error=first_error,
    )


def react(calm: Sight, seen: Sight, change: str) -> tuple[Reaction, str]:
    """Return what the integration made of a mutation, and where it shows."""
    for what, before, after in (
        ("{}() failed", calm.failures, seen.failures),
        ("alert {}", calm.alarms, seen.alarms),
    ):
        louder = [name for name, count in after.items() if count > before.get(name, 0)]
        if louder:
            return Reaction.NOTICED, what.format(sorted(louder)[0])
    changed = [name for name, value in calm.beliefs.items() if seen.beliefs.get(name) != value]
    if not changed:
        return Reaction.IGNORED, ""
    detail = ", ".join(f"{name}()" for name in changed)
    if change == "new value" and NEW_VALUE in repr(seen.beliefs):
        return Reaction.FOLLOWED, detail
    return Reaction.BELIEVED, detail


def mutations_of(contracts: Contracts, calm: Sight) -> Iterator[Mutation]:
    """Yield each mutation of each field received, by operation, change and path."""
    for operation, answers in sorted(calm.answers.items()):
        if operation not in contracts.operations:
            continue
        stated = fields_of(contracts.operations[operation].response_schema)
        samples: dict[str, Json] = {}
        for answer in answers:
            _collect(answer, "$", samples)
        found = [
            Mutation(operation=operation, path=path, change=change, fault=fault)
            for path, value in samples.items()
            for change, fault in _changes(path, value, stated.get(path, Field()))
        ]
        yield from sorted(found, key=lambda row: row.change)


def _collect(value: Json, path: str, samples: dict[str, Json]) -> None:
    if path != "$" and not path.endswith("[]") and samples.get(path) in (None, "", [], {}):
        samples[path] = value
    if isinstance(value, dict):
        for name, member in value.items():
            _collect(member, f"{path}.{name}", samples)
    elif isinstance(value, list):
        for member in value:
            _collect(member, f"{path}[]", samples)


def _changes(path: str, value: Json, field: Field) -> Iterator[tuple[str, DriftFault]]:
    name = path.rpartition(".")[2]
    yield "removed", FieldRemoved(path=path)
    yield "null", FieldNull(path=path)
    yield "renamed", FieldRenamed(path=path, renamed=f"{name}_v2")
    kind: Any = _OTHER_TYPE.get(type_of(value))
    if kind:
        yield "retyped", FieldRetyped(path=path, type=kind)
    if (field.known or field.enum) and isinstance(value, str):
        yield "new value", EnumValueNew(path=path, value=NEW_VALUE)
    if isinstance(value, str) and _MONEY.fullmatch(value):
        yield "unit", UnitChanged(path=path, factor=100)
    elif type_of(value) == "integer" and name.endswith(("time", "quantity")):
        yield "unit", UnitChanged(path=path, factor=1000)


_OTHER_TYPE = {
    "string": "number",
    "integer": "string",
    "number": "string",
    "boolean": "string",
    "array": "object",
    "object": "array",
}


def explore(
    mutations: Sequence[Mutation], calm: Sight, look: Callable[[Sequence[Mutation]], Sight]
) -> Iterator[Row]:
    """Yield a row per mutation; a group that changes nothing together is not taken apart.

    Args:
        mutations: What to try, in order.
        calm: What is seen without any.
        look: Plays once under mutations.
    """
    start = 0
    while start < len(mutations):
        first = mutations[start]
        end = start
        while end < min(start + GROUP, len(mutations)) and (
            (mutations[end].operation, mutations[end].change) == (first.operation, first.change)
        ):
            end += 1
        yield from _halve(mutations[start:end], calm, look)
        start = end


def _halve(
    group: Sequence[Mutation], calm: Sight, look: Callable[[Sequence[Mutation]], Sight]
) -> Iterator[Row]:
    reaction, detail = react(calm, look(group), group[0].change)
    if reaction is not Reaction.IGNORED and len(group) > 1:
        middle = len(group) // 2
        yield from _halve(group[:middle], calm, look)
        yield from _halve(group[middle:], calm, look)
        return
    for row in group:
        yield Row(
            operation=row.operation,
            path=row.path,
            change=row.change,
            reaction=reaction,
            detail=detail,
        )
