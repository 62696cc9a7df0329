"""Requests that the platform has taken in and handles later, when the client was told otherwise."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import msgspec

from tts_chaos.wire.message import ApiRequest

__all__ = ["Postponed", "Postponements"]


class Postponed(msgspec.Struct, frozen=True, kw_only=True):
    """One such request.

    Attributes:
        due_ms: When it is handled.
        call: Ordinal of its exchange.
        operation: Id of the operation it asks for.
        fault: Id of the fault that holds it up.
        request: The request as the platform sees it.
    """

    due_ms: int
    call: int
    operation: str
    fault: str
    request: ApiRequest


class Postponements:
    """What waits, soonest first."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Postponed]] = []

    def add(self, postponed: Postponed) -> None:
        """Let a request wait."""
        heapq.heappush(self._waiting, (postponed.due_ms, postponed.call, postponed))

    def next_due_ms(self) -> int | None:
        """Return when the next is due, None where nothing waits."""
        return self._waiting[0][0] if self._waiting else None

    def take_due(self, now_ms: int) -> Iterator[Postponed]:
        """Yield what is due, each taken off the list before it is handled."""
        while self._waiting and self._waiting[0][0] <= now_ms:
            yield heapq.heappop(self._waiting)[2]

    def take_of(self, fault: str) -> list[Postponed]:
        """Return what a fault still holds up, soonest first, taken off the list."""
        held = sorted(row for row in self._waiting if row[2].fault == fault)
        self._waiting = [row for row in self._waiting if row[2].fault != fault]
        heapq.heapify(self._waiting)
        return [row[2] for row in held]
