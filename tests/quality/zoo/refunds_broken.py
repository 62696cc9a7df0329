"""Integrations that lose, double, invent or miscount what buyers get back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.quality.zoo.manners import Json, Trouble
from tests.quality.zoo.refunds_form import RefundsConnector
from tests.quality.zoo.registry import broken, broken_reference

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.typing import ShopAccess

__all__: list[str] = []

# -- refunds_complete -----------------------------------------------------------------------------


@broken("refunds_complete.refund_lost", "refunds/nobody-answers")
class WaitsForRefundWebhooks(RefundsConnector):
    """Reads returns and cancellations only when a webhook tells of one, and never polls."""

    def sync_requests(self, shop: ShopAccess, started: int) -> None:
        pass


@broken("refunds_complete.refund_lost", "refunds/search-down")
class MovesItsRefundMarkFirst(RefundsConnector):
    """Moves the mark of its search for refunds before it has read anything."""

    def sync_requests(self, shop: ShopAccess, started: int) -> None:
        since = max(0, self.state["request_marks"].get(shop.id, 0) - 900)
        self.state["request_marks"][shop.id] = started
        for collection in self.collections():
            self.search_requests(shop, collection, {"update_time_ge": since})


@broken(
    "refunds_complete.refund_lost",
    "refunds/cancelled-in-triplicate",
    "refunds/cancel-answer-lost",
)
class KnowsNoCancellations(RefundsConnector):
    """Takes returns for all there is, and books no refund of a cancelled order."""

    def counts(self, row: Json) -> bool:
        return super().counts(row) and not row["status"].startswith("CANCELLATION")


@broken("refunds_complete.refund_lost", "refunds/granted-answer-lost")
class BooksOnlyConfirmedRefunds(RefundsConnector):
    """Books its own refund when its call is answered, and lets a lost answer stand for no."""

    def approve_return(self, shop: ShopAccess, id: str, key: str) -> None:
        super().approve_return(shop, id, key)
        self.state.setdefault("confirmed", []).append(id)

    def counts(self, row: Json) -> bool:
        return super().counts(row) and row["id"] in self.state.get("confirmed", [])


@broken_reference("refunds_complete.refund_lost", "refunds/nobody-answers")
def reads_no_returns_by_itself(reference: ReferenceIntegration) -> None:
    """Searches for returns and cancellations only when a webhook names one."""
    reference._refunds.sync = lambda shop: None  # type: ignore[method-assign]


# -- refunds_true ---------------------------------------------------------------------------------


@broken("refunds_true.refund_told_twice", "refunds/cancelled-in-triplicate")
class BooksRefundsPerDelivery(RefundsConnector):
    """Books a refund for each delivery of a webhook that tells of one."""

    def is_new(self, event: Json) -> bool:
        data = event.get("data")
        if isinstance(data, dict) and str(data.get("cancel_status")).endswith("_SUCCESS"):
            self.state.setdefault("deliveries", []).append(str(data["order_id"]))
        return super().is_new(event)

    def refunds(self) -> Any:
        rows = super().refunds()
        told = self.state.get("deliveries", [])
        return [row for row in rows for _ in range(max(1, told.count(row["order_id"])))]


@broken("refunds_true.refund_told_twice", "refunds/part-then-the-rest")
class AddsARowPerRead(RefundsConnector):
    """Adds a row to its books whenever it reads a request that was granted."""

    def book_request(self, word: str, row: Json) -> None:
        super().book_request(word, row)
        self.state.setdefault("rows", []).append(row[f"{word}_id"])

    def refunds(self) -> Any:
        rows = {row["id"]: row for row in super().refunds()}
        return [rows[id] for id in self.state.get("rows", []) if id in rows]


@broken("refunds_true.unpaid_refund_believed", "refunds/unpaid-cancelled")
class RefundsEveryCancelledOrder(RefundsConnector):
    """Takes every cancelled order for one that was paid back, in full."""

    def refunds(self) -> Any:
        rows = super().refunds()
        known = {row["order_id"] for row in rows}
        cancelled = [o for o in self.state["orders"].values() if o["status"] == "CANCELLED"]
        return [
            *rows,
            *(
                {"order_id": o["id"], "amount": o["total_amount"], "currency": o["currency"]}
                for o in cancelled
                if o["id"] not in known and not o["paid_time"]
            ),
        ]


@broken("refunds_true.refused_refund_believed", "refunds/withdrawn")
class BooksWhatIsAskedFor(RefundsConnector):
    """Books a refund as soon as a buyer asks for it."""

    def counts(self, row: Json) -> bool:
        return Decimal(row["amount"]) > 0


@broken("refunds_true.refused_refund_believed", "refunds/refused")
class BooksBeforeItRefunds(RefundsConnector):
    """Books a refund before it calls, and lets it stand when the call is refused."""

    def start_refund(self, shop: ShopAccess, order_id: str, amount: str, key: str) -> None:
        order = self.state["orders"][order_id]
        self.state.setdefault("early", {})[order_id] = {
            "order_id": order_id,
            "amount": amount or order["total_amount"],
            "currency": order["currency"],
        }
        super().start_refund(shop, order_id, amount, key)

    def refunds(self) -> Any:
        rows = super().refunds()
        known = {row["order_id"] for row in rows}
        early = self.state.get("early", {}).values()
        return [*rows, *(row for row in early if row["order_id"] not in known)]


@broken("refunds_true.refund_imagined", "refunds/cancel-not-applied")
class TakesALostAnswerForDone(RefundsConnector):
    """Takes a cancellation whose answer was lost for done, and books the refund."""

    def try_to_cancel(self, shop: ShopAccess, order_id: str, attempt: int) -> Trouble | None:
        trouble = super().try_to_cancel(shop, order_id, attempt)
        if trouble is not None:
            order = self.state["orders"][order_id]
            self.state.setdefault("believed", []).append(
                {
                    "order_id": order_id,
                    "amount": order["total_amount"],
                    "currency": order["currency"],
                }
            )
        return trouble

    def give_up(self, shop: ShopAccess, order_id: str) -> None:
        self.read_orders(shop, [order_id])
        trouble = self.try_to_cancel(shop, order_id, 1)
        if trouble is not None:
            raise trouble

    def refunds(self) -> Any:
        return [*super().refunds(), *self.state.get("believed", [])]


@broken("refunds_true.refund_imagined", "refunds/cancelled-in-triplicate")
class BooksUnderTheCancellationsId(RefundsConnector):
    """Books a refund under the id of the cancellation where the order's belongs."""

    def refunds(self) -> Any:
        return [row | {"order_id": row["id"]} for row in super().refunds()]


@broken(
    "refunds_true.refund_amount_wrong", "refunds/granted-answer-lost", "refunds/part-answer-lost"
)
class AddsUpLinePrices(RefundsConnector):
    """Adds the prices of the lines up instead of reading what is given back."""

    def amount_of(self, word: str, row: Json) -> Any:
        lines = row[f"{word}_line_items"]
        return str(sum(Decimal(line["refund_amount"]["refund_subtotal"]) for line in lines))


@broken("refunds_true.refund_amount_wrong", "refunds/part-then-the-rest")
class BooksTheOrdersTotal(RefundsConnector):
    """Books the order's total for each of its refunds."""

    def refunds(self) -> Any:
        orders = self.state["orders"]
        return [
            row | {"amount": orders[row["order_id"]]["total_amount"]} for row in super().refunds()
        ]


@broken("refunds_true.refund_amount_wrong", "refunds/granted-answer-lost")
class CountsCentsAsUnits(RefundsConnector):
    """Keeps refunds in minor units, and tells them as if they were units."""

    def amount_of(self, word: str, row: Json) -> Any:
        return str(int(Decimal(row["refund_amount"]["refund_total"]) * 100))


@broken("refunds_true.refunds_unreadable", "refunds/granted-answer-lost")
class TellsRefundsAsText(RefundsConnector):
    """Tells amounts as people read them, with the sign of a currency before them."""

    def refunds(self) -> Any:
        return [row | {"amount": f"£ {row['amount']}"} for row in super().refunds()]


# -- refunds_as_asked -----------------------------------------------------------------------------


class _NamesUnitsByNumber(RefundsConnector):
    """Asks for a part by SKU and number of units."""

    def part(self, order: Json, amount: str) -> Json:
        skus = [{"sku_id": order["lines"][0]["sku_id"], "quantity": 1}]
        return {"skus": skus, "refund_total": amount, "currency": order["currency"]}


@broken("refunds_as_asked.refunded_twice", "refunds/part-applied-twice")
class SendsRefundsWithoutAKey(_NamesUnitsByNumber):
    """Starts a refund without an idempotency key, for one unit of a SKU whichever it be."""

    def decide(self, path: str, shop: ShopAccess, body: Json, key: str) -> None:
        self.call("POST", path, shop, json_body=body, changes=True)


@broken(
    "refunds_as_asked.refunded_twice",
    "refunds/part-answer-lost",
    "refunds/part-applied-late",
)
class RefundsBlindly(_NamesUnitsByNumber):
    """Sends a refund whose answer was lost again, under a new key and without a look."""

    tries = 0

    def decide(self, path: str, shop: ShopAccess, body: Json, key: str) -> None:
        for _ in range(3):
            self.tries += 1
            try:
                return super().decide(path, shop, body, f"{key}-{self.tries}")
            except Trouble as trouble:
                if trouble.kind != "unknown":
                    raise
        return None


@broken("refunds_as_asked.given_other_than_asked", "refunds/part-answer-lost")
class RefundsEverything(RefundsConnector):
    """Leaves the amount out, so that the platform gives everything back."""

    def part(self, order: Json, amount: str) -> Json:
        return {}


@broken("refunds_as_asked.refund_did_nothing", "refunds/refused")
class PassesOverWhatIsUnderWay(RefundsConnector):
    """Passes over an order that is still under way, and tells nobody."""

    def give(self, shop: ShopAccess, order_id: str, amount: str) -> None:
        if self.state["orders"][order_id]["status"] == "DELIVERED":
            super().give(shop, order_id, amount)


@broken("refunds_as_asked.refund_did_nothing", "refunds/refused")
class TakesRefusalsForGranted(RefundsConnector):
    """Takes HTTP 200 for consent, whatever the code in it says."""

    def give(self, shop: ShopAccess, order_id: str, amount: str) -> None:
        try:
            super().give(shop, order_id, amount)
        except Trouble as trouble:
            if trouble.kind != "never":
                raise


@broken("refunds_complete.refund_lost", "refunds/webhook-late")
class BelievesTheLastWebhook(RefundsConnector):
    """Takes the state of a request from the webhook that came last, however old its news."""

    def take_event(self, event: Json) -> None:
        super().take_event(event)
        data = event.get("data")
        if isinstance(data, dict) and data.get("return_id"):
            told = self.state.setdefault("told", {})
            told[str(data["return_id"])] = data["return_status"]

    def counts(self, row: Json) -> bool:
        status = self.state.get("told", {}).get(row["id"], row["status"])
        return super().counts({**row, "status": status})


@broken("refunds_complete.refund_lost", "refunds/cancel-applied-twice")
class TakesDoneBeforeForARefusal(RefundsConnector):
    """Takes the answer that an order is cancelled already for a refusal, and strikes it out."""

    def try_to_cancel(self, shop: ShopAccess, order_id: str, attempt: int) -> Trouble | None:
        try:
            return super().try_to_cancel(shop, order_id, attempt)
        except Trouble:
            self.state.setdefault("refused", []).append(order_id)
            raise

    def counts(self, row: Json) -> bool:
        return super().counts(row) and row["order_id"] not in self.state.get("refused", [])
