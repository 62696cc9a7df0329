"""What the history of one run measured: each span with the records that begin and end it. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping

import msgspec

from tts_chaos.core.history import (
    Completed,
    Exchange,
    FaultEvent,
    FaultMoment,
    History,
    Json,
    Observed,
    OpKind,
    PhaseEntered,
    Record,
    StepTaken,
    Waiting,
)
from tts_chaos.core.verdict import Phase
from tts_chaos.oracles.alert_raised import names_cause
from tts_chaos.oracles.beliefs import as_decimal

__all__ = ["Span", "canary", "detection", "interruption", "longest_fault", "recovery", "rollbacks",
           "stamp_ms"]  # fmt: skip

_UNIX_MS_FROM = 100_000_000_000
"""Stamps from here on are milliseconds, those below seconds."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A time between two records.

    Attributes:
        first: Index of the record that begins it.
        last: Index of the record that ends it.
        took_ms: How long it took.
        phase: The phase in which it ends.
        calls: First and last exchange in it, () where there was none.
        member: Place in the list that the last record tells, where the entry's own time ends the
            span; -1 where the record's instant does.
    """

    first: int
    last: int
    took_ms: int
    phase: str
    calls: tuple[int, ...] = ()
    member: int = -1


def _between(history: History, first: Record, last: Record) -> Span:
    return Span(
        first=first.index,
        last=last.index,
        took_ms=last.at_ms - first.at_ms,
        phase=_phase_at(history, last.index),
        calls=_calls(history, first.index, last.index),
    )


def _phase_at(history: History, index: int) -> str:
    found = [row.phase.value for row in history.of(PhaseEntered) if row.index <= index]
    return found[-1] if found else ""


def _calls(history: History, first: int, last: int) -> tuple[int, ...]:
    calls = [row.call for row in history.of(Exchange) if first <= row.index <= last]
    return (min(calls), max(calls)) if calls else ()


def recovery(history: History) -> Span | None:
    """Return the time from the world being whole to the integration being whole."""
    begun = next((row for row in history.of(PhaseEntered) if row.phase is Phase.RECOVERY), None)
    whole = next((row for row in history.of(Waiting) if not row.reason), None)
    return None if begun is None or whole is None else _between(history, begun, whole)


def detection(history: History, cause: str, faults: Container[str]) -> Span | None:
    """Return the time from the first firing of one of `faults` to an alert that names `cause`.

    An alert without a believable time of its own counts from when it was first seen: that is when
    it was there at the latest.
    """
    fired = next((e for e in history.of(FaultEvent) if _is_firing(e, faults)), None)
    if fired is None:
        return None
    before = _alerts_told_before(history, fired.index)
    for observed in history.of(Observed):
        if observed.index < fired.index or observed.name != "alerts" or observed.error:
            continue
        told = observed.value if isinstance(observed.value, list) else ()
        for member, alert in enumerate(told):
            if _identity(alert) in before:
                continue
            if names_cause(alert, cause):
                return _detected(history, fired, observed, member, alert)
    return None


def _is_firing(event: FaultEvent, faults: Container[str]) -> bool:
    return event.moment is FaultMoment.FIRED and event.name in faults


def _detected(
    history: History, fired: FaultEvent, observed: Observed, member: int, alert: Json
) -> Span:
    seen = _between(history, fired, observed)
    at_ms = stamp_ms(alert)
    if at_ms is None or not fired.at_ms <= at_ms <= observed.at_ms:
        return seen
    return msgspec.structs.replace(seen, took_ms=at_ms - fired.at_ms, member=member)


def stamp_ms(alert: Json) -> int | None:
    """Return the instant that an alert carries, in Unix milliseconds; None where it has none."""
    at = as_decimal(alert.get("at")) if isinstance(alert, Mapping) else None
    if at is None:
        return None
    return int(at) if at > _UNIX_MS_FROM else int(at * 1000)


def _alerts_told_before(history: History, index: int) -> set[bytes]:
    return {
        _identity(alert)
        for observed in history.of(Observed)
        if observed.index < index and observed.name == "alerts"
        for alert in (observed.value if isinstance(observed.value, list) else ())
    }


def _identity(alert: Json) -> bytes:
    return msgspec.json.encode(alert, order="sorted")


def interruption(history: History, action: str) -> Span | None:
    """Return the longest time from a failure of an action to its next success."""
    longest: Span | None = None
    failed: Completed | None = None
    for row in history.of(Completed):
        if row.action != action:
            continue
        if row.kind is not OpKind.OK:
            failed = failed or row
        elif failed is not None:
            span = _between(history, failed, row)
            longest = span if longest is None or span.took_ms > longest.took_ms else longest
            failed = None
    return longest


def longest_fault(history: History) -> tuple[str, Span] | None:
    """Return the fault that was there for longest and acted, and its time from armed to lifted."""
    armed: dict[str, FaultEvent] = {}
    fired: set[str] = set()
    found: list[tuple[str, Span]] = []
    for event in history.of(FaultEvent):
        if event.moment is FaultMoment.ARMED:
            armed[event.fault] = event
        elif event.moment is FaultMoment.FIRED:
            fired.add(event.fault)
        elif event.fault in armed and event.fault in fired:
            found.append((event.name, _between(history, armed[event.fault], event)))
    return max(found, key=lambda row: row[1].took_ms, default=None)


def rollbacks(history: History) -> list[StepTaken]:
    """Return what the scenario did in an operator's place."""
    return [step for step in history.of(StepTaken) if step.kind == "rollback"]


def canary(history: History) -> Span | None:
    """Return the time from the test order that closes a recovery to when it was told as known."""
    whole = next((row for row in history.of(Waiting) if not row.reason), None)
    if whole is None:
        return None
    for step in history.of(StepTaken):
        if step.index < whole.index or step.name != "place_orders":
            continue
        placed = set(map(str, step.value)) if isinstance(step.value, list) else set()
        for observed in history.of(Observed):
            if observed.index > step.index and observed.name == "orders":
                told = observed.value if isinstance(observed.value, list) else ()
                if placed <= {str(row.get("id")) for row in told if isinstance(row, Mapping)}:
                    return _between(history, step, observed)
    return None
