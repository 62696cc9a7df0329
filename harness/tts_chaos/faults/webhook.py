"""Webhooks misbehave on their way: twice, out of order, late, lost, all at once, or forged.

Nothing promises an order, a moment or even an arrival. Source: protocol facts, section 6 (no
ordering promise, delivery not guaranteed: documented; duplicates under one id: integrators'
experience).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import msgspec

from tts_chaos.faults.effect import WebhookMoment
from tts_chaos.faults.fault import Fault, register_fault
from tts_chaos.wire.delivery import OutgoingWebhook

__all__ = [
    "Deliveries",
    "WebhookFault",
    "WebhooksBatched",
    "WebhooksDropped",
    "WebhooksDuplicated",
    "WebhooksForged",
    "WebhooksLate",
    "WebhooksReordered",
]

Deliveries = tuple[OutgoingWebhook, ...]


class WebhookFault(Fault, frozen=True, kw_only=True):
    """Base of all faults of this family."""

    family: ClassVar[str] = "webhooks"
    cause: ClassVar[str] = "webhook"
    target: ClassVar[str] = "webhooks"

    def beside(
        self, deliveries: Deliveries, more: Callable[[OutgoingWebhook], Deliveries]
    ) -> Deliveries:
        """Return the deliveries, each genuine one followed by what `more` makes of it.

        What another fault added gets no company.
        """
        return tuple(
            shaped
            for delivery in deliveries
            for shaped in (delivery, *(more(delivery) if delivery.genuine else ()))
        )


@register_fault
class WebhooksDuplicated(WebhookFault, frozen=True, kw_only=True):
    """Each webhook arrives several times under one notification id.

    Attributes:
        copies: Deliveries of each webhook, 2 or more.
        parallel: Whether the copies arrive at the same moment.
    """

    name: ClassVar[str] = "webhooks_duplicated"
    summary: ClassVar[str] = "webhooks arrive more than once"

    copies: int = 2
    parallel: bool = False

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Repeat each delivery."""
        return tuple(
            msgspec.structs.replace(
                delivery, parallel=self.parallel and copy > 0, fault=self.name if copy else ""
            )
            for delivery in deliveries
            for copy in range(self.copies)
        )


@register_fault
class WebhooksReordered(WebhookFault, frozen=True, kw_only=True):
    """Webhooks that are due together arrive in another order.

    Attributes:
        permutation: Which order, by its number in the alphabetical list of all orders: for three
            webhooks 0 is 123, 1 is 132, 2 is 213, and 5 is 321. It counts on from 0 where there are
            fewer orders. None is newest first.
    """

    name: ClassVar[str] = "webhooks_reordered"
    summary: ClassVar[str] = "webhooks arrive in the wrong order"

    permutation: int | None = None

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Change the order; one alone has none, and stays as it is."""
        if self.permutation is None:
            order = tuple(reversed(range(len(deliveries))))
        else:
            order = _nth_order(len(deliveries), self.permutation)
        if order == tuple(range(len(deliveries))):
            return deliveries
        return tuple(msgspec.structs.replace(deliveries[n], fault=self.name) for n in order)


def _nth_order(count: int, number: int) -> tuple[int, ...]:
    """Return the order with this number among all orders of `count` things, as a dictionary has it.

    >>> [_nth_order(3, n) for n in (0, 1, 5, 6)]
    [(0, 1, 2), (0, 2, 1), (2, 1, 0), (0, 1, 2)]
    """
    left, order = list(range(count)), []
    number %= math.factorial(count)
    for place in range(count - 1, -1, -1):
        turn, number = divmod(number, math.factorial(place))
        order.append(left.pop(turn))
    return tuple(order)


@register_fault
class WebhooksLate(WebhookFault, frozen=True, kw_only=True):
    """Webhooks are sent late, and whatever happens meanwhile overtakes them.

    Lifting the fault sends what is still kept back. No source says how late the platform may be
    (assumed).

    Attributes:
        delay_ms: How late.
    """

    name: ClassVar[str] = "webhooks_late"
    summary: ClassVar[str] = "webhooks are sent late, after newer ones"

    delay_ms: int = 600_000

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Put each delivery off."""
        return tuple(
            msgspec.structs.replace(d, delay_ms=d.delay_ms + self.delay_ms, fault=self.name)
            for d in deliveries
        )


@register_fault
class WebhooksBatched(WebhookFault, frozen=True, kw_only=True):
    """The platform's post stands still, and sends everything at once when the fault is lifted.

    No source tells of such an outage (assumed: queues behave so).

    Attributes:
        parallel: Whether all arrive at the same moment, or one after the other.
    """

    name: ClassVar[str] = "webhooks_batched"
    summary: ClassVar[str] = "no webhook comes for a while, then all of them at once"

    parallel: bool = True

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Keep all back."""
        return tuple(
            msgspec.structs.replace(d, held=True, parallel=self.parallel, fault=self.name)
            for d in deliveries
        )


@register_fault
class WebhooksDropped(WebhookFault, frozen=True, kw_only=True):
    """Webhooks never arrive; the platform counts each attempt as unanswered.

    Attributes:
        event: Number of the event type; None for all.
    """

    name: ClassVar[str] = "webhooks_dropped"
    summary: ClassVar[str] = "webhooks are lost on their way"

    event: int | None = None

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Deliver nothing of the type."""
        return tuple(row for row in deliveries if self.event not in (None, row.type))


@register_fault
class WebhooksForged(WebhookFault, frozen=True, kw_only=True):
    """Forgeries come beside each genuine webhook, claiming that the order was cancelled.

    One has another body under the genuine signature, one a signature by another key, one none.
    """

    name: ClassVar[str] = "webhooks_forged"
    summary: ClassVar[str] = "forged webhooks arrive beside the genuine ones"

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Add three forgeries to each delivery."""
        return self.beside(deliveries, lambda genuine: self._forgeries(genuine, moment))

    def _forgeries(self, genuine: OutgoingWebhook, moment: WebhookMoment) -> Deliveries:
        body = _claiming_cancellation(genuine.body)
        others = tuple(pair for pair in genuine.headers if pair[0] != "authorization")
        signature = next(value for name, value in genuine.headers if name == "authorization")
        signatures = (signature, moment.entropy.hexadecimal(64), None)
        return tuple(
            msgspec.structs.replace(
                genuine,
                notification=moment.entropy.digits(19),
                headers=others if value is None else (*others, ("authorization", value)),
                body=body,
                genuine=False,
                fault=self.name,
            )
            for value in signatures
        )


def _claiming_cancellation(body: bytes) -> bytes:
    """Return the body with the order's status, where it has one, turned to CANCELLED."""
    value = msgspec.json.decode(body)
    data = value.get("data") if isinstance(value, dict) else None
    if isinstance(data, dict):
        data["order_status"] = "CANCELLED"
    return msgspec.json.encode({**value, "forged": True})
