"""What a fault keeps back of the webhooks that are due, and what was sent before.

Pure and sequential; the gateway asks it under its own lock.
"""

from __future__ import annotations

from collections import deque

import msgspec

from tts_chaos.wire.delivery import OutgoingWebhook

__all__ = ["PAST_LIMIT", "SortingOffice"]

PAST_LIMIT = 200
"""Deliveries remembered for a replay: the oldest ones, and the newest hundred."""


class _Kept(msgspec.Struct, frozen=True):
    """A delivery kept back until an instant of the post's clock, or until its fault is lifted."""

    delivery: OutgoingWebhook
    due_ms: int | None


class SortingOffice:
    """Keeps deliveries back and lets them go.

    Its clock is the run's true time and whatever the post was hastened by.
    """

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._oldest: list[tuple[int, OutgoingWebhook]] = []
        self._newest: deque[tuple[int, OutgoingWebhook]] = deque(maxlen=PAST_LIMIT // 2)
        self._ahead_ms = 0

    @property
    def past(self) -> tuple[tuple[int, OutgoingWebhook], ...]:
        """What the platform sent before, oldest first, each with its instant."""
        return (*self._oldest, *self._newest)

    def remember(self, due: tuple[OutgoingWebhook, ...], now_ms: int) -> None:
        """Note what the platform sends now."""
        for delivery in due:
            room = len(self._oldest) < PAST_LIMIT // 2
            (self._oldest if room else self._newest).append((now_ms, delivery))

    def release(
        self, deliveries: tuple[OutgoingWebhook, ...], now_ms: int
    ) -> tuple[OutgoingWebhook, ...]:
        """Keep back what a fault wants late; return what is to be delivered now.

        What was kept back and is due comes first: it is the older.
        """
        post_ms = now_ms + self._ahead_ms
        due = [
            row.delivery for row in self._kept if row.due_ms is not None and row.due_ms <= post_ms
        ]
        self._kept = [row for row in self._kept if row.due_ms is None or row.due_ms > post_ms]
        for delivery in deliveries:
            if not delivery.held and not delivery.delay_ms:
                due.append(delivery)
                continue
            until_ms = None if delivery.held else post_ms + delivery.delay_ms
            self._kept.append(_Kept(delivery, until_ms))
        return tuple(due)

    def let_go(self, fault: str) -> None:
        """Make due what the fault of this id kept back, now that it is lifted."""
        self._kept = [
            _Kept(row.delivery, 0) if row.delivery.fault == fault else row for row in self._kept
        ]

    def next_due_ms(self) -> int | None:
        """Return the true instant at which something kept back is due; None where nothing is."""
        waiting = [row.due_ms for row in self._kept if row.due_ms is not None]
        return min(waiting) - self._ahead_ms if waiting else None

    def hasten(self, by_ms: int) -> None:
        """Let everything be due so much earlier."""
        self._ahead_ms += by_ms
