"""What other systems call an order: kept beside it, found by it.

Source: contracts of `order.202406.*` (documented shapes; at most 100 orders a call). Codes of what
cannot be kept are assumed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.wire.codes import ApiCode

__all__ = ["ExternalReference", "add_references", "find_by_reference", "get_references"]

ORDER_UNKNOWN = 36009004
LINE_UNKNOWN = 36009004


class ExternalReference(msgspec.Struct, frozen=True, kw_only=True):
    """One order as one other system knows it.

    Attributes:
        id: `<order id>/<platform>`: an order has one reference in each system.
        external_id: The order's id over there.
        lines: (id over there, line item id here).
    """

    id: str
    shop_id: str
    order_id: str
    platform: str
    external_id: str
    lines: tuple[tuple[str, str], ...]


@handles("order.202406.add_external_order_references")
def add_references(call: Call) -> dict[str, Any]:
    """Keep references, the last one for each order and system; failures come inside code 0."""
    failures = (_add(call, row) for row in call.body["orders"])
    return {"errors": [failure for failure in failures if failure]}


def _add(call: Call, row: dict[str, Any]) -> dict[str, Any] | None:
    there = row["external_order"]
    order = call.env.store.get(Order, call.shop_id, row["id"])
    if order is None:
        return _failure(row, ORDER_UNKNOWN, "The order does not exist in this shop.")
    known = {line.id for line in order.lines}
    if any(line["origin_id"] not in known for line in there["line_items"]):
        return _failure(row, LINE_UNKNOWN, "A line item is not part of the order.")
    reference = ExternalReference(
        id=f"{order.id}/{there['platform']}",
        shop_id=call.shop_id,
        order_id=order.id,
        platform=there["platform"],
        external_id=there["id"],
        lines=tuple((line["id"], line["origin_id"]) for line in there["line_items"]),
    )
    call.env.store.put(reference, change="order.referenced")
    return None


@handles("order.202406.get_external_order_references")
def get_references(call: Call) -> dict[str, Any]:
    """Return what one system calls the order."""
    if call.env.store.get(Order, call.shop_id, call.path["order_id"]) is None:
        message = "Invalid parameter. `order_id` is no order of this shop."
        raise RefusalError(ApiCode.BAD_REQUEST, message, variant="parameter_invalid")
    id = f"{call.path['order_id']}/{call.query['platform']}"
    found = call.env.store.get(ExternalReference, call.shop_id, id)
    return {"external_orders": [_view(found)] if found else []}


@handles("order.202406.search_order_by_external_order_reference")
def find_by_reference(call: Call) -> dict[str, Any]:
    """Return the orders that one system calls by that id."""
    wanted = (call.query["platform"], call.query["external_order_id"])
    rows = call.env.store.list(ExternalReference, call.shop_id)
    found = [row for row in rows if (row.platform, row.external_id) == wanted]
    return {"orders": [{"id": row.order_id, "external_order": _view(row)} for row in found]}


def _view(row: ExternalReference) -> dict[str, Any]:
    return {
        "id": row.external_id,
        "platform": row.platform,
        "line_items": [{"id": there, "origin_id": here} for there, here in row.lines],
    }


def _failure(row: dict[str, Any], code: int, text: str) -> dict[str, Any]:
    there = row["external_order"]
    return {
        "code": str(code),
        "message": text,
        "detail": {
            "order_id": row["id"],
            "external_order": {"id": there["id"], "platform": there["platform"]},
        },
    }
