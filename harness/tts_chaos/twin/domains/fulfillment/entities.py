"""Stored shape of a package."""

from __future__ import annotations

import msgspec

__all__ = ["Package"]


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """Some line items of one order that travel together. Times are Unix seconds, 0 for "not yet".

    Attributes:
        line_ids: Line items in it.
        status: A state of `lifecycle.PACKAGE`.
        sub_status: Finer state as package detail shows it.
        tracking_number: "" until it is shipped.
        self_shipped: Whether the seller brought a carrier of their own.
        tag: `DEFAULT` or `SPLIT`.
        corrections: How often its tracking number was changed.
    """

    id: str
    shop_id: str
    order_id: str
    line_ids: tuple[str, ...]
    status: str = "PROCESSING"
    sub_status: str = "CREATED"
    tracking_number: str = ""
    carrier_id: str = ""
    carrier_name: str = ""
    handover_method: str = ""
    pickup_start_s: int = 0
    pickup_end_s: int = 0
    self_shipped: bool = False
    tag: str = "DEFAULT"
    corrections: int = 0
    created_at_s: int
    updated_at_s: int
    shipped_at_s: int = 0
    collected_at_s: int = 0
    delivered_at_s: int = 0
