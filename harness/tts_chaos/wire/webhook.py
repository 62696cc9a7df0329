"""Webhooks: their body, their signature, and the rules of delivery; both roles.

The signature covers the raw body and nothing else: no time, no address. Whoever verifies must do so
before parsing.

Source: protocol facts, section 6 (documented; the published example recomputes).
"""

from __future__ import annotations

import hmac
from enum import IntEnum
from typing import Any

import msgspec

__all__ = [
    "ACKNOWLEDGED_STATUSES",
    "ACKNOWLEDGE_WITHIN_MS",
    "RETRY_DELAYS_MS",
    "EventType",
    "WebhookBody",
    "encode_webhook",
    "parse_webhook",
    "sign_webhook",
    "verify_webhook",
]

ACKNOWLEDGED_STATUSES = frozenset({200, 401})
"""401 is the documented answer to a signature the receiver refuses; it ends delivery as well."""

ACKNOWLEDGE_WITHIN_MS = 3_000
"""A slower answer counts as none."""

RETRY_DELAYS_MS = (120_000, 1_800_000, 10_800_000, 43_200_000)
"""2 min after the first failure, 30 min, 3 h and 12 h after the retries; then the event is lost."""


class EventType(IntEnum):
    """Types that code has to name; all are in `contracts/openapi/event.json`."""

    ORDER_STATUS_CHANGE = 1
    RECIPIENT_ADDRESS_UPDATE = 3
    PACKAGE_UPDATE = 4
    PRODUCT_STATUS_CHANGE = 5
    SELLER_DEAUTHORIZATION = 6
    UPCOMING_AUTHORIZATION_EXPIRATION = 7
    CANCELLATION_STATUS_CHANGE = 11
    RETURN_STATUS_CHANGE = 12
    PRODUCT_INFORMATION_CHANGE = 15
    PRODUCT_CREATION = 16
    PRODUCT_CATEGORY_CHANGE = 18
    INVENTORY_STATUS_CHANGE = 27
    PRODUCT_AUDIT_STATUS_CHANGE = 37
    SKU_STATUS_CHANGE = 50
    INVENTORY_CHANGED_BY_SHOP = 71


class WebhookBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a webhook.

    Attributes:
        type: Number of the event type.
        tts_notification_id: Id that all deliveries of one notification share (integrators'
            experience; the documents only call it the id of the notification).
        shop_id: Shop concerned; empty where the event is about an account.
        seller_open_id: Account concerned, for events of a seller account.
        creator_open_id: Account concerned, for events of a creator.
        timestamp: Unix seconds of the push.
        data: What happened.
    """

    type: int
    tts_notification_id: str = ""
    shop_id: str = ""
    seller_open_id: str = ""
    creator_open_id: str = ""
    timestamp: int = 0
    data: dict[str, Any] = {}

    @property
    def owner(self) -> str:
        """Id of the shop or account concerned."""
        return self.shop_id or self.seller_open_id or self.creator_open_id


_DECODER = msgspec.json.Decoder(WebhookBody)


def encode_webhook(body: WebhookBody) -> bytes:
    """Return the bytes to send: compact JSON, `data` always present."""
    fields: dict[str, Any] = msgspec.to_builtins(body)
    return msgspec.json.encode({**fields, "data": body.data})


def parse_webhook(body: bytes) -> WebhookBody | None:
    """Return what a webhook says, or None where it is none. Verify the signature first."""
    try:
        return _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def sign_webhook(app_key: str, app_secret: str, body: bytes) -> str:
    """Return the value of the `authorization` header: bare lower-case hexadecimal, no scheme."""
    return hmac.digest(app_secret.encode(), app_key.encode() + body, "sha256").hex()


def verify_webhook(app_key: str, app_secret: str, body: bytes, signature: str) -> bool:
    """Whether `signature` is the platform's for exactly these bytes, compared in constant time."""
    expected = sign_webhook(app_key, app_secret, body)
    return hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), expected.encode())
