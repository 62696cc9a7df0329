"""A finished run as a tree of spans: phases, actions, exchanges, webhooks. Pure.

Names of attributes are stable. Those of HTTP are OpenTelemetry's semantic conventions
(https://opentelemetry.io/docs/specs/semconv/http/http-spans/); ours begin with `tts.`. Addresses
have no query, and headers and bodies are left out: nothing secret can be in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from tts_chaos.core.history import (
    Completed,
    Exchange,
    FaultEvent,
    History,
    Invoked,
    Observed,
    OpKind,
    PhaseEntered,
    StepTaken,
    Waiting,
    WebhookSent,
)
from tts_chaos.engine.result import RunResult
from tts_chaos.reporting.wording import shorten

__all__ = ["Event", "Span", "spans_of"]

Value: TypeAlias = str | int | bool | tuple[str, ...]
Attributes: TypeAlias = Mapping[str, Value]

TIME = {"simulated": "virtual", "wire": "real"}
"""What the instants of each world are; `virtual` ones are no time of day of anybody's."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened within a span."""

    name: str
    at_ms: int
    attributes: Attributes = {}


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One span.

    Attributes:
        key: Its name within the run's tree.
        parent: The key of the span around it, "" for the root.
        name: As backends show it; of few different words.
        kind: As OpenTelemetry has it.
        begin_ms: Unix time, of the run's world.
        end_ms: Not before the begin.
        status: Verdict or result.
        message: Why the status is an error.
    """

    key: str
    parent: str
    name: str
    kind: Literal["internal", "client", "server"]
    begin_ms: int
    end_ms: int
    attributes: Attributes = {}
    events: tuple[Event, ...] = ()
    status: Literal["unset", "ok", "error"] = "unset"
    message: str = ""


def spans_of(result: RunResult) -> tuple[Span, ...]:
    """Return the spans of a run, each after the one around it; the root is the first."""
    history = result.history
    if not len(history):
        return (_root(result, 0, 0),)
    begin_ms, end_ms = history.records[0].at_ms, history.records[-1].at_ms
    phases = list(_phases(history, end_ms))
    actions = list(_actions(history, phases, end_ms))
    inner = (*phases, *actions, *_exchanges(history, actions, phases), *_webhooks(history, phases))
    return (_root(result, begin_ms, end_ms), *inner)


# -- the run ----------------------------------------------------------------------------------


def _root(result: RunResult, begin_ms: int, end_ms: int) -> Span:
    outcome = result.outcome.value
    attributes: dict[str, Value] = {
        "tts.scenario": result.scenario,
        "tts.title": result.title,
        "tts.world": result.world,
        "tts.time": TIME[result.world],
        "tts.seed": result.seed,
        "tts.outcome": outcome,
        "tts.rto_ms": result.rto_ms,
        "tts.calls": result.calls,
        "tts.contract_digest": result.contract_digest,
        "tts.findings": len(result.findings),
        "tts.faults": tuple(dict.fromkeys(receipt.name for receipt in result.receipts)),
    }
    if result.recovery_ms is not None:
        attributes["tts.recovery_ms"] = result.recovery_ms
    if result.reason:
        attributes["tts.reason"] = result.reason
    has_passed = outcome == "passed"
    return Span(
        key="run",
        parent="",
        name=f"scenario {result.scenario}",
        kind="internal",
        begin_ms=begin_ms,
        end_ms=end_ms,
        attributes=attributes,
        events=_in_order(_events(result, end_ms)),
        status="ok" if has_passed else "error",
        message="" if has_passed else f"{outcome}: {shorten(result.reason, 300)}",
    )


def _in_order(events: Iterator[tuple[int, Event]]) -> tuple[Event, ...]:
    """Return events in the order of their records: in virtual time many share one instant."""
    return tuple(event for _, event in sorted(events, key=lambda row: row[0]))


def _events(result: RunResult, end_ms: int) -> Iterator[tuple[int, Event]]:
    """Yield what a timeline marks, each with the index of its record."""
    history = result.history
    for fault in history.of(FaultEvent):
        told: dict[str, Value] = {"tts.fault": fault.name, "tts.fault.id": fault.fault}
        if fault.call:
            told["tts.call"] = fault.call
        if fault.inferred:
            told["tts.inferred"] = True
        name = f"tts.fault.{fault.moment.value}"
        yield fault.index, Event(name=name, at_ms=fault.at_ms, attributes=told)
    yield from _alerts(history)
    for step in history.of(StepTaken):
        about = {"tts.step.kind": step.kind, "tts.step.name": step.name}
        yield step.index, Event(name="tts.step", at_ms=step.at_ms, attributes=about)
    whole = next((row for row in history.of(Waiting) if not row.reason), None)
    if whole is not None:
        yield whole.index, Event(name="tts.whole", at_ms=whole.at_ms)
    for finding in result.findings:
        index = finding.worst if finding.worst >= 0 else history.records[-1].index
        told = {"tts.rule": finding.rule, "tts.message": shorten(finding.message, 300)}
        at_ms = _instant_of(history, index, end_ms)
        yield index, Event(name="tts.finding", at_ms=at_ms, attributes=told)


def _instant_of(history: History, index: int, otherwise_ms: int) -> int:
    found = next((row for row in history if row.index == index), None)
    return otherwise_ms if found is None else found.at_ms


def _alerts(history: History) -> Iterator[tuple[int, Event]]:
    """Yield each alert once, when it was first seen; its words stay out."""
    seen: set[bytes] = set()
    for observed in history.of(Observed):
        if observed.name != "alerts" or observed.error or not isinstance(observed.value, list):
            continue
        for alert in observed.value:
            identity = msgspec.json.encode(alert, order="sorted")
            if identity not in seen:
                seen.add(identity)
                cause = alert.get("cause") if isinstance(alert, Mapping) else alert
                about = {"tts.alert.cause": shorten(str(cause), 60)}
                at_ms = observed.at_ms
                yield observed.index, Event(name="tts.alert", at_ms=at_ms, attributes=about)


# -- inside the run ---------------------------------------------------------------------------


def _phases(history: History, end_ms: int) -> Iterator[Span]:
    entered = history.of(PhaseEntered)
    for place, row in enumerate(entered):
        following = entered[place + 1].at_ms if place + 1 < len(entered) else end_ms
        yield Span(
            key=f"phase {row.index}",
            parent="run",
            name=f"phase {row.phase.value}",
            kind="internal",
            begin_ms=row.at_ms,
            end_ms=following,
            attributes={"tts.phase": row.phase.value},
        )


def _actions(history: History, phases: list[Span], end_ms: int) -> Iterator[Span]:
    ended = {row.op: row for row in history.of(Completed)}
    for row in history.of(Invoked):
        done = ended.get(row.op)
        failed = done is not None and done.kind is not OpKind.OK
        attributes: dict[str, Value] = {"tts.action": row.action, "tts.op": row.op}
        if done is not None:
            attributes["tts.result"] = done.kind.value
        yield Span(
            key=f"action {row.op}",
            parent=_phase_of(phases, row.index),
            name=f"action {row.action}",
            kind="internal",
            begin_ms=row.at_ms,
            end_ms=end_ms if done is None else done.at_ms,
            attributes=attributes,
            status="error" if failed else "unset",
            message=shorten(done.error, 300) if done is not None and failed else "",
        )


def _phase_of(phases: list[Span], index: int) -> str:
    before = [span.key for span in phases if int(span.key.split()[1]) <= index]
    return before[-1] if before else "run"


def _exchanges(history: History, actions: list[Span], phases: list[Span]) -> Iterator[Span]:
    lives = [(int(span.key.split()[1]), span) for span in actions]
    begun = {row.op: row.index for row in history.of(Invoked)}
    ended = {row.op: row.index for row in history.of(Completed)}
    for row in history.of(Exchange):
        around = [
            span for op, span in lives if begun[op] < row.index < ended.get(op, row.index + 1)
        ]
        # Of actions side by side, nobody can tell whose request it was.
        parent = around[0].key if len(around) == 1 else _phase_of(phases, row.index)
        yield _exchange(row, parent)


def _exchange(row: Exchange, parent: str) -> Span:
    attributes: dict[str, Value] = {
        "http.request.method": row.method,
        "url.scheme": row.scheme,
        "url.path": row.path,
        "url.full": f"{row.scheme}://{row.host}{row.path}",
        "server.address": row.host.partition(":")[0],
        "tts.call": row.call,
        "tts.operation": row.operation,
        "tts.fate": row.fate,
        "tts.committed": row.committed,
    }
    if row.status:
        attributes["http.response.status_code"] = row.status
    if row.code is not None:
        attributes["tts.code"] = row.code
    if row.faults:
        attributes["tts.faults"] = row.faults
    error = _error_of(row)
    if error:
        attributes["error.type"] = error
    return Span(
        key=f"exchange {row.call}",
        parent=parent,
        # The name has the operation, not the path: paths hold ids.
        name=f"{row.method} {row.operation}" if row.operation else row.method,
        kind="client",
        begin_ms=min(row.started_ms or row.at_ms, row.at_ms),
        end_ms=row.at_ms,
        attributes=attributes,
        status="error" if error else "unset",
        message=shorten(row.message, 100) if error else "",
    )


def _error_of(row: Exchange) -> str:
    """Return a word of few kinds for what went wrong, "" where nothing did."""
    if row.succeeded:
        return ""
    if row.fate != "answered":
        return row.fate
    return str(row.code) if row.code else str(row.status)


def _webhooks(history: History, phases: list[Span]) -> Iterator[Span]:
    for row in history.of(WebhookSent):
        attributes: dict[str, Value] = {
            "http.request.method": "POST",
            "tts.webhook.type": row.type,
            "tts.webhook.attempt": row.attempt,
            "tts.webhook.genuine": row.genuine,
        }
        if row.status:
            attributes["http.response.status_code"] = row.status
        if row.fault:
            attributes["tts.faults"] = (row.fault,)
        yield Span(
            key=f"webhook {row.index}",
            parent=_phase_of(phases, row.index),
            name=f"webhook {row.type}",
            kind="server",
            begin_ms=row.at_ms,
            end_ms=row.at_ms,
            attributes=attributes,
        )
