"""Returns on the wire: search, the seller's decisions, and the reasons to refuse.

Source: protocol facts, sections 7.1, 7.2, 7.5, pitfall I20 (documented decisions and codes). Which
request type each decision is for is inferred from its name; where several documented codes fit, the
choice is assumed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.product.money import parse_amount
from tts_chaos.twin.domains.return_refund.entities import Cancellation, ReturnRequest
from tts_chaos.twin.domains.return_refund.lifecycle import RETURN
from tts_chaos.twin.domains.return_refund.reasons import REJECT_CANCELLATION, REJECT_RETURN
from tts_chaos.twin.domains.return_refund.refunds import refund_of
from tts_chaos.twin.domains.return_refund.render import render_return
from tts_chaos.twin.domains.return_refund.replay import answer_of, is_replay
from tts_chaos.twin.domains.return_refund.returning import move_return
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.listing import page_of, sort_rows, within_windows

__all__ = ["approve_return", "get_reject_reasons", "reject_return", "search_returns"]

BAD_PARAMETER = 25001001
REASON_UNKNOWN = 25001014
REASON_DOES_NOT_FIT = 25001016
REFUND_TOO_HIGH = 25005005
DECISION_AGAINST_STATE = 25020003
DECISION_AGAINST_TYPE = 25020004
NOT_YOURS = 25020005
CLOSED_ALREADY = 25020009
APPROVED_ALREADY = 25020010
RECEIVED_ALREADY = 25020011

_GOODS = ("RETURN_AND_REFUND",)
_MONEY = ("REFUND", "RETURN_AND_REFUND")
_REPLACEMENT = ("REPLACEMENT",)

APPROVALS: dict[str, tuple[str, tuple[str, ...]]] = {
    "APPROVE_REFUND": ("approve_refund", ("REFUND",)),
    "DIRECT_REFUND": ("approve_refund", _MONEY),
    "APPROVE_RETURN": ("approve_return", _GOODS),
    "APPROVE_RECEIVED_PACKAGE": ("approve_received", _GOODS),
    "APPROVE_REPLACEMENT": ("approve_replacement", _REPLACEMENT),
    "ISSUE_REPLACEMENT_REFUND": ("refund_instead", _REPLACEMENT),
    "OFFER_PARTIAL_REFUND": ("offer", _MONEY),
}
"""Event and request types of each decision in favour of the buyer."""

REJECTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "REJECT_REFUND": ("reject", ("REFUND",)),
    "REJECT_RETURN": ("reject", _GOODS),
    "REJECT_RECEIVED_PACKAGE": ("reject_received", _GOODS),
    "REJECT_REPLACEMENT": ("reject", _REPLACEMENT),
    "OFFER_PARTIAL_REFUND_AFTER_RECEIVING_PKG": ("offer", _GOODS),
}
"""Event and request types of each decision against the buyer."""

_CLOSED = ("RETURN_OR_REFUND_REQUEST_CANCEL", "REPLACEMENT_REQUEST_CANCEL")
_APPROVED = ("AWAITING_BUYER_SHIP", "RETURN_OR_REFUND_REQUEST_SUCCESS")
_RECEIVED = ("RETURN_OR_REFUND_REQUEST_COMPLETE",)


@handles("return_refund.202309.search_returns", "return_refund.202602.search_returns")
def search_returns(call: Call) -> dict[str, Any]:
    """Return requests by id, order, buyer, type, state and time, the oldest first."""
    rows = within_windows(call.env.store.list(ReturnRequest, call.shop_id), call.body)
    found = [row for row in rows if _is_wanted(call, row)]
    page = page_of(
        call, sort_rows(found, call.query, descending=False), sizes=(10, 50), default_size=10
    )
    is_newer = call.operation.version >= "202602"
    return {
        "return_orders": [
            render_return(call.env, row, with_sub_items=is_newer) for row in page.items
        ],
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


def _is_wanted(call: Call, row: ReturnRequest) -> bool:
    order = call.env.store.get(Order, row.shop_id, row.order_id)
    values = {
        "return_ids": row.id,
        "order_ids": row.order_id,
        "return_types": row.kind,
        "return_status": row.status,
        "buyer_user_ids": order.buyer.id if order else "",
        # No request of the twin is ever taken to arbitration.
        "arbitration_status": "",
        "seller_proposed_return_type": "PARTIAL_REFUND" if row.offered else "",
    }
    return all(
        not call.body.get(name) or value in call.body[name] for name, value in values.items()
    )


@handles("return_refund.202309.approve_return")
def approve_return(call: Call) -> dict[str, Any]:
    """Decide in favour of the buyer, in whole or in part."""
    return _decide(call, APPROVALS, "partial_refund", "amount")


@handles("return_refund.202309.reject_return", "return_refund.202606.reject_return")
def reject_return(call: Call) -> dict[str, Any]:
    """Decide against the buyer; 202606 may offer a part of the money instead."""
    reason = call.body["reject_reason"]
    if reason in REJECT_CANCELLATION:
        raise RefusalError(REASON_DOES_NOT_FIT, "The reason is one for cancellations.")
    if reason not in REJECT_RETURN:
        raise RefusalError(REASON_UNKNOWN, f"The reason {reason!r} is unknown.")
    return _decide(call, REJECTIONS, "partial_refund_amount", "partial_refund_total")


@handles("return_refund.202309.get_reject_reasons")
def get_reject_reasons(call: Call) -> dict[str, Any]:
    """Return the reasons that a refusal of this return or cancellation may name."""
    id = call.query["return_or_cancel_id"]
    if call.env.store.get(Cancellation, call.shop_id, id):
        table = REJECT_CANCELLATION
    elif call.env.store.get(ReturnRequest, call.shop_id, id):
        table = REJECT_RETURN
    else:
        raise RefusalError(NOT_YOURS, "The request does not exist in this shop.")
    return {"reasons": [{"name": name, "text": text} for name, text in table.items()]}


def _decide(
    call: Call, decisions: dict[str, tuple[str, tuple[str, ...]]], part: str, amount: str
) -> dict[str, Any]:
    request = call.env.store.get(ReturnRequest, call.shop_id, call.path["return_id"])
    if request is None:
        raise RefusalError(NOT_YOURS, "The request does not exist in this shop.")
    decision = call.body["decision"]
    answer = answer_of(call, decision)
    if is_replay(request.answers, answer):
        return {}
    if decision not in decisions:
        raise RefusalError(BAD_PARAMETER, f"The decision {decision!r} is unknown here.")
    event, kinds = decisions[decision]
    if request.kind not in kinds:
        raise RefusalError(DECISION_AGAINST_TYPE, f"{decision} does not fit a {request.kind}.")
    event = _without_goods(event, call.body)
    _check_state(request, event, decisions)
    changes: dict[str, Any] = {}
    if event == "offer":
        changes["offered"] = _offered(call, request, call.body.get(part) or {}, amount)
    move_return(call.env, request, event, answer=answer, **changes)
    return {}


def _without_goods(event: str, body: dict[str, Any]) -> str:
    # A buyer who may keep the goods has nothing to send back: assumed.
    keeps = body.get("buyer_keep_item") and event == "approve_return"
    return "approve_refund" if keeps else event


def _check_state(
    request: ReturnRequest, event: str, decisions: dict[str, tuple[str, tuple[str, ...]]]
) -> None:
    if event in RETURN.events(request.status):
        return
    if request.status in _CLOSED:
        raise RefusalError(CLOSED_ALREADY, "The request was withdrawn before.")
    if decisions is REJECTIONS and request.status in _RECEIVED:
        raise RefusalError(RECEIVED_ALREADY, "The return was received before.")
    if decisions is REJECTIONS and request.status in _APPROVED:
        raise RefusalError(APPROVED_ALREADY, "The request was approved before.")
    text = f"The decision does not fit a request in status {request.status}."
    raise RefusalError(DECISION_AGAINST_STATE, text)


def _offered(call: Call, request: ReturnRequest, row: dict[str, Any], field: str) -> Decimal:
    order = call.env.store.get(Order, request.shop_id, request.order_id)
    if order is None:
        raise RefusalError(NOT_YOURS, "The order does not exist in this shop.")
    amount = parse_amount(row.get(field, ""), order.currency)
    if amount is None or row.get("currency") != order.currency:
        raise RefusalError(BAD_PARAMETER, f"The offer must be an amount in {order.currency}.")
    if amount > refund_of(order, request.line_ids).total:
        raise RefusalError(REFUND_TOO_HIGH, "The offer exceeds what can be refunded.")
    return amount
