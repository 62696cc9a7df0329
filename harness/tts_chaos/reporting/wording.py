"""One record of a history as one line of words, the same in stories and in timelines."""

from __future__ import annotations

from tts_chaos.core.history import (
    Completed,
    Exchange,
    FaultEvent,
    FaultMoment,
    Invoked,
    OpKind,
    PhaseEntered,
    Record,
    StepTaken,
    Waiting,
    WebhookSent,
)

__all__ = ["ENDED", "say_record", "shorten"]

ENDED = {OpKind.FAIL: "failed", OpKind.INFO: "had to be ended"}
"""How an action ended that did not succeed."""


def say_record(record: Record) -> str | None:
    """Return a record as one line; None for what a timeline does not show."""
    match record:
        case PhaseEntered():
            return f"== {record.phase.value}"
        case StepTaken():
            return f"{record.kind}: {record.name}"
        case Invoked():
            return f"{record.action}() begins"
        case Completed(kind=OpKind.OK):
            return f"{record.action}() reports success"
        case Completed():
            return f"{record.action}() {ENDED[record.kind]}: {shorten(record.error)}"
        case Exchange():
            return _exchange(record)
        case FaultEvent(moment=FaultMoment.FIRED):
            return f"!! {record.name} fires{' (inferred)' if record.inferred else ''}"
        case FaultEvent():
            return f"-- {record.name} {record.moment.value}"
        case WebhookSent():
            kind = "webhook" if record.genuine else "FORGED webhook"
            return f"{kind} type {record.type}, attempt {record.attempt} -> {record.status}"
        case Waiting():
            return f"waiting: {shorten(record.reason)}" if record.reason else "whole again"
        case _:
            return None


def _exchange(exchange: Exchange) -> str:
    what = exchange.operation or f"{exchange.method} {exchange.host}{exchange.path}"
    if exchange.fate != "answered":
        answer = exchange.fate.replace("_", " ")
    else:
        code = "" if exchange.code is None else f" code {exchange.code}"
        words = f" {shorten(exchange.message, 60)}" if exchange.code else ""
        answer = f"{exchange.status}{code}{words}"
    known = f" ({shorten(exchange.diagnosis, 90)})" if exchange.diagnosis else ""
    return f"#{exchange.call} {what} -> {answer}{known}"


def shorten(text: str, limit: int = 110) -> str:
    """Return `text` in one line of at most `limit` characters."""
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
