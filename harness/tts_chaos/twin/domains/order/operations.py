"""Searching orders and reading them.

Source: contracts of `order.*` and protocol facts, section 7.1 (documented: half-open windows, page
size 1 to 100, at most 50 ids). That unknown ids are simply missing from a detail reply, and the
code for an unknown order of a price detail, are assumed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.order.price_detail import price_detail_view
from tts_chaos.twin.domains.order.render import order_json, order_json_202507
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.listing import page_of, sort_rows, within_windows
from tts_chaos.wire.codes import ApiCode

__all__ = ["get_order_detail", "get_order_detail_202507", "get_price_detail", "search_orders"]

PAGE_SIZES = (1, 100)
DEFAULT_PAGE_SIZE = 20


@handles("order.202309.get_order_list")
def search_orders(call: Call) -> dict[str, Any]:
    """Return one page of the orders that pass every filter, newest first unless asked otherwise."""
    rows = within_windows(call.env.store.list(Order, call.shop_id), call.body)
    accepts = _filter(call.body)
    found = sort_rows([row for row in rows if accepts(row)], call.query, descending=True)
    page = page_of(call, found, sizes=PAGE_SIZES, default_size=DEFAULT_PAGE_SIZE)
    return {
        "orders": [call.env.store.derive(order, order_json) for order in page.items],
        "next_page_token": page.next_page_token,
        "total_count": page.total_count,
    }


@handles("order.202309.get_order_detail")
def get_order_detail(call: Call) -> dict[str, Any]:
    """Return the orders asked for, in that order; ids the shop does not have are missing."""
    return {"orders": [call.env.store.derive(order, order_json) for order in _asked_for(call)]}


@handles("order.202507.get_order_detail")
def get_order_detail_202507(call: Call) -> dict[str, Any]:
    """Return the same with the fields that 202507 added."""
    return {
        "orders": [call.env.store.derive(order, order_json_202507) for order in _asked_for(call)]
    }


@handles("order.202407.get_price_detail")
def get_price_detail(call: Call) -> dict[str, Any]:
    """Return what one order costs, taken apart by line."""
    order = call.env.store.get(Order, call.shop_id, call.path["order_id"])
    if order is None:
        message = "Invalid parameter. `order_id` is no order of this shop."
        raise RefusalError(ApiCode.BAD_REQUEST, message, variant="parameter_invalid")
    return price_detail_view(order)


def _asked_for(call: Call) -> list[Order]:
    found = (call.env.store.get(Order, call.shop_id, id) for id in dict.fromkeys(call.query["ids"]))
    return [order for order in found if order is not None]


def _filter(body: dict[str, Any]) -> Callable[[Order], bool]:
    status, shipping = body.get("order_status"), body.get("shipping_type")
    buyer, cancelling = body.get("buyer_user_id"), body.get("is_buyer_request_cancel")
    warehouses = body.get("warehouse_ids")

    def accepts(order: Order) -> bool:
        return (
            status in (None, order.status)
            and shipping in (None, order.shipping_type)
            and buyer in (None, order.buyer.id)
            and cancelling in (None, order.cancel_requested_at_s > 0)
            and (not warehouses or order.warehouse_id in warehouses)
        )

    return accepts
