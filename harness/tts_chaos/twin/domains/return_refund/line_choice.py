"""Which units of an order a request is about: by line item, by SKU and quantity, or all.

Source: contracts of `return_refund.*` (documented fields; 202602 adds `order_line_list`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tts_chaos.twin.domains.order.entities import LineItem
from tts_chaos.twin.handler import RefusalError

__all__ = ["choose_lines"]

BAD_PARAMETER = 25001001
TOO_MANY_LINES = 25005011


def choose_lines(left: Sequence[LineItem], body: Mapping[str, Any]) -> list[LineItem]:
    """Return the lines that a body names, of those that are left; all where it names none.

    Raises:
        RefusalError: 25001001 for a line or SKU that is not among them, 25005011 for more units
            than there are.
    """
    line_ids = [
        *(body.get("order_line_item_ids") or ()),
        *(row.get("order_line_item_id", "") for row in body.get("order_line_list") or ()),
    ]
    if line_ids:
        return _by_id(left, line_ids)
    skus = body.get("skus")
    return _by_sku(left, skus) if skus else list(left)


def _by_id(left: Sequence[LineItem], line_ids: list[str]) -> list[LineItem]:
    known = {line.id: line for line in left}
    if any(id not in known for id in line_ids):
        raise RefusalError(BAD_PARAMETER, "A line item is not part of what is left.")
    return [known[id] for id in dict.fromkeys(line_ids)]


def _by_sku(left: Sequence[LineItem], skus: Iterable[dict[str, Any]]) -> list[LineItem]:
    chosen: list[LineItem] = []
    for row in skus:
        lines = [line for line in left if line.sku_id == row["sku_id"] and line not in chosen]
        if not lines or row["quantity"] < 1:
            raise RefusalError(BAD_PARAMETER, f"SKU {row['sku_id']} is not part of what is left.")
        if row["quantity"] > len(lines):
            raise RefusalError(TOO_MANY_LINES, f"Only {len(lines)} units are left of the SKU.")
        chosen += lines[: row["quantity"]]
    return chosen
