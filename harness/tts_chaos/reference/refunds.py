"""Giving money back: read, decide once, read again; and reading what others gave back.

Returns and cancellations are read page by page as orders are, and whenever a webhook tells of one.
What the connector gives back itself is kept as a wish before the first try. Decisions carry the
wish's idempotency key in every try; cancelling an order has no such key. So after a lost answer the
requests of the order are read before anything is sent again, and money counts as given back only
when the platform was read to say so.

Source: protocol facts, sections 7.1, 7.2 and 7.5 (documented): page sizes, idempotency keys, states
and decisions; contract of `return_refund.approve_return` (documented: DIRECT_REFUND). Which
decision fits which state is inferred from the names.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from tts_chaos.reference.alerts import Alerts
from tts_chaos.reference.client import ApiClient, Call
from tts_chaos.reference.errors import (
    CallError,
    ConnectorError,
    NotRefundableError,
    UnknownOutcomeError,
)
from tts_chaos.reference.journal import Journal
from tts_chaos.reference.leases import Leases
from tts_chaos.reference.order_sync import OrderSync
from tts_chaos.reference.orders import Order
from tts_chaos.reference.pacing import Jitter
from tts_chaos.reference.refund_book import (
    CANCELLATION,
    KINDS,
    RETURN,
    Kind,
    RefundBook,
    Request,
    Wish,
    parse_request,
)
from tts_chaos.reference.settings import Patience, Shop

__all__ = ["CANCELLED", "RETURNED", "Refunds"]

CANCELLED, RETURNED = 11, 12
"""Types of webhooks about cancellations and returns. Source: webhook events (documented)."""

_OVERLAP_S = 900
_PAGE_SIZE = 50
_PAGE_LIMIT = 1_000
_TRIES = 4
_DECISIONS = {
    ("RETURN_OR_REFUND_REQUEST_PENDING", "REFUND"): "APPROVE_REFUND",
    ("RETURN_OR_REFUND_REQUEST_PENDING", "RETURN_AND_REFUND"): "DIRECT_REFUND",
    ("BUYER_SHIPPED_ITEM", "RETURN_AND_REFUND"): "APPROVE_RECEIVED_PACKAGE",
}
"""The decision that gives money back at once, by state and type of what the buyer asked for."""

_OPEN = frozenset({*(state for state, _ in _DECISIONS), "AWAITING_BUYER_RESPONSE"})
_CANCEL_PENDING = "CANCELLATION_REQUEST_PENDING"
_RETURN_REASON = "ecom_order_delivered_refund_and_return_reason_damaged"
_CANCEL_REASON = "seller_cancel_reason_out_of_stock"
_DONE_BEFORE_CODES = frozenset({25001011, 25011012, 25020003, 25020009, 25020010, 25020011})
"""The platform says that the decision was taken, or the order cancelled, before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    """What one wish comes to: the call that fulfils it, made anew from what was last read."""

    order: Order
    shop: Shop
    kind: Kind
    call: Callable[[Sequence[Request], str], Call]


class Refunds:
    """Reads and gives refunds."""

    def __init__(
        self,
        *,
        client: ApiClient,
        orders: OrderSync,
        book: RefundBook,
        leases: Leases,
        alerts: Alerts,
        journal: Journal,
        jitter: Jitter,
    ) -> None:
        self._client = client
        self._orders = orders
        self._book = book
        self._leases = leases
        self._alerts = alerts
        self._journal = journal
        self._jitter = jitter

    def all(self) -> list[dict[str, Any]]:
        """Return what was given back: {order_id, id, amount, currency, line_ids, shop_id}."""
        return self._book.given_back()

    # -- reading --------------------------------------------------------------------------------

    def sync(self, shop: Shop) -> None:
        """Read what changed since the last complete run.

        Raises:
            ConnectorError: If anything could not be read; what was read is kept.
        """
        for kind in KINDS:
            started = int(time.time())
            since = max(0, self._book.mark(shop.id, kind) - _OVERLAP_S)
            self._read(shop, kind, {"update_time_ge": since})
            self._book.move_mark(shop.id, kind, started)

    def read(
        self, shop: Shop, kind: Kind, order_ids: Sequence[str], *, in_a_hurry: bool = False
    ) -> list[Request]:
        """Read the requests about some orders, keep and return them.

        Raises:
            ConnectorError: If they could not be read.
        """
        return self._read(shop, kind, {"order_ids": list(order_ids)}, in_a_hurry=in_a_hurry)

    def _read(
        self, shop: Shop, kind: Kind, wanted: dict[str, Any], *, in_a_hurry: bool = False
    ) -> list[Request]:
        found: dict[str, Request] = {}
        token, counted = "", 0
        for _ in range(_PAGE_LIMIT):
            query = {"page_size": str(_PAGE_SIZE)} | ({"page_token": token} if token else {})
            call = Call(
                name=f"{kind.name}.search",
                method="POST",
                path=f"{kind.path}/search",
                shop=shop,
                query=query,
                body=wanted,
            )
            page = self._client.call(call, in_a_hurry=in_a_hurry)
            requests = self._parse(shop, kind, page)
            self._book.store(shop.id, requests)
            found.update((request.id, request) for request in requests)
            count = page.get("total_count")
            counted = counted or (count if isinstance(count, int) else 0)
            next_token = str(page.get("next_page_token") or "")
            if not next_token or next_token == token:
                break
            token = next_token
        if len(found) < counted or (next_token and next_token == token):
            raise self._report(
                shop, ConnectorError(f"{counted} {kind.name}s are counted, {len(found)} are shown")
            )
        return list(found.values())

    def _parse(self, shop: Shop, kind: Kind, page: dict[str, Any]) -> list[Request]:
        rows = page.get(kind.rows)
        if rows is None:
            # An empty page counts its rows all the same; one that says nothing is no empty page.
            rows = [] if "total_count" in page else None
        if not isinstance(rows, list):
            problem = ConnectorError(f"the {kind.name} search tells no list", cause="mapping")
            raise self._report(shop, problem)
        try:
            return [parse_request(kind, row) for row in rows]
        except ConnectorError as error:
            raise self._report(shop, error) from error

    def _report(self, shop: Shop, error: ConnectorError) -> ConnectorError:
        self._alerts.report(error.cause, f"{shop.id} refunds", str(error))
        return error

    # -- giving back ----------------------------------------------------------------------------

    def refund(
        self, order_id: str, amount: str, *, shops: Sequence[Shop], patience: Patience
    ) -> list[dict[str, Any]]:
        """Give money back for a delivered order, once, however many tries it takes.

        Args:
            order_id: The order.
            amount: Decimal text, in the order's currency; "" for everything that is left, which
                grants the buyer's own request where one is open.
            shops: Shops to look in.
            patience: Pauses between tries.

        Returns:
            What the order's buyer got back so far.

        Raises:
            NotRefundableError: If its state does not allow it.
            UnknownOutcomeError: If it stayed unknown whether the money went back; asked again, the
                same decision is taken up.
            ConnectorError: If a call failed for good.
        """
        part = _amount(amount)
        wish = f"refund {part}" if part else "refund"
        with self._leases.hold(f"refund {order_id}"):
            order, shop = self._find(order_id, shops)

            def call(requests: Sequence[Request], key: str) -> Call:
                return self._refund_call(order, shop, part, requests, key)

            deed = _Deed(order=order, shop=shop, kind=RETURN, call=call)
            self._do(deed, wish, patience, part=part)
        return [row for row in self.all() if row["order_id"] == order_id]

    def cancel(
        self, order_id: str, *, shops: Sequence[Shop], patience: Patience
    ) -> list[dict[str, Any]]:
        """Cancel a whole order that was not shipped, or let the buyer's request to do so pass.

        Args:
            order_id: The order.
            shops: Shops to look in.
            patience: Pauses between tries.

        Returns:
            What the order's buyer got back so far.

        Raises:
            NotRefundableError: If its state does not allow it.
            UnknownOutcomeError: If it stayed unknown whether the order is cancelled.
            ConnectorError: If a call failed for good.
        """
        with self._leases.hold(f"refund {order_id}"):
            order, shop = self._find(order_id, shops)

            def call(requests: Sequence[Request], key: str) -> Call:
                return self._cancel_call(order, shop, requests, key)

            if order.status != "CANCELLED":
                deed = _Deed(order=order, shop=shop, kind=CANCELLATION, call=call)
                self._do(deed, "cancel", patience)
                self._orders.read(shop, [order_id])
            else:
                self.read(shop, CANCELLATION, [order_id])
        return [row for row in self.all() if row["order_id"] == order_id]

    def _find(self, order_id: str, shops: Sequence[Shop]) -> tuple[Order, Shop]:
        if not order_id.isascii() or not order_id.isdigit():
            raise NotRefundableError(f"{order_id!r} is no order id", cause="mapping")
        found = self._orders.find(order_id, shops)
        if found is None:
            raise NotRefundableError(f"order {order_id} is in none of the shops")
        if not found[0].paid_time:
            raise NotRefundableError(f"order {order_id} was never paid")
        return found

    def _do(self, deed: _Deed, text: str, patience: Patience, *, part: str = "") -> None:
        """Fulfil a wish: look first, act, and look again until it is seen to be fulfilled."""
        order, shop = deed.order, deed.shop
        requests = self.read(shop, deed.kind, [order.id])
        known = [request.id for request in requests if request.is_granted]
        wish = self._book.wish(order.id, text, key=_key(order.id, text, known), known_ids=known)
        problem: CallError | None = None
        for attempt in range(1, _TRIES + 1):
            if _is_fulfilled(requests, wish, part):
                self._book.fulfil(wish)
                self._journal.write("refunded", order=order.id, wish=text)
                return
            if problem is not None and not isinstance(problem, UnknownOutcomeError):
                self._book.fulfil(wish)
                raise problem
            problem = self._try(deed, requests, wish)
            if isinstance(problem, UnknownOutcomeError):
                self._leases.sleep(self._jitter.pause_s(patience, attempt))
            requests = self.read(shop, deed.kind, [order.id])
        if _is_fulfilled(requests, wish, part):
            self._book.fulfil(wish)
            return
        raise problem or UnknownOutcomeError(
            f"order {order.id} was decided on without error and does not show it",
            cause="contract",
            operation=f"{deed.kind.name}.decide",
        )

    def _try(self, deed: _Deed, requests: Sequence[Request], wish: Wish) -> CallError | None:
        try:
            self._client.call(deed.call(requests, wish.key))
        except UnknownOutcomeError as error:
            return error
        except CallError as error:
            if error.code in _DONE_BEFORE_CODES:
                return error
            self._book.fulfil(wish)
            raise
        except NotRefundableError:
            self._book.fulfil(wish)
            raise
        return None

    def _refund_call(
        self, order: Order, shop: Shop, part: str, requests: Sequence[Request], key: str
    ) -> Call:
        asked = next((request for request in requests if request.state in _OPEN), None)
        if asked is not None:
            return self._approval(shop, asked, part, key)
        done = self._book.refunded_lines(order.id)
        lines = [line for line in order.lines if line.id not in done and line.status != "CANCELLED"]
        if not lines:
            raise NotRefundableError(f"every unit of order {order.id} is refunded already")
        body: dict[str, Any] = {
            "order_id": order.id,
            "return_type": "REFUND",
            "return_reason": _RETURN_REASON,
        }
        if part:
            chosen, left = [], Decimal(part)
            for line in lines:
                chosen.append(line)
                left -= Decimal(line.sale_price)
                if left <= 0:
                    break
            lines = chosen
            body |= {"refund_total": part, "currency": order.currency}
        body["order_line_item_ids"] = [line.id for line in lines]
        return Call(
            name="return.create",
            method="POST",
            path=RETURN.path,
            shop=shop,
            query={"idempotency_key": key},
            body=body,
            changes=True,
        )

    def _approval(self, shop: Shop, asked: Request, part: str, key: str) -> Call:
        decision = _DECISIONS.get((asked.state, asked.type))
        if part or decision is None:
            raise NotRefundableError(
                f"the buyer of order {asked.order_id} asks for {asked.type}, which is "
                f"{asked.state}; answer that first"
            )
        return Call(
            name="return.approve",
            method="POST",
            path=f"{RETURN.path}/{asked.id}/approve",
            shop=shop,
            query={"idempotency_key": key},
            body={"decision": decision},
            changes=True,
        )

    def _cancel_call(self, order: Order, shop: Shop, requests: Sequence[Request], key: str) -> Call:
        asked = next((request for request in requests if request.state == _CANCEL_PENDING), None)
        if asked is not None:
            return Call(
                name="cancellation.approve",
                method="POST",
                path=f"{CANCELLATION.path}/{asked.id}/approve",
                shop=shop,
                query={"idempotency_key": key},
                body={},
                changes=True,
            )
        # Each unit is named, so that a second cancellation could not reach for others.
        lines = [line.id for line in order.lines if line.status != "CANCELLED"]
        return Call(
            name="order.cancel",
            method="POST",
            path=CANCELLATION.path,
            shop=shop,
            body={
                "order_id": order.id,
                "cancel_reason": _CANCEL_REASON,
                "order_line_item_ids": lines,
            },
            changes=True,
        )


def _key(order_id: str, wish: str, known: Sequence[str]) -> str:
    """Return the idempotency key of a wish: the same in each try, another once it was fulfilled."""
    return hashlib.sha256(f"{order_id} {wish} {sorted(known)}".encode()).hexdigest()[:40]


def _is_fulfilled(requests: Sequence[Request], wish: Wish, part: str) -> bool:
    """Whether a request was granted since, and for the part of the money that was meant."""
    return any(
        each.is_granted
        and each.id not in wish.known_ids
        and (not part or Decimal(each.amount) == Decimal(part))
        for each in requests
    )


def _amount(text: str) -> str:
    if not text:
        return ""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or amount <= 0:
        raise NotRefundableError(f"{text!r} is no amount", cause="mapping")
    return text
