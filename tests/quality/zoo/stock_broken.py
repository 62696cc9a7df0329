"""Integrations that oversell, lose pushes, or ship twice."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json, Trouble
from tests.quality.zoo.registry import broken, broken_reference

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.errors import ConnectorError
from tts_chaos.typing import ShopAccess

__all__ = ["KeepsBooks", "WritesFirst"]


class KeepsBooks(Connector):
    """A correct variant that owns its stock: set by pushes, lowered by each new order."""

    def first_state(self) -> Json:
        return {**super().first_state(), "books": {}}

    def ask(self, sku: str, quantity: int) -> None:
        self.state["books"][sku] = quantity
        super().ask(sku, quantity)

    def book(self, order: Json) -> None:
        if order["id"] not in self.state["orders"]:
            self.lower(order)
        super().book(order)

    def lower(self, order: Json) -> None:
        """Take the units of an order out of the books."""
        for line in order["lines"]:
            if line["sku_id"] in self.state["books"]:
                self.state["books"][line["sku_id"]] -= 1

    def stock(self) -> Any:
        return dict(self.state["books"])


class WritesFirst(Connector):
    """A correct variant that writes with what it knows, and reads only where that is refused."""

    def unapplied(self) -> list[str]:
        for shop in self.connection.shops:
            unknown = [sku for sku in self.state["outbox"] if sku not in self.state["levels"]]
            self.read_levels(shop, unknown)
        return list(self.state["outbox"])

    def push(self, sku: str, turn: int) -> Trouble | None:
        quantity = self.state["outbox"][sku]["quantity"]
        try:
            self.write_stock(sku, quantity, self.state["levels"][sku])
        except Trouble as trouble:
            del self.state["levels"][sku]
            time.sleep(self.pause_s(trouble, turn))
            return trouble
        del self.state["outbox"][sku]
        return None


# -- no_oversell, stock_converges -----------------------------------------------------------------


@broken("no_oversell.raised_above_belief", "stock/pushed-again-while-down")
class KeepsTheOlderWish(KeepsBooks):
    """Queues pushes and never replaces one that waits, so the older quantity arrives last."""

    def ask(self, sku: str, quantity: int) -> None:
        waiting = self.state["outbox"].get(sku)
        super().ask(sku, quantity)
        if waiting is not None:
            self.state["outbox"][sku] = waiting


@broken("no_oversell.raised_above_belief", "stock/pushed-again-while-down")
class SendsTheWholeQueue(KeepsBooks):
    """Sends every push that waits, one after the other, those that a newer one replaced as well."""

    def ask(self, sku: str, quantity: int) -> None:
        queue = self.state.setdefault("queue", {})
        queue.setdefault(sku, []).append(quantity)
        super().ask(sku, quantity)

    def push(self, sku: str, turn: int) -> Trouble | None:
        for quantity in self.state["queue"].pop(sku, [])[:-1]:
            self.write_stock(sku, quantity, self.state["levels"][sku])
        return super().push(sku, turn)


@broken("stock_converges.stock_differs", "stock/push-fails-three-times")
class MarksFailedPushesDone(KeepsBooks):
    """Marks a push done although it failed, and tells nobody but the log."""

    def push(self, sku: str, turn: int) -> Trouble | None:
        super().push(sku, turn)
        del self.state["outbox"][sku]
        return None


@broken("stock_converges.stock_differs", "stock/push-fails-three-times")
class LowersBeforeEachTry(KeepsBooks):
    """Lowers its books before each try of a push, the failed ones included."""

    def push(self, sku: str, turn: int) -> Trouble | None:
        self.state["books"][sku] -= 1 if turn > 1 else 0
        return super().push(sku, turn)


@broken("stock_converges.stock_differs", "stock/sold-after-a-lost-answer")
class PutsSoldUnitsBack(KeepsBooks):
    """Repeats a push whose answer was lost, whatever was sold since."""

    def is_applied(self, sku: str) -> bool:
        level = self.state["levels"].get(sku)
        return level is not None and level["quantity"] == self.state["outbox"][sku]["quantity"]


@broken("stock_converges.stock_differs", "stock/product-off-sale", "stock/locked-by-a-promotion")
class ForgetsRefusedPushes(KeepsBooks):
    """Forgets a push that the platform refuses for good as it is today."""

    def push(self, sku: str, turn: int) -> Trouble | None:
        try:
            return super().push(sku, turn)
        except Trouble:
            del self.state["outbox"][sku]
            raise


@broken("stock_converges.push_lost", "stock/push-fails-three-times")
class PushesOnceAndForgets(Connector):
    """Sends each push once; one that fails is told to the caller and known no more."""

    def push_stock(self, changes: Mapping[str, int]) -> None:
        for sku, quantity in changes.items():
            for shop in self.connection.shops:
                self.read_levels(shop, [sku])
            self.write_stock(sku, quantity, self.state["levels"][sku])

    def stock(self) -> Any:
        return {}


@broken("stock_converges.sku_unknown", "stock/push-fails-three-times")
class KeepsStockBySellerSku(Connector):
    """Tells its stock by the seller's SKU instead of the platform's id."""

    def stock(self) -> Any:
        lines = [line for order in self.state["orders"].values() for line in order["lines"]]
        names = {line["sku_id"]: line["seller_sku"] for line in lines}
        return {names.get(sku, sku): quantity for sku, quantity in super().stock().items()}


@broken("stock_converges.quantity_unreadable", "stock/push-fails-three-times")
class KeepsQuantitiesAsWords(Connector):
    """Keeps `sold out` and `available` instead of quantities."""

    def stock(self) -> Any:
        return {sku: "available" if count else "sold out" for sku, count in super().stock().items()}


@broken(
    "errors_not_success.partial_failure_ignored",
    "stock/warehouse-added",
    "data/batch-partly-refused",
)
class TakesCodeZeroForAll(WritesFirst):
    """Takes code 0 for complete success, and never reads $.data.errors[]."""

    def check_written(self, data: Json) -> None:
        """Look at nothing."""


@broken("errors_not_success.code_ignored", "overload/rate-limited-push")
class IgnoresCodesOfWrites(Connector):
    """Takes a refusal inside a 200 for a written push."""

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Json:
        try:
            return super().judge(status, headers, body)
        except Trouble:
            if status == 200:
                self.state["outbox"].clear()
                return {}
            raise


@broken_reference("errors_not_success.error_swallowed", "stock/push-fails-three-times")
def forgets_failed_pushes(reference: ReferenceIntegration) -> None:
    """Empties its outbox when a push fails, and reports success."""
    flush = reference.flush

    def forgetful() -> None:
        try:
            flush()
        except ConnectorError:
            reference._database.write("DELETE FROM outbox")

    reference._stock._settle = lambda pushes, levels: list(pushes)  # type: ignore[method-assign]
    reference.flush = forgetful  # type: ignore[method-assign]


# -- shipping -------------------------------------------------------------------------------------


@broken(
    "unsafe_writes_not_retried.unsafe_write_retried",
    "fulfilment/ship-answer-lost",
    "outcomes/applied-answer-lost",
)
class ShipsBlindly(Connector):
    """Repeats a ship call whose answer was lost without looking at the parcel first."""

    def may_repeat(self, trouble: Trouble, *, changes: bool) -> bool:
        return trouble.kind in ("wait", "unknown")


@broken("no_double_shipment.shipped_again", "fulfilment/asked-twice")
class ForgetsShipments(Connector):
    """Keeps no shipment and looks at no parcel before it ships."""

    def has_left(self, shop: ShopAccess, package: str) -> bool:
        asked: set[str] = self.__dict__.setdefault("asked", set())
        if package in asked:
            asked.remove(package)
            return True
        asked.add(package)
        return False


@broken("no_double_shipment.shipment_told_twice", "fulfilment/asked-twice")
class ListsShipmentsTwice(Connector):
    """Adds a shipment to its list without looking whether it is there."""

    def note_shipment(self, order_id: str, package: str) -> None:
        number = len(self.state["shipments"])
        row = {"order_id": order_id, "package_id": package}
        self.state["shipments"][f"{package} {number}"] = row


@broken("shipments_true.ship_did_nothing", "fulfilment/order-on-hold")
class PassesOverWhatRests(Connector):
    """Passes over an order that may not go yet, and tells nobody."""

    def ship(self, order_id: str) -> None:
        self.read_orders(self.shop_of(order_id), [order_id])
        if self.state["orders"][order_id]["status"] != "ON_HOLD":
            super().ship(order_id)


@broken("shipments_true.shipment_imagined", "fulfilment/cancellation-asked-for")
class BooksBeforeItShips(Connector):
    """Books a shipment before it calls, and lets it stand when the call is refused."""

    def send_shipment(self, shop: ShopAccess, order: Json, package: str) -> None:
        self.note_shipment(order["id"], package)
        super().send_shipment(shop, order, package)


@broken("permanent_errors_not_retried.permanent_error_retried", "fulfilment/cancellation-asked-for")
class ShipsUntilItIsTaken(Connector):
    """Sends a shipment that is refused again and again, as if somebody would give in."""

    def send_shipment(self, shop: ShopAccess, order: Json, package: str) -> None:
        for _ in range(3):
            try:
                return super().send_shipment(shop, order, package)
            except Trouble as trouble:
                time.sleep(self.pause_s(trouble, 1))
        return super().send_shipment(shop, order, package)
