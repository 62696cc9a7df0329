"""Writes whose outcome the client cannot know yet: what it believes of them is not held against it.

A write whose answer was lost may have been done or not, and both beliefs are accepted, until the
client was told: by a read that shows it, by a webhook, or by the platform's word on a later try. A
write that the platform did long after its answer was given up is open again from that moment on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from tts_chaos.core.history import Exchange, History, StepTaken, WebhookSent
from tts_chaos.oracles.calls import is_write
from tts_chaos.oracles.codes import is_outcome_unknown

__all__ = ["DONE_BEFORE_CODES", "Teller", "done_late", "open_writes"]

DONE_BEFORE_CODES = frozenset(
    {
        11006021,
        21008099,
        21011006,
        21011020,
        21011040,
        21023046,
        21042056,
        25001011,
        25011012,
        25020009,
        25020010,
        25020011,
    }
)
"""Refusals that say that what is asked was done before. Source: error table (documented)."""

Teller = Callable[[Exchange | WebhookSent], bool]
"""Whether a read, or a webhook that was taken, tells what became of a write."""


def open_writes(
    history: History, writes: Collection[Exchange], tells: Teller, *, at: int
) -> list[Exchange]:
    """Return those of `writes` whose outcome the client cannot know at record `at`.

    Args:
        history: What happened.
        writes: Writes about one thing, each of which would have the same effect.
        tells: What tells of that thing.
        at: Index of the record before which the client must have been told.
    """
    late = done_late(history)
    lost = [
        write
        for write in writes
        if write.index < at and write.fate != "client_killed" and is_outcome_unknown(write)
    ]
    return [
        write
        for write in lost
        if not _is_told(history, writes, tells, since=_since(write, late, at), at=at)
    ]


def done_late(history: History) -> dict[int, int]:
    """Return the calls that the platform did long after their answers, each with the moment."""
    late = (step for step in history.of(StepTaken) if step.kind == "applied late")
    return {step.value["call"]: step.index for step in late if step.value["done"]}


def _since(write: Exchange, late: dict[int, int], at: int) -> int:
    moment = late.get(write.call, -1)
    return moment if write.index < moment < at else write.index


def _is_told(
    history: History, writes: Iterable[Exchange], tells: Teller, *, since: int, at: int
) -> bool:
    if any(since < x.index < at and _is_word_on_it(x) for x in writes):
        return True
    reads: list[Exchange | WebhookSent] = [
        x for x in history.of(Exchange) if x.succeeded and not is_write(x)
    ]
    posts = [x for x in history.of(WebhookSent) if x.genuine and x.status == 200]
    return any(since < x.index < at and tells(x) for x in (*reads, *posts))


def _is_word_on_it(write: Exchange) -> bool:
    return write.succeeded or (write.fate == "answered" and write.code in DONE_BEFORE_CODES)
