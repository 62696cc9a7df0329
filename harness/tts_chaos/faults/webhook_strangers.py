"""Webhooks that the platform did not send so: another key, no signature, an old one, another shop.

What the signature covers, and that it has no time in it, is documented (protocol facts, section 6);
that deliveries of other shops of the app reach one receiver follows from the app-level address.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from tts_chaos.faults.effect import WebhookMoment
from tts_chaos.faults.fault import register_fault
from tts_chaos.faults.webhook import Deliveries, WebhookFault
from tts_chaos.wire.delivery import OutgoingWebhook

__all__ = [
    "WebhooksReplayed",
    "WebhooksUnsigned",
    "WebhooksWrongKey",
    "WebhooksWrongShop",
    "with_body",
]

_ID_DIGITS = 19


def with_body(
    model: OutgoingWebhook, changes: dict[str, Any], moment: WebhookMoment, *, fault: str
) -> OutgoingWebhook:
    """Return a delivery like `model` that says something else, signed as the platform signs.

    It has a notification id of its own, and is not genuine.
    """
    id = moment.entropy.digits(_ID_DIGITS)
    value = {**_read(model.body), "tts_notification_id": id, **changes}
    body = msgspec.json.encode(value)
    return msgspec.structs.replace(
        model,
        notification=id,
        type=value.get("type", model.type),
        headers=_signed(model, moment.sign(body)),
        body=body,
        genuine=False,
        fault=fault,
    )


def _read(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _signed(model: OutgoingWebhook, signature: str) -> tuple[tuple[str, str], ...]:
    others = tuple(pair for pair in model.headers if pair[0] != "authorization")
    return (*others, ("authorization", signature))


@register_fault
class WebhooksWrongKey(WebhookFault, frozen=True, kw_only=True):
    """Beside each webhook comes one that claims a cancellation, well signed by a wrong key.

    Attributes:
        key: `another` is the secret of some other app, `empty` no secret at all, which is what a
            receiver checks by whose own secret was never set.
    """

    name: ClassVar[str] = "webhooks_wrong_key"
    summary: ClassVar[str] = "webhooks arrive that are signed with a wrong key"

    key: Literal["another", "empty"] = "another"

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Add a forgery to each delivery."""
        return self.beside(deliveries, lambda genuine: (self._forgery(genuine, moment),))

    def _forgery(self, genuine: OutgoingWebhook, moment: WebhookMoment) -> OutgoingWebhook:
        data = {**_data_of(genuine), "order_status": "CANCELLED"}
        forgery = with_body(genuine, {"data": data}, moment, fault=self.name)
        key = moment.entropy.hexadecimal(40) if self.key == "another" else ""
        return msgspec.structs.replace(
            forgery, headers=_signed(forgery, moment.sign_as(key, forgery.body))
        )


@register_fault
class WebhooksUnsigned(WebhookFault, frozen=True, kw_only=True):
    """Webhooks arrive without their `authorization` header.

    Attributes:
        instead: Whether the platform's own delivery loses its header on the way, to a gateway that
            takes it for its own (pitfall H4), or a copy without one comes beside it.
    """

    name: ClassVar[str] = "webhooks_unsigned"
    summary: ClassVar[str] = "webhooks arrive without a signature"

    instead: bool = False

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Take the header off, of the delivery itself or of a copy that comes first."""
        if self.instead:
            return tuple(self._bare(each) if each.genuine else each for each in deliveries)
        copies = self.beside(deliveries, lambda genuine: (self._bare(genuine),))
        # The bare one first: a receiver that takes it has seen the notification by then.
        return tuple(sorted(copies, key=lambda each: each.fault != self.name))

    def _bare(self, genuine: OutgoingWebhook) -> OutgoingWebhook:
        return msgspec.structs.replace(
            genuine,
            headers=tuple(pair for pair in genuine.headers if pair[0] != "authorization"),
            genuine=False,
            replaces=self.instead,
            fault=self.name,
        )


@register_fault
class WebhooksReplayed(WebhookFault, frozen=True, kw_only=True):
    """Beside each webhook the oldest one of the run comes again, byte for byte.

    Its signature is genuine and has no time in it, so nothing but its id tells it from a new one.

    Attributes:
        older_than_ms: How old it has to be; as long as none is, nothing is replayed.
    """

    name: ClassVar[str] = "webhooks_replayed"
    summary: ClassVar[str] = "an old genuine webhook arrives once more"

    older_than_ms: int = 0

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Add the replay after the others."""
        due = {delivery.notification for delivery in deliveries}
        old = next(
            (
                delivery
                for sent_ms, delivery in moment.past
                if moment.now_ms - sent_ms >= self.older_than_ms
                and delivery.notification not in due
            ),
            None,
        )
        if old is None:
            return deliveries
        return (*deliveries, msgspec.structs.replace(old, genuine=False, fault=self.name))


@register_fault
class WebhooksWrongShop(WebhookFault, frozen=True, kw_only=True):
    """Beside each webhook come two of a shop that is not the integration's, well signed.

    One claims that an order known here was cancelled, one tells of an order that exists nowhere.
    """

    name: ClassVar[str] = "webhooks_wrong_shop"
    summary: ClassVar[str] = "webhooks of another shop arrive"

    def reshape(self, deliveries: Deliveries, moment: WebhookMoment) -> Deliveries:
        """Add the two to each delivery."""
        return self.beside(deliveries, lambda genuine: self._foreign(genuine, moment))

    def _foreign(self, genuine: OutgoingWebhook, moment: WebhookMoment) -> Deliveries:
        shop = moment.entropy.digits(_ID_DIGITS)
        data = _data_of(genuine)
        order = str(data.get("order_id") or "")
        claims = [{**data, "order_status": "CANCELLED"}]
        claims.append({**data, "order_id": moment.entropy.digits(len(order) or 18)})
        return tuple(
            msgspec.structs.replace(
                with_body(genuine, {"shop_id": shop, "data": claim}, moment, fault=self.name),
                shop=shop,
            )
            for claim in claims
        )


def _data_of(delivery: OutgoingWebhook) -> dict[str, Any]:
    data = _read(delivery.body).get("data")
    return data if isinstance(data, dict) else {}
