"""Integrations that lose, double or misread orders."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterable
from typing import Any

from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json, Trouble
from tests.quality.zoo.registry import broken, broken_reference

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.orders import Line, Order
from tts_chaos.typing import ShopAccess

__all__ = ["LivesOnWebhooks"]

# -- orders_complete ------------------------------------------------------------------------------


@broken("orders_complete.order_lost", "orders/more-than-a-page")
class ReadsOnePage(Connector):
    """Never follows next_page_token."""

    def read_pages(self, shop: ShopAccess, since: int) -> None:
        page = self.read_page(shop, since, "")
        self.read_orders(shop, [row["id"] for row in page["orders"]])


@broken("orders_complete.order_lost", "orders/more-than-a-page")
class SendsPageTokenInBody(Connector):
    """Sends the page token in the body, where a strict platform refuses it."""

    def search(self, shop: ShopAccess, body: Json, query: Iterable[tuple[str, str]]) -> Json:
        told = dict(query)
        token = told.pop("page_token", None)
        return super().search(shop, {**body, "page_token": token} if token else body, told.items())


@broken("orders_complete.order_lost", "body/truncated-detail")
class SkipsBrokenDetails(Connector):
    """Skips orders whose detail call fails, with a warning, and never asks for them again."""

    attempts = 1

    def read_orders(self, shop: ShopAccess, ids: list[str]) -> None:
        asked = self.__dict__.setdefault("asked", set())
        new = [id for id in ids if id not in asked]
        asked.update(new)
        try:
            super().read_orders(shop, new)
        except Trouble as trouble:
            self.alert(trouble.cause, "some orders are skipped")


@broken("errors_not_success.broken_body_ignored", "body/truncated-json")
class TakesABrokenPageForTheLast(Connector):
    """Takes an error on a page for the end of the list; the mark moves, the page is never read."""

    attempts = 1

    def read_page(self, shop: ShopAccess, since: int, token: str) -> Json:
        try:
            return super().read_page(shop, since, token)
        except Trouble:
            return {}


@broken("orders_complete.order_lost", "overload/outage-503")
class MovesItsMarkFirst(Connector):
    """Moves the mark of the last sync before it reads, so that a failed sync is never made up."""

    def read_pages(self, shop: ShopAccess, since: int) -> None:
        self.state["marks"][shop.id] = int(time.time())
        super().read_pages(shop, since)


@broken("orders_complete.order_lost", "data/pages-gap")
class BelievesInItsPages(Connector):
    """Never holds what its pages showed against what the search counts."""

    def check_pages(self, shown: int, page: Json) -> None:
        """Look at nothing."""


@broken("orders_complete.order_lost", "overload/blip-503")
class FiltersByLocalTime(Connector):
    """Filters by local time, two hours ahead of UTC, and misses what has just changed."""

    def search(self, shop: ShopAccess, body: Json, query: Iterable[tuple[str, str]]) -> Json:
        since = body["update_time_ge"]
        shifted = {"update_time_ge": since + 7200} if since else body
        return super().search(shop, shifted, query)


@broken("orders_complete.order_lost", "shops/two-markets")
class UsesOneCipher(Connector):
    """Addresses every shop by the cipher of the first."""

    def search(self, shop: ShopAccess, body: Json, query: Iterable[tuple[str, str]]) -> Json:
        return super().search(self.connection.shops[0], body, query)


@broken("orders_complete.order_lost", "overload/blip-503")
class SignsOtherBytes(Connector):
    """Signs a body without the spaces that it sends."""

    def sign(self, path: str, query: Iterable[tuple[str, str]], body: bytes) -> str:
        return super().sign(path, query, body.replace(b": ", b":"))


@broken("orders_complete.order_lost", "webhooks/unsubscribed", "webhooks/dropped")
class LivesOnWebhooks(Connector):
    """Polls once, when it is new, and relies on webhooks from then on."""

    def sync_shop(self, shop: ShopAccess, started: int) -> None:
        if shop.id not in self.state["marks"]:
            super().sync_shop(shop, started)


@broken("orders_complete.order_lost", "webhooks/while-the-api-is-down")
class ForgetsFailedLookUps(LivesOnWebhooks):
    """Takes a webhook off its list before the order was read, and polls only when it is new."""

    def work_off(self) -> None:
        due, self.state["inbox"] = self.state["inbox"], []
        for shop in self.connection.shops:
            self.read_orders(shop, [id for shop_id, id in due if shop_id == shop.id])


@broken("orders_complete.order_unexpected", "webhooks/delivered-twice")
class BooksPlaceholders(Connector):
    """Books an empty order for each notification, under the notification's id, until it is read."""

    def take_event(self, event: Json) -> None:
        super().take_event(event)
        id = str(event["tts_notification_id"])
        known = next(iter(self.state["orders"].values()))
        self.state["orders"][id] = {**known, "id": id}


@broken("orders_complete.order_lost", "overload/blip-503")
class DemandsEveryField(Connector):
    """Demands fields that the platform leaves out while they have no value."""

    def map_order(self, raw: Json, shop: ShopAccess) -> Json:
        if "paid_time" not in raw:
            raise Trouble("contract", f"order {raw['id']} has no paid_time")
        return super().map_order(raw, shop)


@broken("orders_complete.order_lost", "orders/with-and-without-hold")
class KnowsTheFirstStatuses(Connector):
    """Refuses a whole page for one status that came after it was written."""

    def map_order(self, raw: Json, shop: ShopAccess) -> Json:
        if raw["status"] in ("ON_HOLD", "PARTIALLY_SHIPPING"):
            raise Trouble("contract", f"there is no status {raw['status']}")
        return super().map_order(raw, shop)


@broken("orders_complete.order_unexpected", "drift/id-as-number")
class ReadsNumbersAsDoubles(Connector):
    """Reads numbers as floating point, which rounds the last digits of ids away."""

    def read_envelope(self, body: bytes) -> Json | None:
        try:
            rounded = json.loads(body, parse_int=lambda text: int(float(text)))
        except ValueError:
            return None
        return super().read_envelope(json.dumps(rounded).encode())

    def read_orders(self, shop: ShopAccess, ids: list[str]) -> None:
        for row in self.details(shop, ids)["orders"] if ids else ():
            self.book({**self.map_order(row, shop), "id": str(row["id"])})


@broken("orders_complete.orders_unreadable", "auth/token-pair-kept-over-restart")
class CannotReadItsStore(Connector):
    """Keeps its orders in a form that a restarted process no longer understands."""

    def orders(self) -> Any:
        if self.state["shipments"] is not self.__dict__.setdefault(
            "first", self.state["shipments"]
        ):
            raise ValueError("unknown format of the store")
        return super().orders()


@broken("orders_complete.orders_unreadable", "orders/with-and-without-hold")
class CannotListWhatIsHeld(Connector):
    """Lists its orders by a table of statuses that lacks one, and fails while such an order is."""

    def orders(self) -> Any:
        for order in super().orders():
            if order["status"] == "ON_HOLD":
                raise KeyError(order["status"])
        return super().orders()


# -- orders_exact ---------------------------------------------------------------------------------


@broken("orders_exact.field_never_mapped", "overload/blip-503")
class ReadsOrderStatus(Connector):
    """Reads `order_status`, which another version of the API had."""

    def map_order(self, raw: Json, shop: ShopAccess) -> Json:
        return {**super().map_order(raw, shop), "status": raw.get("order_status")}


@broken("orders_exact.wrong_total", "overload/blip-503")
class AddsUpLines(Connector):
    """Takes the sum of its lines for the total of an order: no shipping, no tax."""

    conversions = None  # type: ignore[assignment]

    def map_total(self, raw: Json) -> Any:
        return raw["payment"]["sub_total"]


@broken("orders_exact.float_money", "overload/blip-503")
class KeepsMoneyInSinglePrecision(Connector):
    """Keeps money in a column of single-precision floating point."""

    conversions = None  # type: ignore[assignment]

    def map_total(self, raw: Json) -> Any:
        return struct.unpack("f", struct.pack("f", float(super().map_total(raw))))[0]


@broken("orders_exact.wrong_units", "overload/blip-503")
class DropsEqualLines(Connector):
    """Takes a second line with the same SKU for a duplicate; each line is one unit."""

    def map_lines(self, rows: list[Json]) -> list[Json]:
        return super().map_lines(list({row["sku_id"]: row for row in rows}.values()))


@broken("orders_exact.wrong_price", "overload/blip-503")
class ReadsPriceBeforeDiscount(Connector):
    """Takes the price before discounts for the price that was paid."""

    def map_line(self, row: Json) -> Json:
        return {**super().map_line(row), "sale_price": row["original_price"]}


@broken("orders_exact.wrong_status", "orders/read-again")
class NeverUpdates(Connector):
    """Inserts orders and ignores those it knows: their first status stays for ever."""

    def book(self, order: Json) -> None:
        self.state["orders"].setdefault(order["id"], order)


@broken("orders_exact.wrong_status", "overload/blip-503")
class SpellsCanceledWithOneL(Connector):
    """Maps a status to a word that the platform does not have."""

    def map_order(self, raw: Json, shop: ShopAccess) -> Json:
        status = raw["status"].replace("CANCELLED", "CANCELED")
        return {**super().map_order(raw, shop), "status": status}


@broken("orders_exact.wrong_currency", "shops/two-markets")
class BelievesInPounds(Connector):
    """Has the currency of its first market in the code."""

    conversions = None  # type: ignore[assignment]

    def map_order(self, raw: Json, shop: ShopAccess) -> Json:
        return {**super().map_order(raw, shop), "currency": "GBP"}


@broken("orders_exact.wrong_shop", "shops/two-markets")
class BelievesInOneShop(Connector):
    """Books every order under its first shop."""

    def map_order(self, raw: Json, shop: ShopAccess) -> Json:
        return {**super().map_order(raw, shop), "shop_id": self.connection.shop_id}


@broken("orders_exact.wrong_time", "overload/blip-503")
class TakesUtcForLocalTime(Connector):
    """Takes the platform's time for local time in a zone an hour ahead."""

    def map_order(self, raw: Json, shop: ShopAccess) -> Json:
        return {**super().map_order(raw, shop), "create_time": raw["create_time"] - 3600}


@broken("orders_exact.field_missing", "webhooks/delivered-in-triplicate")
class ForgetsAFieldOnOneWay(Connector):
    """Drops the time of creation of orders with several units, which take another way in."""

    def map_order(self, raw: Json, shop: ShopAccess) -> Json:
        order = super().map_order(raw, shop)
        return order if len(order["lines"]) == 1 else {**order, "create_time": None}


@broken_reference("orders_exact.wrong_price", "overload/rate-limited-429")
def spreads_prices(reference: ReferenceIntegration) -> None:
    """Spreads the total evenly over the lines instead of reading each price."""
    store = reference._book.store

    def spread(order: Order) -> Order:
        share = f"{float(order.total_amount) / len(order.lines):.2f}"
        fields = ("shop_id", "id", "status", "update_time", "create_time", "paid_time", "currency")
        lines = tuple(
            Line(
                id=x.id, sku_id=x.sku_id, seller_sku=x.seller_sku, sale_price=share, status=x.status
            )
            for x in order.lines
        )
        kept = {name: getattr(order, name) for name in (*fields, "total_amount", "email", "phone")}
        return Order(**kept, lines=lines)

    reference._book.store = lambda orders: store([spread(order) for order in orders])  # type: ignore[method-assign]


@broken("conversions_valid.field_missing", "orders/search-tells-less")
class BooksWhatTheSearchShows(Connector):
    """Books orders as the search shows them, and never asks for their details."""

    def read_pages(self, shop: ShopAccess, since: int) -> None:
        lacking: Json = {"payment": {"currency": "", "total_amount": ""}, "line_items": []}
        token = ""
        while True:
            page = self.read_page(shop, since, token)
            for row in page["orders"]:
                self.book(self.map_order({**lacking, **row}, shop))
            token = page.get("next_page_token") or ""
            if not token:
                return


@broken("orders_exact.wrong_status", "fulfilment/cancelled-after-the-label")
class FreezesShippedOrders(Connector):
    """Takes a shipped order for done and books no further change of it."""

    def book(self, order: Json) -> None:
        if not any(row["order_id"] == order["id"] for row in self.state["shipments"].values()):
            super().book(order)


# -- orders_unique --------------------------------------------------------------------------------


@broken("orders_unique.order_twice", "orders/read-again")
class HasNoUniqueKey(Connector):
    """Keys orders by id and time of change, so that each change books the order again."""

    def book(self, order: Json) -> None:
        self.state["orders"][f"{order['id']} {order['update_time']}"] = order


@broken("orders_unique.line_twice", "orders/read-again")
class AppendsLines(Connector):
    """Adds the lines of an order that is read again to those it has."""

    def book(self, order: Json) -> None:
        known = self.state["orders"].get(order["id"])
        order["lines"] = [*(known["lines"] if known else []), *order["lines"]]
        super().book(order)


@broken("orders_unique.unit_twice", "orders/read-again")
class AddsUpQuantities(Connector):
    """Counts units by SKU, and adds them up when an order is read again."""

    def book(self, order: Json) -> None:
        known = self.state["orders"].get(order["id"])
        lines = {line["sku_id"]: line for line in (known["lines"] if known else [])}
        for line in order["lines"]:
            quantity = lines.get(line["sku_id"], {}).get("quantity", 0)
            lines[line["sku_id"]] = {**line, "id": "", "sale_price": "", "quantity": quantity + 1}
        super().book({**order, "lines": list(lines.values())})


@broken("orders_unique.order_twice", "orders/read-again")
class ListsOrdersByLine(Connector):
    """Joins orders with their lines when it lists them, so that two lines are two orders."""

    def orders(self) -> Any:
        return [order for order in super().orders() for _ in order["lines"]]


@broken("orders_unique.line_twice", "orders/read-again")
class GivesEqualUnitsOneId(Connector):
    """Gives each unit of a SKU the id of the first one, as it keeps lines by SKU."""

    def map_lines(self, rows: list[Json]) -> list[Json]:
        lines = super().map_lines(rows)
        first = {line["sku_id"]: line["id"] for line in reversed(lines)}
        return [{**line, "id": first[line["sku_id"]]} for line in lines]


@broken("orders_unique.unit_twice", "webhooks/two-changes-in-one-second")
class AddsUnitsUntilItPolls(Connector):
    """Adds units with each delivery of a webhook, and sets them right when it polls."""

    def work_off(self) -> None:
        """Leave what came to the poll."""
        self.state["inbox"] = []

    def take_event(self, event: Json) -> None:
        order = self.state["orders"].get(str(event["data"].get("order_id")))
        if order is not None:
            order["lines"] = [*order["lines"], {**order["lines"][0], "id": "", "sale_price": ""}]


# -- status_never_backwards -----------------------------------------------------------------------


@broken(
    "status_never_backwards.status_backwards",
    "webhooks/late-after-a-lost-one",
    "webhooks/late",
    "webhooks/at-the-last-attempt",
)
@broken("newest_status_kept.older_status_believed", "webhooks/out-of-order")
class BelievesWebhooks(Connector):
    """Takes the status over from whatever webhook comes last."""

    def take_event(self, event: Json) -> None:
        super().take_event(event)
        order = self.state["orders"].get(str(event["data"].get("order_id")))
        if order is not None:
            order["status"] = event["data"]["order_status"]


# -- conversions_valid ----------------------------------------------------------------------------


@broken("conversions_valid.converted_twice", "mapping/conversions")
class ConvertsLines(Connector):
    """Makes one conversion of each line instead of each order."""

    def conversions(self) -> list[Json]:
        orders = [order for order in self.converted_orders() if self.contact_of(order)]
        return [self.convert(order) for order in orders for _ in order["lines"]]


@broken("conversions_valid.contact_missing", "mapping/missing-contact")
class SendsWithoutContact(Connector):
    """Sends conversions of buyers whom nobody can reach."""

    def conversions(self) -> list[Json]:
        return [self.convert(order) for order in self.converted_orders()]


@broken("conversions_valid.contact_missing", "mapping/conversions")
class ReadsAnotherContactField(Connector):
    """Reads the contact under the name it has in the conversion API, where orders have none."""

    def convert(self, order: Json) -> Json:
        record = super().convert(order)
        return {**record, "email": order.get("email_1"), "phone": order.get("phone_1")}


@broken("conversions_valid.contact_missing", "mapping/conversions")
class TakesMaskedPhonesForContacts(Connector):
    """Takes a telephone number that the platform masked for one that can be called."""

    def contact_of(self, order: Json) -> dict[str, str]:
        return {"phone": order["phone"]} if order["phone"] else super().contact_of(order)


@broken("conversions_valid.field_missing", "mapping/conversions")
class ForgetsTheCategory(Connector):
    """Leaves out the transaction category."""

    def convert(self, order: Json) -> Json:
        record = super().convert(order)
        del record["transaction_category"]
        return record


@broken("conversions_valid.wrong_amount", "mapping/conversions")
class ConvertsOneUnit(Connector):
    """Sends the price of the first unit for the amount of the order."""

    def convert(self, order: Json) -> Json:
        return {**super().convert(order), "amount": order["lines"][0]["sale_price"]}


@broken("conversions_valid.too_old", "mapping/conversions")
class ConvertsTheWholePast(Connector):
    """Converts every order it knows, however old."""

    def converted_orders(self) -> list[Json]:
        return [order for order in self.state["orders"].values() if order["status"] == "COMPLETED"]


@broken("conversions_valid.order_unknown", "mapping/conversions")
class ConvertsUnderOwnNumber(Connector):
    """Sends conversions under a number of its own instead of the order's id."""

    def convert(self, order: Json) -> Json:
        return {**super().convert(order), "order_id": f"S-{order['id'][-6:]}"}
