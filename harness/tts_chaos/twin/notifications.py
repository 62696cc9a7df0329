"""Webhooks on their way out: what is due, what is in flight, what is tried again and when.

Sans-IO: deliveries are handed out and their answers handed back. The body of a notification is the
same in every attempt, and so is its id (assumed: the documents only call it the id of the
notification; integrators report duplicates that share it).

Source: protocol facts, section 6 (documented: 200 or 401 acknowledges; four retries).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tts_chaos.core.clock import Clock
from tts_chaos.core.entropy import Entropy
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.webhook import (
    ACKNOWLEDGED_STATUSES,
    RETRY_DELAYS_MS,
    WebhookBody,
    encode_webhook,
)

__all__ = ["Outbox"]

ID_DIGITS = 19


@dataclass(slots=True)
class _Notification:
    """One event of one shop and how far its delivery has come."""

    id: str
    type: int
    shop_id: str
    body: bytes
    due_ms: int
    attempt: int = 1
    in_flight: bool = False


class Outbox:
    """All notifications that are neither acknowledged nor given up.

    Args:
        clock: The platform's clock, by which a push is dated.
        post_clock: The clock of its post, by which deliveries are due; the same if not given.
        entropy: Source of notification ids.
        sign: Returns the `authorization` value of a body.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        entropy: Entropy,
        sign: Callable[[bytes], str],
        post_clock: Clock | None = None,
    ) -> None:
        self._clock = clock
        self._post_clock = post_clock or clock
        self._entropy = entropy
        self._sign = sign
        self._pending: dict[tuple[str, str], _Notification] = {}

    def post(self, type: int, shop_id: str, data: dict[str, Any]) -> None:
        """Queue an event for its first delivery, due at once."""
        id = self._entropy.digits(ID_DIGITS)
        body = WebhookBody(
            type=type,
            tts_notification_id=id,
            shop_id=shop_id,
            timestamp=self._clock.now_ms() // 1000,
            data=data,
        )
        self._pending[id, shop_id] = _Notification(
            id=id,
            type=type,
            shop_id=shop_id,
            body=encode_webhook(body),
            due_ms=self._post_clock.now_ms(),
        )

    def drain(self) -> tuple[OutgoingWebhook, ...]:
        """Return the deliveries due now, oldest first; each is in flight from then on."""
        now_ms = self._post_clock.now_ms()
        due = [row for row in self._pending.values() if not row.in_flight and row.due_ms <= now_ms]
        for row in due:
            row.in_flight = True
        return tuple(self._delivery(row) for row in sorted(due, key=lambda row: row.due_ms))

    def acknowledge(self, notification: str, shop_id: str, attempt: int, status: int) -> None:
        """Take the receiver's answer; schedules the next retry, or ends the notification.

        Answers to deliveries that are not in flight are ignored: a fault may have doubled or forged
        one.

        Args:
            notification: Id of the notification.
            shop_id: Its shop.
            attempt: Which delivery was answered, from 1.
            status: HTTP status, 0 where no answer came in time.
        """
        row = self._pending.get((notification, shop_id))
        if row is None or not row.in_flight or row.attempt != attempt:
            return
        if status in ACKNOWLEDGED_STATUSES or attempt > len(RETRY_DELAYS_MS):
            del self._pending[notification, shop_id]
            return
        row.due_ms = self._post_clock.now_ms() + RETRY_DELAYS_MS[attempt - 1]
        row.attempt = attempt + 1
        row.in_flight = False

    def next_due_ms(self) -> int | None:
        """Return when the next delivery is due, by the post's clock; None where none waits."""
        waiting = [row.due_ms for row in self._pending.values() if not row.in_flight]
        return min(waiting, default=None)

    def _delivery(self, row: _Notification) -> OutgoingWebhook:
        return OutgoingWebhook(
            notification=row.id,
            type=row.type,
            shop=row.shop_id,
            attempt=row.attempt,
            headers=(
                ("content-type", "application/json"),
                ("authorization", self._sign(row.body)),
            ),
            body=row.body,
        )
