"""During a request: which decisions are open, and what happened so far.

Source: contracts of `return_refund.*` (documented shapes and decision names). The names of the
events in the record, and the codes of reasons why not, are assumed.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.return_refund.entities import Cancellation, ReturnRequest
from tts_chaos.twin.domains.return_refund.lifecycle import CANCEL_PENDING, RETURN
from tts_chaos.twin.domains.return_refund.reasons import (
    REJECT_CANCELLATION,
    REJECT_RETURN,
    text_of,
)
from tts_chaos.twin.domains.return_refund.refunds import refund_of
from tts_chaos.twin.domains.return_refund.returns import APPROVALS, REJECTIONS
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.money import amount_text, fraction_digits

__all__ = ["tell_decisions", "tell_decisions_by_line", "tell_records"]

NOT_YOURS = 25020005
DECISION_AGAINST_STATE = 25020003
DECISION_AGAINST_TYPE = 25020004

_OF_CANCELLATIONS = ("APPROVE_REQUEST_CANCEL", "REJECT_REQUEST_CANCEL")
_OF_RETURNS = {**APPROVALS, **REJECTIONS}
_LATER = frozenset({"OFFER_PARTIAL_REFUND", "OFFER_PARTIAL_REFUND_AFTER_RECEIVING_PKG"})
"""Decisions that only 202606 lists."""


@handles("return_refund.202601.get_decision_eligibility")
def tell_decisions(call: Call) -> dict[str, Any]:
    """Return for each decision whether it may be taken now, and why not where not."""
    return {"decisions": [row for row in _decisions(call) if row["decision"] not in _LATER]}


@handles("return_refund.202606.get_available_review_decisions")
def tell_decisions_by_line(call: Call) -> dict[str, Any]:
    """Return the same for each unit of the request, offers of a part of the money included."""
    request = _request(call)
    decisions = list(_decisions(call))
    for row in decisions:
        if row["decision"] in _LATER:
            row["partial_refund_amount_range"] = _range(call, request)
    return {
        "line_items": [
            {"return_line_item_id": line_id, "decisions": decisions} for line_id in request.line_ids
        ],
        "errors": [],
    }


@handles("return_refund.202309.get_return_records")
def tell_records(call: Call) -> dict[str, Any]:
    """Return what happened to a return so far, the latest first."""
    request = call.env.store.get(ReturnRequest, call.shop_id, call.path["return_id"])
    if request is None:
        raise RefusalError(NOT_YOURS, "The request does not exist in this shop.")
    records = [
        {
            "event": event.upper(),
            "role": role,
            "description": f"The request is now {status}.",
            "reason_text": text_of(request.reason),
            "create_time": at_s,
        }
        for event, role, status, at_s in request.trail
    ]
    return {"records": records[::-1]}


def _request(call: Call) -> Cancellation | ReturnRequest:
    id = call.query["return_or_cancel_id"]
    found = call.env.store.get(Cancellation, call.shop_id, id)
    request = found or call.env.store.get(ReturnRequest, call.shop_id, id)
    if request is None:
        raise RefusalError(NOT_YOURS, "The request does not exist in this shop.")
    return request


def _decisions(call: Call) -> list[dict[str, Any]]:
    request = _request(call)
    is_cancellation = isinstance(request, Cancellation)
    known = _OF_CANCELLATIONS if is_cancellation else tuple(_OF_RETURNS)
    wanted = call.query.get("check_decisions") or known
    return [_verdict(request, decision) for decision in wanted]


def _verdict(request: Cancellation | ReturnRequest, decision: str) -> dict[str, Any]:
    code = _obstacle(request, decision)
    shown: dict[str, Any] = {"decision": decision, "eligible": code == 0}
    if code:
        shown["ineligible_code"] = code
        shown["ineligible_reason"] = f"The request is in status {request.status}."
    elif decision.startswith("REJECT"):
        table = REJECT_CANCELLATION if isinstance(request, Cancellation) else REJECT_RETURN
        reasons = [{"name": name, "text": text} for name, text in table.items()]
        shown["available_reject_reasons"] = reasons
    return shown


def _obstacle(request: Cancellation | ReturnRequest, decision: str) -> int:
    if isinstance(request, Cancellation):
        if decision not in _OF_CANCELLATIONS:
            return DECISION_AGAINST_TYPE
        return 0 if request.status == CANCEL_PENDING else DECISION_AGAINST_STATE
    event, kinds = _OF_RETURNS.get(decision, ("", ()))
    if request.kind not in kinds:
        return DECISION_AGAINST_TYPE
    return 0 if event in RETURN.events(request.status) else DECISION_AGAINST_STATE


def _range(call: Call, request: Cancellation | ReturnRequest) -> dict[str, str]:
    order = call.env.store.get(Order, request.shop_id, request.order_id)
    assert order is not None, "a request belongs to an order"
    smallest = "1" if fraction_digits(order.currency) == 0 else "0.01"
    return {
        "min_amount": smallest,
        "max_amount": amount_text(refund_of(order, request.line_ids).total, order.currency),
        "currency": order.currency,
    }
