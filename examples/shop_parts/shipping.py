"""Words and codes of shipping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shop_parts.answers import CallError

__all__ = ["PARCEL_LEFT", "SHIPPED_BEFORE", "require_shippable"]

SHIPPABLE = ("AWAITING_SHIPMENT", "PARTIALLY_SHIPPING")
SHIPPED = ("AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED")
PARCEL_LEFT = ("FULFILLING", "COMPLETED")
SHIPPED_BEFORE = {11006021, 21008099, 21011006, 21011020, 21011040, 21023046, 21042056}


def require_shippable(order: Mapping[str, Any]) -> None:
    """Raise where an order cannot be shipped. One that was shipped before is no failure."""
    if order["status"] not in (*SHIPPABLE, *SHIPPED):
        raise CallError("mapping", f"order {order['id']} is {order['status']}")
    if not order["package_ids"]:
        text = f"order {order['id']} has no parcel yet; buy a label in the seller centre"
        raise CallError("mapping", text)
