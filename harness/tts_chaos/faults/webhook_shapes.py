"""Webhooks whose shape is odd: too large, cut off, of an unknown type, or without their media type.

The platform has 44 types and adds more; some are about an account and have no shop (protocol facts,
section 6, and pitfall H12: documented). That it sends bodies of a megabyte is assumed.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from tts_chaos.faults.effect import WebhookMoment
from tts_chaos.faults.fault import register_fault
from tts_chaos.faults.webhook import Deliveries, WebhookFault
from tts_chaos.faults.webhook_strangers import with_body
from tts_chaos.wire.delivery import OutgoingWebhook

__all__ = [
    "WebhooksOversize",
    "WebhooksTruncated",
    "WebhooksUnknownType",
    "WebhooksWithoutContentType",
]

_OWNERS = {"shop": "shop_id", "seller": "seller_open_id", "creator": "creator_open_id"}


@register_fault
class WebhooksOversize(WebhookFault, frozen=True, kw_only=True):
    """Beside each webhook comes one with a very large body, well signed.

    Attributes:
        size_bytes: Size of its body, about.
    """

    name: ClassVar[str] = "webhooks_oversize"
    summary: ClassVar[str] = "webhooks with very large bodies arrive"

    size_bytes: int = 2_000_000

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Add a large one to each delivery."""
        note = {"note": "x" * self.size_bytes}
        return self.beside(
            deliveries, lambda genuine: (with_body(genuine, note, moment, fault=self.name),)
        )


@register_fault
class WebhooksTruncated(WebhookFault, frozen=True, kw_only=True):
    """Webhooks lose the end of their body on the way, and keep their signature.

    Attributes:
        keep_ratio: How much of the body arrives.
    """

    name: ClassVar[str] = "webhooks_truncated"
    summary: ClassVar[str] = "webhooks arrive cut off"

    keep_ratio: float = 0.5

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Cut each body."""
        return tuple(
            msgspec.structs.replace(
                delivery,
                body=delivery.body[: int(len(delivery.body) * self.keep_ratio)],
                genuine=False,
                replaces=True,
                fault=self.name,
            )
            for delivery in deliveries
        )


@register_fault
class WebhooksUnknownType(WebhookFault, frozen=True, kw_only=True):
    """Beside each webhook comes one of a type that nobody knows yet, well signed.

    Attributes:
        event: Number of the type.
        owner: Whom it is about: one about an account has no `shop_id`.
    """

    name: ClassVar[str] = "webhooks_unknown_type"
    summary: ClassVar[str] = "webhooks of a new event type arrive"

    event: int = 999
    owner: Literal["shop", "seller", "creator"] = "shop"

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Add a stranger to each delivery."""
        return self.beside(deliveries, lambda genuine: (self._stranger(genuine, moment),))

    def _stranger(self, genuine: OutgoingWebhook, moment: WebhookMoment) -> OutgoingWebhook:
        data: dict[str, Any] = {"subject": {"id": moment.entropy.digits(19)}, "state": 3}
        shaped = with_body(genuine, {"type": self.event, "data": data}, moment, fault=self.name)
        if self.owner == "shop":
            return shaped
        value = msgspec.json.decode(shaped.body)
        value[_OWNERS[self.owner]] = value.pop("shop_id", "")
        body = msgspec.json.encode(value)
        headers = tuple(
            (name, moment.sign(body) if name == "authorization" else text)
            for name, text in shaped.headers
        )
        return msgspec.structs.replace(shaped, body=body, headers=headers)


@register_fault
class WebhooksWithoutContentType(WebhookFault, frozen=True, kw_only=True):
    """Beside each webhook comes a copy, well signed, that does not say it is JSON."""

    name: ClassVar[str] = "webhooks_without_content_type"
    summary: ClassVar[str] = "webhooks arrive without a content type"

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Add a copy without the header to each delivery."""
        return self.beside(deliveries, lambda genuine: (self._untyped(genuine),))

    def _untyped(self, genuine: OutgoingWebhook) -> OutgoingWebhook:
        return msgspec.structs.replace(
            genuine,
            headers=tuple(pair for pair in genuine.headers if pair[0] != "content-type"),
            genuine=False,
            fault=self.name,
        )
