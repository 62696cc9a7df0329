"""Reading one order from the API's words: what is needed is demanded, the rest may come and go."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from shop_parts.answers import CallError

__all__ = ["LIFE", "ids_of", "is_newer", "read_order"]

LIFE = (
    "UNPAID",
    "ON_HOLD",
    "AWAITING_SHIPMENT",
    "PARTIALLY_SHIPPING",
    "AWAITING_COLLECTION",
    "IN_TRANSIT",
    "DELIVERED",
    "COMPLETED",
    "CANCELLED",
)
"""Orders only ever move to a status further down."""

ID = re.compile(r"\d{1,30}")
WORD = re.compile(r"[A-Z_]{2,60}")
AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
OTHER_UNIT = 10
"""A total that differs so many times from its own lines counts cents for units, or the reverse."""


def read_order(raw: Any, shop_id: str) -> dict[str, Any]:
    """Return what the business needs of an order. Money stays text.

    Raises:
        CallError: If something is missing or of another form.
    """
    lines = raw.get("line_items") if isinstance(raw, dict) else None
    if not isinstance(lines, list) or not lines:
        raise CallError("mapping", "an order has no line_items")
    order = {
        "id": _demand(raw, "id", ID),
        "shop_id": shop_id,
        "status": _demand(raw, "status", WORD),
        "update_time": raw.get("update_time") or 0,
        "currency": _demand(raw.get("payment"), "currency", WORD),
        "total_amount": _demand(raw.get("payment"), "total_amount", AMOUNT),
        # One line is one unit: two units of one SKU are two lines.
        "lines": [
            {
                "id": _demand(line, "id", ID),
                "sku_id": _demand(line, "sku_id", ID),
                "sale_price": _demand(line, "sale_price", AMOUNT),
            }
            for line in lines
        ],
        "package_ids": list(dict.fromkeys(parcel["id"] for parcel in raw.get("packages") or [])),
    }
    _refuse_other_unit(order, raw["payment"])
    return order


def _refuse_other_unit(order: dict[str, Any], payment: dict[str, Any]) -> None:
    extra = [payment.get(name) for name in ("shipping_fee", "platform_discount")]
    shipping, discount = (Decimal(x if isinstance(x, str) else "0") for x in extra)
    lines_say = sum((Decimal(line["sale_price"]) for line in order["lines"]), shipping)
    low, high = sorted((lines_say, Decimal(order["total_amount"]) + discount))
    if low > 0 and high > OTHER_UNIT * low:
        text = f"the total_amount of order {order['id']} is far from what its lines come to"
        raise CallError("mapping", text)


def ids_of(page: dict[str, Any]) -> list[str]:
    """Return the ids of a page of the search.

    Raises:
        CallError: If it holds no list, or an order without a usable id.
    """
    # An empty page counts its orders all the same; one that says nothing is no empty page.
    rows = page.get("orders", [] if "total_count" in page else None)
    if not isinstance(rows, list):
        raise CallError("mapping", "a page holds no list of orders")
    return [_demand(row, "id", ID) for row in rows]


def is_newer(order: dict[str, Any], known: dict[str, Any] | None) -> bool:
    """Whether an order may replace the known one: pages and webhooks come in any order."""
    if known is None:
        return True
    steps = [LIFE.index(row["status"]) if row["status"] in LIFE else -1 for row in (order, known)]
    is_later = order["update_time"] > known["update_time"]
    if steps[0] == steps[1] or -1 in steps:
        return is_later or order["update_time"] == known["update_time"]
    return steps[0] > steps[1] or is_later


def _demand(source: Any, name: str, form: re.Pattern[str]) -> str:
    value = source.get(name) if isinstance(source, dict) else None
    if not isinstance(value, str) or not form.fullmatch(value):
        # Never what was in it: that may be personal.
        raise CallError("mapping", f"an order's field {name} is missing or of another form")
    return value
