"""Before a request: what an order allows, what it would give back, and a return by the seller.

Source: contracts of `return_refund.*` (documented shapes); protocol facts, sections 7.3 and 7.5
(documented: before shipping an order is cancelled, after delivery returned). Codes of reasons why
not, and that a return which the seller asks for needs no further approval, are assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from tts_chaos.twin.domains.order.entities import LineItem, Order
from tts_chaos.twin.domains.product.money import parse_amount
from tts_chaos.twin.domains.return_refund.entities import ReturnRequest
from tts_chaos.twin.domains.return_refund.given_back import refundable_lines
from tts_chaos.twin.domains.return_refund.line_choice import choose_lines
from tts_chaos.twin.domains.return_refund.reasons import (
    BUYER_CANCEL,
    RETURN,
    SELLER_CANCEL,
    text_of,
)
from tts_chaos.twin.domains.return_refund.refunds import refund_of, render_refund
from tts_chaos.twin.domains.return_refund.replay import answer_of, is_replay
from tts_chaos.twin.domains.return_refund.returning import move_return, open_return, open_return_of
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.money import ZERO

__all__ = ["calculate_refund", "create_return", "tell_eligibility"]

BAD_PARAMETER = 25001001
REASON_UNKNOWN = 25001014
STATE_FORBIDS = 25001003
REFUND_TOO_HIGH = 25005005
ORDER_UNKNOWN = 25007006

NOT_NOW = 25001003
OPEN_ALREADY = 25020009
"""Told as `ineligible_code`: the codes that the call itself would be refused with (assumed)."""

CANCELLABLE = frozenset({"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT"})
RETURNABLE = frozenset({"DELIVERED"})

_RETURN_TYPES = ("REFUND", "RETURN_AND_REFUND")
_REQUEST_TYPES: dict[str, tuple[str, ...]] = {
    "202309": ("CANCEL", "RETURN", "RETURN_AND_REFUND"),
    "202512": ("CANCEL", "RETURN", "RETURN_AND_REFUND"),
    "202602": ("CANCEL", "REFUND", "RETURN_AND_REFUND"),
}


@handles(
    "return_refund.202309.get_aftersale_eligibility",
    "return_refund.202512.get_aftersale_eligibility",
    "return_refund.202602.get_aftersale_eligibility",
)
def tell_eligibility(call: Call) -> dict[str, Any]:
    """Return, SKU by SKU, what may be asked for now, and why not where not."""
    order = _order(call, call.path["order_id"])
    wanted = call.query.get("request_types") or _REQUEST_TYPES[call.operation.version]
    by_sku: dict[str, list[LineItem]] = {}
    for line in order.open_lines:
        by_sku.setdefault(line.sku_id, []).append(line)
    refundable = {line.id for line in refundable_lines(call.env, order)}
    return {
        "sku_eligibility": [
            {
                "sku_id": sku_id,
                "line_item_eligibility": [
                    _verdict(call, order, _asked_for(kind, lines, refundable), kind)
                    for kind in wanted
                ],
            }
            for sku_id, lines in by_sku.items()
        ]
    }


def _asked_for(kind: str, lines: list[LineItem], refundable: set[str]) -> list[LineItem]:
    """Return the units that a request of that kind can be about."""
    return lines if kind == "CANCEL" else [line for line in lines if line.id in refundable]


def _verdict(call: Call, order: Order, lines: list[LineItem], kind: str) -> dict[str, Any]:
    code = _obstacle(call, order, kind) if lines else NOT_NOW
    shown: dict[str, Any] = {
        "request_type": kind,
        "order_line_items_ids": [line.id for line in lines],
        "eligible": code == 0,
    }
    if code:
        shown["ineligible_code"] = code
        shown["ineligible_reason"] = (
            f"An order in status {order.status} does not allow it."
            if lines
            else "Every unit is refunded already."
        )
    if call.operation.version >= "202512":
        by_seller = call.query.get("initiate_aftersale_user") == "SELLER"
        shown["available_reason_names"] = [] if code else _reasons(kind, by_seller=by_seller)
    if call.operation.version >= "202602":
        shown["order_line_list"] = [{"order_line_item_id": line.id} for line in lines]
    return shown


def _obstacle(call: Call, order: Order, kind: str) -> int:
    if kind == "CANCEL":
        return 0 if order.status in CANCELLABLE and not order.cancel_requested_at_s else NOT_NOW
    if order.status not in RETURNABLE:
        return NOT_NOW
    return OPEN_ALREADY if open_return_of(call.env, order) else 0


def _reasons(kind: str, *, by_seller: bool) -> list[str]:
    if kind == "CANCEL":
        return list(SELLER_CANCEL if by_seller else BUYER_CANCEL)
    return list(RETURN)


@handles("return_refund.202309.calculate_refund", "return_refund.202602.calculate_refund")
def calculate_refund(call: Call) -> dict[str, Any]:
    """Return what the buyer would get back; nothing changes."""
    order = _order(call, call.body["order_id"])
    kind = call.body["request_type"]
    _check_reason(call.body["reason_name"], kind)
    left = order.open_lines if kind == "CANCEL" else _refundable(call, order)
    lines = choose_lines(left, call.body)
    return {"order_refund_amount": render_refund(refund_of(order, _ids(lines)))}


@handles("return_refund.202309.create_return", "return_refund.202602.create_return")
def create_return(call: Call) -> dict[str, Any]:
    """Let the seller start a return or refund of a delivered order, at once approved."""
    order = _order(call, call.body["order_id"])
    kind = call.body["return_type"]
    answer = answer_of(call, f"create {kind}")
    earlier = _answered_before(call, order, answer)
    if earlier is not None:
        return {"return_id": earlier.id, "return_status": earlier.status}
    if kind not in _RETURN_TYPES:
        raise RefusalError(BAD_PARAMETER, f"The return type {kind!r} is unknown here.")
    _check_reason(call.body["return_reason"], kind)
    if order.status not in RETURNABLE or open_return_of(call.env, order):
        raise RefusalError(STATE_FORBIDS, f"An order in status {order.status} has no return.")
    lines = choose_lines(_refundable(call, order), call.body)
    agreed = _part_asked_for(call, order, lines)
    request = open_return(
        call.env,
        order,
        kind,
        call.body["return_reason"],
        role="SELLER",
        line_ids=tuple(_ids(lines)),
        agreed=agreed,
    )
    event = "approve_refund" if kind == "REFUND" else "approve_return"
    after = move_return(call.env, request, event, answer=answer, role="SELLER")
    return {"return_id": after.id, "return_status": after.status}


def _answered_before(call: Call, order: Order, answer: str) -> ReturnRequest | None:
    """Return what a call with this key started, also where the money is back by now."""
    rows = call.env.store.list(ReturnRequest, call.shop_id)
    return next(
        (row for row in rows if row.order_id == order.id and is_replay(row.answers, answer)), None
    )


def _refundable(call: Call, order: Order) -> Sequence[LineItem]:
    lines = refundable_lines(call.env, order)
    if not lines:
        raise RefusalError(STATE_FORBIDS, "Every unit of the order is refunded already.")
    return lines


def _part_asked_for(call: Call, order: Order, lines: list[LineItem]) -> Decimal:
    """Return the amount to give back where it is less than everything, else 0."""
    text = call.body.get("refund_total")
    if not text:
        return ZERO
    amount = parse_amount(text, order.currency)
    if amount is None or call.body.get("currency", order.currency) != order.currency:
        raise RefusalError(BAD_PARAMETER, f"The refund must be an amount in {order.currency}.")
    total = refund_of(order, _ids(lines)).total
    if amount > total:
        raise RefusalError(REFUND_TOO_HIGH, "The refund exceeds what can be refunded.")
    return amount if amount < total else ZERO


def _check_reason(reason: str, kind: str) -> None:
    known = {**SELLER_CANCEL, **BUYER_CANCEL} if kind == "CANCEL" else RETURN
    if reason not in known:
        text = f"The reason {text_of(reason)!r} is unknown for {kind}."
        raise RefusalError(REASON_UNKNOWN, text)


def _order(call: Call, order_id: str) -> Order:
    order = call.env.store.get(Order, call.shop_id, order_id)
    if order is None:
        raise RefusalError(ORDER_UNKNOWN, "The order does not exist in this shop.")
    return order


def _ids(lines: Iterable[LineItem]) -> list[str]:
    return [line.id for line in lines]
