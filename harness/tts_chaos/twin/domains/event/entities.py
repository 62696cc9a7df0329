"""Webhook subscriptions of a shop."""

from __future__ import annotations

import msgspec

__all__ = ["Subscription"]


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Where one event type of one shop is sent. `id` is the name of the type.

    Attributes:
        type: Number of the type.
        address: HTTPS address of the receiver.
        by_shop: Whether it was made by the API, for this shop; the others are set for the app as a
            whole in the platform's console and are not listed by the API.
    """

    id: str
    shop_id: str
    type: int
    address: str
    created_at_s: int
    updated_at_s: int
    by_shop: bool = True
