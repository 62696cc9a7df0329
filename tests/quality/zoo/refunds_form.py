"""A correct integration that gives money back, and knows what others gave back.

It searches for returns and cancellations as it searches for orders, and after each try of its own.
A decision has one idempotency key in every try; cancelling has none, so it looks first.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.quality.zoo.base import OVERLAP_S, PAGE_LIMIT, Connector
from tests.quality.zoo.manners import Json, Trouble

from tts_chaos.typing import ShopAccess

__all__ = ["GRANTED", "KINDS", "RefundsConnector"]

KINDS = {"returns": "return", "cancellations": "cancel"}
"""Collection, and how its rows spell what is theirs."""

GRANTED = frozenset(
    {
        "RETURN_OR_REFUND_REQUEST_SUCCESS",
        "RETURN_OR_REFUND_REQUEST_COMPLETE",
        "CANCELLATION_REQUEST_SUCCESS",
        "CANCELLATION_REQUEST_COMPLETE",
    }
)
REASON = "ecom_order_delivered_refund_and_return_reason_damaged"
CANCEL_REASON = "seller_cancel_reason_out_of_stock"


class RefundsConnector(Connector):
    """The zoo's own integration, and refunds."""

    def first_state(self) -> Json:
        return {**super().first_state(), "requests": {}, "request_marks": {}}

    # -- reading --------------------------------------------------------------------------------

    def sync_shop(self, shop: ShopAccess, started: int) -> None:
        super().sync_shop(shop, started)
        self.sync_requests(shop, started)

    def sync_requests(self, shop: ShopAccess, started: int) -> None:
        """Read the requests that changed; the mark moves only after everything was read."""
        since = max(0, self.state["request_marks"].get(shop.id, 0) - OVERLAP_S)
        for collection in self.collections():
            self.search_requests(shop, collection, {"update_time_ge": since})
        self.state["request_marks"][shop.id] = started

    def collections(self) -> Iterable[str]:
        """Return the collections that are searched."""
        return KINDS

    def search_requests(self, shop: ShopAccess, collection: str, body: Json) -> list[Json]:
        """Read and keep all pages of a search."""
        token, found = "", list[Json]()
        for _ in range(PAGE_LIMIT):
            query = [("page_size", "50"), *([("page_token", token)] if token else [])]
            path = f"/return_refund/202309/{collection}/search"
            page = self.call("POST", path, shop, query=query, json_body=body)
            rows = page.get("return_orders" if collection == "returns" else collection) or []
            for row in rows:
                self.book_request(KINDS[collection], row)
            found += rows
            token = page.get("next_page_token") or ""
            if not token:
                return found
        raise Trouble("contract", "the pages do not end")

    def book_request(self, word: str, row: Json) -> None:
        """Keep the newest state of a request."""
        self.state["requests"][row[f"{word}_id"]] = {
            "id": row[f"{word}_id"],
            "order_id": row["order_id"],
            "status": row[f"{word}_status"],
            "amount": self.amount_of(word, row),
            "currency": row["refund_amount"]["currency"],
        }

    def amount_of(self, word: str, row: Json) -> Any:
        """Return what a request gives back."""
        return row["refund_amount"]["refund_total"]

    def work_off(self) -> None:
        due = list(self.state["inbox"])
        super().work_off()
        for shop in self.connection.shops:
            ids = sorted({row[1] for row in due if row[0] == shop.id})
            for collection in self.collections() if ids else ():
                self.search_requests(shop, collection, {"order_ids": ids})

    # -- giving back ----------------------------------------------------------------------------

    def refund(self, order_id: str, amount: str) -> None:
        """Give money back, once; a buyer's open request is granted."""
        shop = self.shop_of(order_id)
        try:
            self.read_orders(shop, [order_id])
            self.give(shop, order_id, amount)
        finally:
            self.save()

    def give(self, shop: ShopAccess, order_id: str, amount: str) -> None:
        """Look, decide, and look again before any further try."""
        before: set[str] | None = None
        trouble: Trouble | None = None
        for attempt in range(1, 5):
            rows = self.search_requests(shop, "returns", {"order_ids": [order_id]})
            done = {row["return_id"] for row in rows if row["return_status"] in GRANTED}
            if before is None:
                before = done
            if done - before:
                return
            trouble = self.try_refund(shop, order_id, amount, rows, attempt)
        raise trouble or Trouble("contract", f"order {order_id} is not seen refunded")

    def try_refund(
        self, shop: ShopAccess, order_id: str, amount: str, rows: list[Json], attempt: int
    ) -> Trouble | None:
        """Decide once; returns why it is not certain."""
        pending = [row for row in rows if row["return_status"].endswith("_REQUEST_PENDING")]
        key = f"{order_id}-{amount}-{len(rows)}"
        try:
            if pending:
                self.approve_return(shop, pending[0]["return_id"], key)
            else:
                self.start_refund(shop, order_id, amount, key)
        except Trouble as trouble:
            if trouble.kind != "unknown":
                raise
            time.sleep(self.pause_s(trouble, attempt))
            return trouble
        return None

    def approve_return(self, shop: ShopAccess, id: str, key: str) -> None:
        """Grant a request."""
        path = f"/return_refund/202309/returns/{id}/approve"
        body = {"decision": "APPROVE_REFUND"}
        self.decide(path, shop, body, key)

    def decide(self, path: str, shop: ShopAccess, body: Json, key: str) -> None:
        """Send a decision under its key."""
        query = [("idempotency_key", key)]
        self.call("POST", path, shop, query=query, json_body=body, changes=True)

    def start_refund(self, shop: ShopAccess, order_id: str, amount: str, key: str) -> None:
        """Start a refund of everything that is left, or of a part for one unit."""
        order = self.state["orders"][order_id]
        body: Json = {"order_id": order_id, "return_type": "REFUND", "return_reason": REASON}
        body |= self.part(order, amount) if amount else {}
        self.decide("/return_refund/202309/returns", shop, body, key)

    def part(self, order: Json, amount: str) -> Json:
        """Return the fields that ask for a part: for the first unit, by its id."""
        return {
            "order_line_item_ids": [order["lines"][0]["id"]],
            "refund_total": amount,
            "currency": order["currency"],
        }

    def cancel(self, order_id: str) -> None:
        """Cancel an order; looked at before each try."""
        shop = self.shop_of(order_id)
        try:
            self.give_up(shop, order_id)
        finally:
            self.save()

    def give_up(self, shop: ShopAccess, order_id: str) -> None:
        """Look, cancel, look again."""
        trouble: Trouble | None = None
        for attempt in range(1, 5):
            self.read_orders(shop, [order_id])
            self.search_requests(shop, "cancellations", {"order_ids": [order_id]})
            if self.state["orders"][order_id]["status"] == "CANCELLED":
                return
            trouble = self.try_to_cancel(shop, order_id, attempt)
        raise trouble or Trouble("contract", f"order {order_id} is not seen cancelled")

    def try_to_cancel(self, shop: ShopAccess, order_id: str, attempt: int) -> Trouble | None:
        """Cancel once; returns why it is not certain."""
        body = {"order_id": order_id, "cancel_reason": CANCEL_REASON}
        path = "/return_refund/202309/cancellations"
        try:
            self.call("POST", path, shop, json_body=body, changes=True)
        except Trouble as trouble:
            if trouble.kind != "unknown":
                raise
            time.sleep(self.pause_s(trouble, attempt))
            return trouble
        return None

    # -- observations ---------------------------------------------------------------------------

    def refunds(self) -> Any:
        """Return what was given back."""
        return [
            {key: row[key] for key in ("order_id", "id", "amount", "currency")}
            for row in self.state["requests"].values()
            if self.counts(row)
        ]

    def counts(self, row: Json) -> bool:
        """Whether a request gave money back."""
        return row["status"] in GRANTED and Decimal(row["amount"]) > 0
