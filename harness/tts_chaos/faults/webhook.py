"""Webhooks misbehave: twice, out of order, late, lost, or not from the platform at all."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from tts_chaos.faults.effect import WebhookMoment
from tts_chaos.faults.fault import Fault, register_fault
from tts_chaos.wire.delivery import OutgoingWebhook

__all__ = ["WebhooksDropped", "WebhooksDuplicated", "WebhooksForged", "WebhooksReordered"]

Deliveries = tuple[OutgoingWebhook, ...]


class _WebhookFault(Fault, frozen=True, kw_only=True):
    family: ClassVar[str] = "webhooks"
    cause: ClassVar[str] = "webhook"
    target: ClassVar[str] = "webhooks"


@register_fault
class WebhooksDuplicated(_WebhookFault, frozen=True, kw_only=True):
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
class WebhooksReordered(_WebhookFault, frozen=True, kw_only=True):
    """Webhooks that are due together arrive newest first."""

    name: ClassVar[str] = "webhooks_reordered"
    summary: ClassVar[str] = "webhooks arrive in the wrong order"

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Turn the order round; one alone has none, and stays as it is."""
        if len(deliveries) < 2:
            return deliveries
        return tuple(msgspec.structs.replace(d, fault=self.name) for d in reversed(deliveries))


@register_fault
class WebhooksDropped(_WebhookFault, frozen=True, kw_only=True):
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
class WebhooksForged(_WebhookFault, frozen=True, kw_only=True):
    """Forgeries come beside each genuine webhook, claiming that the order was cancelled.

    One has another body under the genuine signature, one a signature by another key, one none.
    """

    name: ClassVar[str] = "webhooks_forged"
    summary: ClassVar[str] = "forged webhooks arrive beside the genuine ones"

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Add three forgeries to each delivery."""
        return tuple(
            shaped
            for delivery in deliveries
            for shaped in (delivery, *self._forgeries(delivery, moment))
        )

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
