"""Cancellations on the wire: search, cancel by the seller, and the answer to a buyer's request.

Source: protocol facts, sections 7.1, 7.2, 7.5, pitfalls F8 and I20 (documented codes). Where
several documented codes fit, the choice is assumed: approving what is decided answers 25011012,
rejecting it 25020010, either on a closed request 25020009.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.return_refund.cancelling import (
    approve_cancellation,
    cancel_now,
    close_cancellation,
    is_stoppable,
)
from tts_chaos.twin.domains.return_refund.entities import Cancellation
from tts_chaos.twin.domains.return_refund.lifecycle import CANCEL_CLOSED, CANCEL_PENDING
from tts_chaos.twin.domains.return_refund.line_choice import choose_lines
from tts_chaos.twin.domains.return_refund.reasons import (
    BUYER_CANCEL,
    REJECT_CANCELLATION,
    REJECT_RETURN,
    SELLER_CANCEL,
)
from tts_chaos.twin.domains.return_refund.render import render_cancellation
from tts_chaos.twin.domains.return_refund.replay import answer_of, is_replay
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.listing import page_of, sort_rows, within_windows
from tts_chaos.twin.shops import region_of_shop

__all__ = ["approve", "cancel_order_by_seller", "reject", "search_cancellations"]

STATE_FORBIDS = 25001003
CANCELLED_ALREADY = 25001011
REASON_UNKNOWN = 25001014
REASON_NOT_FOR_SELLERS = 25001015
REASON_DOES_NOT_FIT = 25001016
CANNOT_BE_STOPPED = 25001045
ORDER_ENDED = 25001051
ORDER_UNKNOWN = 25007006
CANNOT_APPROVE = 25011012
NOT_YOURS = 25020005
CLOSED_ALREADY = 25020009
APPROVED_ALREADY = 25020010

_FILTER_SPELLING = {"CANCELLATION_REQUEST_CANCEL": CANCEL_CLOSED}


@handles("return_refund.202309.search_cancellations", "return_refund.202602.search_cancellations")
def search_cancellations(call: Call) -> dict[str, Any]:
    """Return cancellations by id, order, buyer, kind, state and time, the oldest first."""
    rows = within_windows(call.env.store.list(Cancellation, call.shop_id), call.body)
    found = [row for row in rows if _is_wanted(call, row)]
    page = page_of(
        call, sort_rows(found, call.query, descending=False), sizes=(1, 50), default_size=10
    )
    is_newer = call.operation.version >= "202602"
    return {
        "cancellations": [
            render_cancellation(call.env, row, with_sub_items=is_newer) for row in page.items
        ],
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


def _is_wanted(call: Call, row: Cancellation) -> bool:
    body = call.body
    statuses = [_FILTER_SPELLING.get(word, word) for word in body.get("cancel_status") or ()]
    order = call.env.store.get(Order, row.shop_id, row.order_id)
    return (
        _is_among(row.id, body.get("cancel_ids"))
        and _is_among(row.order_id, body.get("order_ids"))
        and _is_among(row.kind, body.get("cancel_types"))
        and _is_among(row.status, statuses)
        and _is_among(order.buyer.id if order else "", body.get("buyer_user_ids"))
    )


def _is_among(value: str, wanted: list[str] | None) -> bool:
    return not wanted or value in wanted


@handles("return_refund.202309.cancel_order", "return_refund.202602.cancel_order")
def cancel_order_by_seller(call: Call) -> dict[str, Any]:
    """Cancel an order, or some units of it, for the seller.

    Source: protocol facts, section 7.3 (documented: sellers cancel before shipping, in the US also
    before collection).
    """
    order = call.env.store.get(Order, call.shop_id, call.body["order_id"])
    if order is None:
        raise RefusalError(ORDER_UNKNOWN, "The order does not exist in this shop.")
    _check_seller_reason(call.body["cancel_reason"])
    _check_cancellable(order, region_of_shop(call.env, call.shop_id))
    left = [line for line in order.open_lines if not line.shipped_at_s] or order.open_lines
    lines = choose_lines(left, call.body)
    cancellation = cancel_now(
        call.env,
        order,
        [line.id for line in lines],
        role="SELLER",
        reason=call.body["cancel_reason"],
    )
    return {"cancel_id": cancellation.id, "cancel_status": cancellation.status}


def _check_seller_reason(reason: str) -> None:
    if reason in BUYER_CANCEL:
        raise RefusalError(REASON_NOT_FOR_SELLERS, "The reason is one of buyers.")
    if reason not in SELLER_CANCEL:
        raise RefusalError(REASON_UNKNOWN, f"The reason {reason!r} is unknown.")


def _check_cancellable(order: Order, region: str) -> None:
    if order.status == "CANCELLED" or order.cancel_requested_at_s:
        raise RefusalError(CANCELLED_ALREADY, "The order is cancelled or about to be.")
    if order.status == "COMPLETED":
        raise RefusalError(ORDER_ENDED, "The order is completed.")
    if order.status == "IN_TRANSIT":
        raise RefusalError(CANNOT_BE_STOPPED, "The parcel cannot be stopped any more.")
    if not is_stoppable(order) or (order.status == "AWAITING_COLLECTION" and region != "US"):
        raise RefusalError(STATE_FORBIDS, f"An order in status {order.status} stays.")


@handles("return_refund.202309.approve_cancellation")
def approve(call: Call) -> dict[str, Any]:
    """Accept a buyer's request to cancel."""
    cancellation = _cancellation(call)
    answer = answer_of(call, "approve")
    if is_replay(cancellation.answers, answer):
        return {}
    if cancellation.status == CANCEL_CLOSED:
        raise RefusalError(CLOSED_ALREADY, "The request was closed before.")
    if cancellation.status != CANCEL_PENDING:
        raise RefusalError(CANNOT_APPROVE, "The request was approved before.")
    order = call.env.store.get(Order, cancellation.shop_id, cancellation.order_id)
    if order is not None and order.status == "IN_TRANSIT":
        raise RefusalError(CANNOT_BE_STOPPED, "The parcel cannot be stopped any more.")
    if order is not None and not is_stoppable(order):
        raise RefusalError(STATE_FORBIDS, f"An order in status {order.status} stays.")
    approve_cancellation(call.env, cancellation, answer=answer)
    return {}


@handles("return_refund.202309.reject_cancellation")
def reject(call: Call) -> dict[str, Any]:
    """Refuse a buyer's request to cancel; the order goes on."""
    cancellation = _cancellation(call)
    answer = answer_of(call, "reject")
    if is_replay(cancellation.answers, answer):
        return {}
    reason = call.body["reject_reason"]
    if reason in REJECT_RETURN:
        raise RefusalError(REASON_DOES_NOT_FIT, "The reason is one for returns.")
    if reason not in REJECT_CANCELLATION:
        raise RefusalError(REASON_UNKNOWN, f"The reason {reason!r} is unknown.")
    if cancellation.status == CANCEL_CLOSED:
        raise RefusalError(CLOSED_ALREADY, "The request was closed before.")
    if cancellation.status != CANCEL_PENDING:
        raise RefusalError(APPROVED_ALREADY, "The request was approved before.")
    close_cancellation(call.env, cancellation, "reject", answer=answer)
    return {}


def _cancellation(call: Call) -> Cancellation:
    row = call.env.store.get(Cancellation, call.shop_id, call.path["cancel_id"])
    if row is None:
        raise RefusalError(NOT_YOURS, "The request does not exist in this shop.")
    return row
