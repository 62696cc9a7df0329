"""Deadlines of waiting threads, the earliest first."""

from __future__ import annotations

import heapq
import itertools

from tts_chaos.injectors.virtual_time.slots import Slot, Ticket

__all__ = ["Timers"]


class Timers:
    """A heap of deadlines; equal ones come in order of the threads' registration.

    A wait that ended early leaves its entry behind; it is dropped when it comes to the top.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, int, Ticket]] = []
        self._entries = itertools.count()

    def add(self, due_us: int, ticket: Ticket) -> None:
        """Note that a wait ends at `due_us` at the latest."""
        entry = (due_us, ticket.slot.order, next(self._entries), ticket)
        heapq.heappush(self._heap, entry)

    def next_due_us(self) -> int | None:
        """Return the earliest deadline, None where there is none."""
        while self._heap and not self._is_current(self._heap[0][3]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, now_us: int) -> list[Slot]:
        """Remove all deadlines up to `now_us`, and return whose they were."""
        slots = []
        while (due_us := self.next_due_us()) is not None and due_us <= now_us:
            slots.append(heapq.heappop(self._heap)[3].slot)
        return slots

    @staticmethod
    def _is_current(ticket: Ticket) -> bool:
        return ticket.slot.ticket is ticket
