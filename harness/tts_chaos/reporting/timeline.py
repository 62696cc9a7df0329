"""What a page shows of one history: bars and moments on lanes, and both ledgers.

Pure. Instants are milliseconds since the first record; `order` counts records, because in virtual
time a hundred requests may share one instant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

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
    Record,
    StepTaken,
    Waiting,
    WebhookSent,
)
from tts_chaos.core.verdict import Phase
from tts_chaos.reporting.ledgers import Ledger, compare_ledgers
from tts_chaos.reporting.wording import say_record, shorten

__all__ = ["MOMENTS_MOST", "Bar", "Moment", "Timeline", "timeline_of"]

MOMENTS_MOST = 600
"""Moments of one run on a page: a browser draws them at once; the history has all of them."""


class Bar(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that lasts: a phase, a fault from armed to lifted, an action."""

    lane: str
    name: str
    start_ms: int
    end_ms: int
    start_order: int
    end_order: int
    note: str = ""


class Moment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happens. `kind` decides its colour, see `charts.KINDS`."""

    at_ms: int
    order: int
    lane: str
    kind: str
    text: str


class Timeline(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it.

    Attributes:
        begun_ms: Instant of the first record, Unix time.
        bars: Phases, then faults, then actions.
        moments: In order of the history.
        left_out: Moments between the first and the last shown ones that are not shown.
        whole_ms: When the integration was whole again; None where it never was.
        objective_ms: By when it should have been; None where recovery never began.
        ledgers: Both sides, compared at the end.
    """

    begun_ms: int = 0
    bars: tuple[Bar, ...] = ()
    moments: tuple[Moment, ...] = ()
    left_out: int = 0
    whole_ms: int | None = None
    objective_ms: int | None = None
    ledgers: tuple[Ledger, ...] = ()


def timeline_of(history: History, *, rto_ms: int) -> Timeline:
    """Return the timeline of a run whose recovery time objective is `rto_ms`."""
    records = history.records
    if not records:
        return Timeline()
    begun_ms = records[0].at_ms
    moments = list(_moments(records, begun_ms))
    shown = _middle_left_out(moments)
    recovery_ms = history.phase_start_ms(Phase.RECOVERY)
    whole = next((w.at_ms for w in history.of(Waiting) if not w.reason), None)
    return Timeline(
        begun_ms=begun_ms,
        bars=(
            *_phases(records, begun_ms),
            *_faults(history, begun_ms),
            *_actions(history, begun_ms),
        ),
        moments=tuple(shown),
        left_out=len(moments) - len(shown),
        whole_ms=None if whole is None else whole - begun_ms,
        objective_ms=None if recovery_ms is None else recovery_ms + rto_ms - begun_ms,
        ledgers=compare_ledgers(history),
    )


def _middle_left_out(moments: list[Moment]) -> list[Moment]:
    """Keep both ends, and of the middle whatever is no plain success."""
    if len(moments) <= MOMENTS_MOST:
        return moments
    edge = MOMENTS_MOST // 4
    telling = [m for m in moments[edge:-edge] if m.kind != "ok"]
    return [*moments[:edge], *telling[: MOMENTS_MOST - 2 * edge], *moments[-edge:]]


def _phases(records: Sequence[Record], begun_ms: int) -> Iterator[Bar]:
    entered = [record for record in records if isinstance(record, PhaseEntered)]
    for place, phase in enumerate(entered):
        following = entered[place + 1] if place + 1 < len(entered) else records[-1]
        yield Bar(
            lane="phase",
            name=phase.phase.value,
            start_ms=phase.at_ms - begun_ms,
            end_ms=following.at_ms - begun_ms,
            start_order=phase.index,
            end_order=following.index,
        )


def _faults(history: History, begun_ms: int) -> Iterator[Bar]:
    events = history.of(FaultEvent)
    last = history.records[-1]
    for armed in (event for event in events if event.moment == "armed"):
        own = [e for e in events if e.fault == armed.fault and e.index >= armed.index]
        lifted = next((e for e in own if e.moment == "lifted"), None)
        fired = sum(e.moment == "fired" for e in own)
        end = lifted or last
        yield Bar(
            lane="fault",
            name=armed.name,
            start_ms=armed.at_ms - begun_ms,
            end_ms=end.at_ms - begun_ms,
            start_order=armed.index,
            end_order=end.index,
            note=f"fired {fired} times" + ("" if lifted else ", never lifted"),
        )


def _actions(history: History, begun_ms: int) -> Iterator[Bar]:
    ended = {record.op: record for record in history.of(Completed)}
    for begun in history.of(Invoked):
        end = ended.get(begun.op)
        if end is not None:
            yield Bar(
                lane="action",
                name=f"{begun.action}()",
                start_ms=begun.at_ms - begun_ms,
                end_ms=end.at_ms - begun_ms,
                start_order=begun.index,
                end_order=end.index,
                note=end.error and shorten(end.error),
            )


def _moments(records: Sequence[Record], begun_ms: int) -> Iterator[Moment]:
    alerts: set[bytes] = set()
    for record in records:
        if isinstance(record, Observed):
            yield from _new_alerts(record, alerts, begun_ms)
            continue
        text = say_record(record)
        if text is None:
            continue
        lane, kind = _place(record)
        yield Moment(
            at_ms=record.at_ms - begun_ms, order=record.index, lane=lane, kind=kind, text=text
        )


def _new_alerts(observed: Observed, seen: set[bytes], begun_ms: int) -> Iterator[Moment]:
    """Yield each alert when it is first told."""
    if observed.name != "alerts" or not isinstance(observed.value, list | tuple):
        return
    for raw in observed.value:
        identity = msgspec.json.encode(raw, order="sorted")
        if identity not in seen:
            seen.add(identity)
            yield Moment(
                at_ms=observed.at_ms - begun_ms,
                order=observed.index,
                lane="alert",
                kind="alert",
                text=f"alert: {shorten(_say_alert(raw), 160)}",
            )


def _say_alert(raw: Any) -> str:
    if not isinstance(raw, dict):
        return str(raw)
    parts = (str(raw[key]) for key in ("cause", "message") if raw.get(key))
    return ": ".join(parts) or str(raw)


def _place(record: Record) -> tuple[str, str]:
    """Return the lane of a record and its kind."""
    match record:
        case Exchange():
            return "request", _kind_of(record)
        case WebhookSent():
            taken = "ok" if 200 <= record.status < 300 else "refused"
            return "webhook", taken if record.genuine else "forged"
        case FaultEvent():
            return "fault", record.moment.value
        case Invoked():
            return "action", "begins"
        case Completed():
            return "action", "ok" if record.kind is OpKind.OK else "refused"
        case Waiting():
            return "recovery", "waiting" if record.reason else "whole"
        case StepTaken():
            return "step", "step"
        case _:
            return "phase", "phase"


def _kind_of(exchange: Exchange) -> str:
    if exchange.fate != "answered":
        return "lost"
    refused = exchange.status >= 400 or exchange.code not in (0, None)
    return "refused" if refused else "ok"
