"""Cancellations and returns from recorded answers, and those that recorded decisions presume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.return_refund.entities import Cancellation, ReturnRequest
from tts_chaos.twin.domains.return_refund.lifecycle import CANCEL_PENDING, RETURN_PENDING
from tts_chaos.twin.lifting.context import Told, first_of, lifts
from tts_chaos.twin.lifting.orders import ensure_order

__all__: list[str] = []

DAY_S = 86_400


@lifts("return_refund.search_cancellations")
def lift_cancellations(told: Told) -> None:
    """Store every cancellation of a page, with its order."""
    for row in told.data.get("cancellations") or ():
        _cancellation(told, row)


@lifts("return_refund.search_returns")
def lift_returns(told: Told) -> None:
    """Store every return of a page, with its order."""
    for row in told.data.get("return_orders") or ():
        _return(told, row)


@lifts("return_refund.approve_cancellation", "return_refund.reject_cancellation")
def presume_request(told: Told) -> None:
    """What was answered was an open request of a buyer."""
    id = told.path["cancel_id"]
    if told.env.store.get(Cancellation, told.shop_id, id) is None:
        _cancellation(told, {"cancel_id": id})


@lifts("return_refund.approve_return", "return_refund.reject_return")
def presume_return(told: Told) -> None:
    """What was decided was an open return."""
    _presume_return(told, told.path["return_id"])


@lifts("return_refund.get_reject_reasons")
def presume_asked_for(told: Told) -> None:
    """Reasons are asked for about an open request."""
    id = told.query.get("return_or_cancel_id", "")
    if told.env.store.get(Cancellation, told.shop_id, id) is None:
        _presume_return(told, id)


@lifts("return_refund.cancel_order")
def presume_cancellable(told: Told) -> None:
    """What the seller cancelled was an order that had not left, with the units named."""
    order_id = told.body.get("order_id", "")
    lines = [
        {"id": f"{order_id}{number}", "sku_id": row["sku_id"], "product_id": f"{row['sku_id']}1"}
        for row in told.body.get("skus") or ()
        for number in range(row.get("quantity") or 1)
    ]
    ensure_order(told.env, told.shop_id, order_id, lines=lines)


def _presume_return(told: Told, id: str) -> None:
    if told.env.store.get(ReturnRequest, told.shop_id, id) is None:
        _return(told, {"return_id": id})


def _cancellation(told: Told, row: Mapping[str, Any]) -> None:
    items = row.get("cancel_line_items") or ()
    order = _order(told, row, items, "AWAITING_SHIPMENT")
    status = row.get("cancel_status") or CANCEL_PENDING
    at_s = row.get("create_time") or told.env.now_s()
    action = first_of(row.get("seller_next_action_response"))
    told.env.store.put(
        Cancellation(
            id=row["cancel_id"],
            shop_id=told.shop_id,
            order_id=order.id,
            kind=row.get("cancel_type") or "BUYER_CANCEL",
            role=row.get("role") or "BUYER",
            status=status,
            reason=row.get("cancel_reason", ""),
            line_ids=_line_ids(order, items),
            created_at_s=at_s,
            updated_at_s=row.get("update_time") or at_s,
            deadline_s=_deadline(told, action) if status == CANCEL_PENDING else 0,
        ),
        change="cancellation.lifted",
    )


def _return(told: Told, row: Mapping[str, Any]) -> None:
    items = row.get("return_line_items") or ()
    order = _order(told, row, items, "DELIVERED")
    status = row.get("return_status") or RETURN_PENDING
    at_s = row.get("create_time") or told.env.now_s()
    action = first_of(row.get("seller_next_action_response"))
    told.env.store.put(
        ReturnRequest(
            id=row["return_id"],
            shop_id=told.shop_id,
            order_id=order.id,
            kind=row.get("return_type") or "RETURN_AND_REFUND",
            status=status,
            reason=row.get("return_reason", ""),
            line_ids=_line_ids(order, items),
            created_at_s=at_s,
            updated_at_s=row.get("update_time") or at_s,
            role=row.get("role") or "BUYER",
            deadline_s=_deadline(told, action) if status.endswith("_PENDING") else 0,
            tracking_number=row.get("return_tracking_number", ""),
            trail=(("request", row.get("role") or "BUYER", status, at_s),),
        ),
        change="return.lifted",
    )


def _order(told: Told, row: Mapping[str, Any], items: Any, status: str) -> Order:
    id = row.get("order_id") or f"{row.get('cancel_id') or row.get('return_id')}5"
    lines = [
        {
            "id": item["order_line_item_id"],
            "sku_id": item.get("sku_id", ""),
            "sku_name": item.get("sku_name", ""),
            "seller_sku": item.get("seller_sku", ""),
            "product_name": item.get("product_name", ""),
            "product_id": f"{item.get('sku_id', '')}1",
            "original_price": (item.get("refund_amount") or {}).get("refund_subtotal") or "10",
        }
        for item in items
        if item.get("order_line_item_id")
    ]
    return ensure_order(told.env, told.shop_id, id, status=status, lines=lines)


def _line_ids(order: Order, items: Any) -> tuple[str, ...]:
    known = {line.id for line in order.lines}
    named = [item.get("order_line_item_id") for item in items]
    return tuple(id for id in named if id in known) or tuple(sorted(known))


def _deadline(told: Told, action: Mapping[str, Any]) -> int:
    return max(action.get("deadline") or 0, told.env.now_s() + DAY_S)
