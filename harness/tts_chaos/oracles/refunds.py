"""Money given back, as the platform has it and as the integration tells it, and calls that give it.

Source: protocol facts, sections 7.2 and 7.5, and webhook events 11 and 12 (documented): operations,
states and decisions. An order that the platform cancels by itself has no request of its own in the
twin's books; what an integration makes of such an order is left open (assumed).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tts_chaos.core.history import Exchange, History, Observed, Truth, WebhookSent
from tts_chaos.oracles.beliefs import as_decimal, true_orders
from tts_chaos.oracles.calls import operation_name
from tts_chaos.oracles.stock_writes import decoded
from tts_chaos.oracles.targets import tells_of
from tts_chaos.oracles.unsettled import Teller, open_writes

__all__ = [
    "REFUND_OPERATIONS",
    "Refund",
    "asked_amounts",
    "believed_refunds",
    "body_of",
    "decisions_told",
    "is_pending",
    "left_to_the_platform",
    "open_refunds",
    "refund_writes",
    "requests_of",
    "spell",
    "started_by_seller",
]

RETURNS = "return"
CANCELLATIONS = "cancellation"

REFUND_OPERATIONS: Mapping[str, str] = {
    "return_refund.create_return": RETURNS,
    "return_refund.approve_return": RETURNS,
    "return_refund.reject_return": RETURNS,
    "return_refund.cancel_order": CANCELLATIONS,
    "return_refund.approve_cancellation": CANCELLATIONS,
    "return_refund.reject_cancellation": CANCELLATIONS,
}
"""Calls that decide about money, each with the kind of request that it decides."""

_SEARCHES = {
    "return_refund.search_returns": RETURNS,
    "return_refund.search_cancellations": CANCELLATIONS,
}
_EVENTS = {11: CANCELLATIONS, 12: RETURNS}
_STARTS = frozenset({"create_time_ge", "update_time_ge"})
_HARMLESS = frozenset({*_STARTS, "locale"})


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the platform has it, or a refund as the integration tells it.

    Attributes:
        id: The platform's id of the return or cancellation; "" where none is told.
        order: Order id.
        amount: What is given back; None where it cannot be read.
        currency: Three letters, "" where none is told.
        kind: `return` or `cancellation`; "" in what the integration tells.
        status: The platform's state, "" in what the integration tells.
        role: Who asked: `BUYER`, `SELLER` or `SYSTEM`; "" in what the integration tells.
    """

    id: str
    order: str
    amount: Decimal | None
    currency: str
    kind: str = ""
    status: str = ""
    role: str = ""


def requests_of(truth: Truth) -> dict[str, list[Refund]]:
    """Return every return and cancellation by order; those without an amount gave nothing back."""
    return truth.derive(_read_requests)


def _read_requests(truth: Truth) -> dict[str, list[Refund]]:
    by_order: dict[str, list[Refund]] = {}
    for shop in (truth.ledger.get("shops") or {}).values():
        for kind, rows in ((RETURNS, "returns"), (CANCELLATIONS, "cancellations")):
            for row in shop.get(rows) or ():
                request = Refund(
                    id=str(row["id"]),
                    order=str(row["order_id"]),
                    amount=as_decimal(row.get("refund_amount")) or Decimal(0),
                    currency=str(row.get("currency") or ""),
                    kind=kind,
                    status=str(row.get("status") or ""),
                    role=str(row.get("role") or ""),
                )
                by_order.setdefault(request.order, []).append(request)
    return by_order


def believed_refunds(observed: Observed) -> dict[str, list[Refund]] | None:
    """Return what an observation tells, by order; None where it is no list of mappings."""
    return observed.derive(_read_believed)


def _read_believed(observed: Observed) -> dict[str, list[Refund]] | None:
    if not isinstance(observed.value, list | tuple):
        return None
    by_order: dict[str, list[Refund]] = {}
    for row in observed.value:
        if not isinstance(row, Mapping):
            return None
        id = row.get("id") or row.get("return_id") or row.get("cancel_id") or ""
        refund = Refund(
            id=str(id),
            order=str(row.get("order_id") or ""),
            amount=as_decimal(row.get("amount")),
            currency=str(row.get("currency") or ""),
        )
        by_order.setdefault(refund.order, []).append(refund)
    return by_order


def left_to_the_platform(truth: Truth, order_id: str) -> bool:
    """Whether the platform cancelled a paid order itself, with no request that tells of money."""
    order = true_orders(truth).get(order_id)
    if order is None or order.raw.get("status") != "CANCELLED" or not order.raw.get("paid_at_s"):
        return False
    requests = requests_of(truth).get(order_id, ())
    return not any(request.amount for request in requests)


def spell(amount: Decimal | None, currency: str) -> str:
    """Return an amount as people write it: `5.00 GBP`."""
    return f"{'nothing' if amount is None else format(amount, 'f')} {currency}".strip()


def is_pending(request: Refund) -> bool:
    """Whether a request still waits for a decision."""
    return "PENDING" in request.status or request.status.startswith(("AWAITING", "BUYER_SHIPPED"))


def refund_writes(
    history: History, order_id: str, requests: Collection[Refund], *, kind: str = ""
) -> list[Exchange]:
    """Return the calls that decide about money for an order, or about one kind of its requests."""
    ids = {request.id for request in requests if not kind or request.kind == kind}
    return [
        exchange
        for exchange in history.exchanges()
        if (of_kind := REFUND_OPERATIONS.get(operation_name(exchange)))
        and kind in ("", of_kind)
        and _names(exchange, order_id, ids)
    ]


def _names(exchange: Exchange, order_id: str, ids: Collection[str]) -> bool:
    parts = exchange.path.strip("/").split("/")
    if len(parts) > 3:
        return parts[3] in ids
    return str(decoded(exchange.body).get("order_id") or "") == order_id


def open_refunds(
    history: History, order_id: str, requests: Collection[Refund], *, at: int
) -> list[Exchange]:
    """Return the calls about an order's money whose outcome the client cannot know at record `at`.

    What tells is a search that names the order or one of its requests, a search of everything since
    before the call, the order itself where it was cancelled, or a webhook of a decision.
    """
    opened: list[Exchange] = []
    for kind in (RETURNS, CANCELLATIONS):
        writes = refund_writes(history, order_id, requests, kind=kind)
        if writes:
            since_s = min(write.started_ms for write in writes) // 1000
            tells = _teller(order_id, {r.id for r in requests if r.kind == kind}, kind, since_s)
            opened += open_writes(history, writes, tells, at=at)
    return opened


def _teller(order_id: str, ids: Collection[str], kind: str, since_s: int) -> Teller:
    def tells(record: Exchange | WebhookSent) -> bool:
        if isinstance(record, WebhookSent):
            return _EVENTS.get(record.type) == kind and _decides(record, order_id)
        name = operation_name(record)
        if _SEARCHES.get(name) == kind:
            return tells_of(record, {order_id, *ids}) or _shows_all(record, since_s)
        if name == "order.get_order_detail":
            return kind == CANCELLATIONS and tells_of(record, {order_id})
        return name == "return_refund.get_return_records" and tells_of(record, ids)

    return tells


def _decides(sent: WebhookSent, order_id: str) -> bool:
    data = decoded(sent.body).get("data")
    if not isinstance(data, Mapping) or str(data.get("order_id")) != order_id:
        return False
    return "PENDING" not in str(data.get("return_status") or data.get("cancel_status") or "")


def _shows_all(search: Exchange, since_s: int) -> bool:
    """Whether a search that names no order would have shown whatever came of a call, and ended."""
    asked = decoded(search.body)
    if asked.keys() - _HARMLESS:
        return False
    starts = [asked[name] for name in _STARTS & asked.keys()]
    data = decoded(search.response_body).get("data")
    is_last = isinstance(data, Mapping) and not data.get("next_page_token")
    return is_last and all(isinstance(start, int) and start <= since_s for start in starts)


def decisions_told(history: History, order_id: str) -> Iterator[WebhookSent]:
    """Yield the webhooks that told of a decision about an order's money."""
    for sent in history.of(WebhookSent):
        if sent.genuine and sent.type in _EVENTS and _decides(sent, order_id):
            yield sent


def asked_amounts(arguments: Any) -> tuple[str, str]:
    """Return order and amount that an invocation of refund() or cancel() asked for."""
    if not isinstance(arguments, Mapping):
        return "", ""
    return str(arguments.get("order_id") or ""), str(arguments.get("amount") or "")


def started_by_seller(after: Any) -> str:
    """Return the order of a request that the seller started, "" for any other change."""
    if not isinstance(after, Mapping) or after.get("role") != "SELLER":
        return ""
    return str(after.get("order_id") or "")


def body_of(exchange: Exchange) -> str:
    """Return what a call asks for, in one form whatever the order of its keys."""
    return json.dumps(decoded(exchange.body), sort_keys=True)
