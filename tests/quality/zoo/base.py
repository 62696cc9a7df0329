"""A second correct integration, of another shape than the reference: httpx and one sealed file.

A webhook only makes its order due to be read; stock is what the platform was last read to sell; a
parcel is looked at before it is shipped, and again before a retry. The zoo's broken members replace
one method each.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.quality.zoo.caller import Caller
from tests.quality.zoo.manners import STATUS_WORDS, Json, Trouble, problem_of

from tts_chaos.typing import ShopAccess

__all__ = ["PAGE_LIMIT", "SHIPPED", "Connector"]

OVERLAP_S = 900
PAGE_LIMIT = 40
LOOK_BACK_S = 28 * 86_400
SHIPPED = ("AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED")
WITHOUT_SALE = ("UNPAID", "ON_HOLD", "CANCELLED")


class Connector(Caller):
    """The integration: orders, stock, shipping, webhooks, and what it tells of them."""

    # -- orders ---------------------------------------------------------------------------------

    def sync_orders(self) -> None:
        """Read what changed in all shops."""
        started = int(time.time())
        try:
            self.work_off()
            self.each_shop(lambda shop: self.sync_shop(shop, started))
        finally:
            self.save()

    def each_shop(self, work: Callable[[ShopAccess], None]) -> None:
        """Work on every shop; the trouble of one keeps no other waiting, and is raised at the end.

        Raises:
            Trouble: The first one.
        """
        troubles: list[Trouble] = []
        for shop in self.connection.shops:
            try:
                work(shop)
            except Trouble as trouble:
                troubles.append(trouble)
        if troubles:
            raise troubles[0]

    def sync_shop(self, shop: ShopAccess, started: int) -> None:
        """Read what changed in one shop; its mark moves only after everything was read."""
        since = max(0, self.state["marks"].get(shop.id, 0) - OVERLAP_S)
        self.read_pages(shop, since)
        self.state["marks"][shop.id] = started
        self.read_levels(shop, self.skus_of(shop))

    def read_pages(self, shop: ShopAccess, since: int) -> None:
        """Walk through all pages of a search, and read every order on them."""
        token, shown = "", set[str]()
        for _ in range(PAGE_LIMIT):
            page = self.read_page(shop, since, token)
            ids = [row["id"] for row in page.get("orders") or []]
            self.read_orders(shop, ids)
            shown.update(ids)
            token = page.get("next_page_token") or ""
            if not token:
                self.check_pages(len(shown), page)
                return
        raise Trouble("contract", "the pages do not end")

    def check_pages(self, shown: int, page: Json) -> None:
        """Hold what the pages showed against what the search counts."""
        if shown < page.get("total_count", 0):
            raise Trouble("contract", f"{shown} of {page['total_count']} orders were shown")

    def read_page(self, shop: ShopAccess, since: int, token: str) -> Json:
        """Read one page; size and token belong into the query."""
        query = [
            ("page_size", str(self.page_size)),
            ("sort_field", "create_time"),
            ("sort_order", "ASC"),
        ]
        return self.search(
            shop, {"update_time_ge": since}, [*query, *_optional("page_token", token)]
        )

    def search(self, shop: ShopAccess, body: Json, query: Iterable[tuple[str, str]]) -> Json:
        """Search orders."""
        path = "/order/202309/orders/search"
        return self.call("POST", path, shop, query=query, json_body=body)

    def read_orders(self, shop: ShopAccess, ids: list[str]) -> None:
        """Read the present state of some orders and book it."""
        for start in range(0, len(ids), 50):
            batch = ids[start : start + 50]
            for row in self.rows_of(self.details(shop, batch), batch):
                self.book(self.map_order(row, shop))

    def rows_of(self, data: Json, ids: list[str]) -> list[Json]:
        """Return the orders that a detail call told, if it told all, and in a form to be read.

        Raises:
            Trouble: If something is amiss; somebody is told.
        """
        rows = data.get("orders") or []
        problem = (
            next(filter(None, map(problem_of, rows)), "") if isinstance(rows, list) else "list"
        )
        if problem:
            self.alert("mapping", f"an order cannot be read: {problem}")
            raise Trouble("mapping", f"an order cannot be read: {problem}")
        if {row["id"] for row in rows} != set(ids):
            raise Trouble("contract", "the detail call leaves out orders")
        strange = [row["status"] for row in rows if row["status"] not in STATUS_WORDS]
        if strange:
            self.alert("contract", f"there is a status {strange[0]}")
        return rows

    def details(self, shop: ShopAccess, ids: list[str]) -> Json:
        """Read order details, at most 50."""
        return self.call("GET", "/order/202507/orders", shop, query=[("ids", ",".join(ids))])

    def book(self, order: Json) -> None:
        """Take an order over, unless a newer state of it is known."""
        known = self.state["orders"].get(order["id"])
        if known is None or known["update_time"] <= order["update_time"]:
            self.state["orders"][order["id"]] = order
        if not self.contact_of(order):
            self.alert("mapping", f"order {order['id']} has neither e-mail nor telephone")

    # -- stock ----------------------------------------------------------------------------------

    def skus_of(self, shop: ShopAccess) -> list[str]:
        """Return every SKU id known to belong to a shop."""
        orders = (o for o in self.state["orders"].values() if o["shop_id"] == shop.id)
        sold = {line["sku_id"] for order in orders for line in order["lines"]}
        kept = {sku for sku, level in self.state["levels"].items() if level["shop_id"] == shop.id}
        return sorted(sold | kept)

    def read_levels(self, shop: ShopAccess, skus: list[str]) -> None:
        """Read what the platform sells of some SKUs."""
        for start in range(0, len(skus), 300):
            body = {"sku_ids": skus[start : start + 300]}
            data = self.call("POST", "/product/202309/inventory/search", shop, json_body=body)
            self.keep_levels(shop, data)

    def keep_levels(self, shop: ShopAccess, data: Json) -> None:
        """Keep the levels that an inventory search told."""
        for product in data["inventory"]:
            for sku in product["skus"]:
                self.state["levels"][self.stock_key(sku)] = {
                    "shop_id": shop.id,
                    "product_id": product["product_id"],
                    "quantity": sku["total_available_quantity"],
                    "committed": sku["total_committed_quantity"],
                    "warehouses": [w["warehouse_id"] for w in sku["warehouse_inventory"]],
                }

    def stock_key(self, sku: Json) -> str:
        """Return the id under which the stock of a SKU is kept."""
        return str(sku["id"])

    def push_stock(self, changes: Mapping[str, int]) -> None:
        """Set sellable quantities; a newer wish replaces an older one."""
        for sku, quantity in changes.items():
            self.ask(sku, quantity)
        self.save()
        self.flush()

    def ask(self, sku: str, quantity: int) -> None:
        """Put a wish into the outbox."""
        self.state["outbox"][sku] = {"quantity": quantity, "committed": None}

    def flush(self) -> None:
        """Push what waits, until the platform is read to hold it.

        Raises:
            Trouble: If some of it still waits.
        """
        trouble: Trouble | None = None
        try:
            self.work_off()
            for turn in range(1, 6):
                waiting = self.unapplied()
                if not waiting:
                    return
                for sku in waiting:
                    trouble = self.push(sku, turn) or trouble
        finally:
            self.save()
        raise trouble or Trouble("contract", "the platform does not keep what is pushed")

    def unapplied(self) -> list[str]:
        """Read what waits, forget what the platform holds, and return the rest."""
        for shop in self.connection.shops if self.state["outbox"] else ():
            self.read_levels(shop, sorted(self.state["outbox"]))
        return self.still_waiting()

    def still_waiting(self) -> list[str]:
        """Forget the wishes that the platform was read to hold, and return the rest."""
        for sku in [sku for sku in self.state["outbox"] if self.is_applied(sku)]:
            del self.state["outbox"][sku]
        return list(self.state["outbox"])

    def is_applied(self, sku: str) -> bool:
        """Whether the platform holds a wish, or held it before the sales since."""
        wish, level = self.state["outbox"][sku], self.state["levels"].get(sku)
        if level is None:
            return False
        sold = 0 if wish["committed"] is None else level["committed"] - wish["committed"]
        return bool(level["quantity"] + max(0, sold) == wish["quantity"])

    def push(self, sku: str, turn: int) -> Trouble | None:
        """Write one wish; returns why it is not certain to be there."""
        level = self.state["levels"].get(sku)
        if level is None:
            self.alert("mapping", f"no shop sells SKU {sku}")
            return Trouble("mapping", f"no shop sells SKU {sku}")
        wish = self.state["outbox"][sku]
        if wish["committed"] is None:
            wish["committed"] = level["committed"]
        try:
            self.write_stock(sku, wish["quantity"], level)
        except Trouble as trouble:
            if trouble.kind != "unknown":
                raise
            time.sleep(self.pause_s(trouble, turn))
            return trouble
        return None

    def write_stock(self, sku: str, quantity: int, level: Json) -> None:
        """Write a quantity."""
        shop = next(shop for shop in self.connection.shops if shop.id == level["shop_id"])
        path, body = self.stock_request(sku, quantity, level)
        self.check_written(self.call("POST", path, shop, json_body=body, changes=True))

    def stock_request(self, sku: str, quantity: int, level: Json) -> tuple[str, Json]:
        """Return path and body of a push: all into the first warehouse, every warehouse listed."""
        shares = [quantity, *[0] * (len(level["warehouses"]) - 1)]
        rows = zip(level["warehouses"], shares, strict=True)
        inventory = [{"warehouse_id": id, "quantity": share} for id, share in rows]
        path = f"/product/202309/products/{level['product_id']}/inventory/update"
        return path, {"skus": [{"id": sku, "inventory": inventory}]}

    def check_written(self, data: Json) -> None:
        """Read the failures that come inside code 0."""
        for error in data.get("errors") or []:
            text = f"the platform refuses a SKU with code {error.get('code')}"
            self.alert("contract", text)
            raise Trouble("contract", text)

    # -- shipping -------------------------------------------------------------------------------

    def ship(self, order_id: str) -> None:
        """Ship all parcels of an order; doing it again changes nothing."""
        shop = self.shop_of(order_id)
        self.read_orders(shop, [order_id])
        order = self.state["orders"][order_id]
        if order["status"] not in ("AWAITING_SHIPMENT", "PARTIALLY_SHIPPING", *SHIPPED):
            raise Trouble("mapping", f"order {order_id} is {order['status']}")
        for package in order["packages"]:
            self.ship_package(shop, order, package)
        self.read_orders(shop, [order_id])
        self.save()

    def shop_of(self, order_id: str) -> ShopAccess:
        """Return the shop of an order; unknown ones are the main shop's."""
        home = self.state["orders"].get(order_id, {}).get("shop_id")
        return next((s for s in self.connection.shops if s.id == home), self.connection.shops[0])

    def ship_package(self, shop: ShopAccess, order: Json, package: str) -> None:
        """Look, ship, and look again before any further try."""
        for attempt in range(1, 5):
            if self.has_left(shop, package):
                self.note_shipment(order["id"], package)
                return
            try:
                self.send_shipment(shop, order, package)
            except Trouble as trouble:
                if trouble.kind != "unknown":
                    raise
                time.sleep(self.pause_s(trouble, attempt))
        raise Trouble("contract", f"parcel {package} is not seen to leave", kind="unknown")

    def has_left(self, shop: ShopAccess, package: str) -> bool:
        """Whether a parcel is shipped already."""
        parcel = self.call("GET", f"/fulfillment/202309/packages/{package}", shop)
        return parcel["package_status"] in ("FULFILLING", "COMPLETED")

    def send_shipment(self, shop: ShopAccess, order: Json, package: str) -> None:
        """Ship a parcel, by the platform's carrier or by the seller's."""
        carrier = ""
        if order["shipping_type"] == "SELLER":
            carriers = self.call("GET", self.carriers_path(order), shop)["shipping_providers"]
            carrier = carriers[0]["id"]
        body = self.shipment(order, carrier)
        path = f"/fulfillment/202309/packages/{package}/ship"
        self.call("POST", path, shop, json_body=body, changes=True)

    def carriers_path(self, order: Json) -> str:
        """Return where the seller's carriers for an order are asked for."""
        return (
            f"/logistics/202309/delivery_options/{order['delivery_option_id']}/shipping_providers"
        )

    def shipment(self, order: Json, carrier: str) -> Json:
        """Return the body of a ship call; `carrier` is the seller's own, "" for the platform's."""
        if not carrier:
            return {"handover_method": "DROP_OFF"}
        own = {"tracking_number": f"S{order['id']}", "shipping_provider_id": carrier}
        return {"self_shipment": own}

    def note_shipment(self, order_id: str, package: str) -> None:
        """Remember a confirmed shipment."""
        self.state["shipments"][package] = {"order_id": order_id, "package_id": package}

    # -- webhooks -------------------------------------------------------------------------------

    def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a webhook; returns the HTTP status to answer."""
        if not self.is_genuine({key.lower(): headers[key] for key in headers}, body):
            return 401
        event = json.loads(body)
        with self.lock:
            if self.is_new(event):
                self.take_event(event)
            self.save()
        return 200

    def is_new(self, event: Json) -> bool:
        """Whether a notification was not taken before; from now on it was."""
        key = f"{event.get('shop_id')} {event.get('tts_notification_id')}"
        if key in self.state["seen"]:
            return False
        self.state["seen"].append(key)
        return True

    def take_event(self, event: Json) -> None:
        """Make the order of an event due to be read: its word alone is not believed."""
        data = event.get("data")
        if isinstance(data, dict) and data.get("order_id"):
            self.state["inbox"].append([str(event["shop_id"]), str(data["order_id"])])

    def work_off(self) -> None:
        """Read the orders that are due, and the stock they moved."""
        for shop in self.connection.shops:
            rows = [row for row in self.state["inbox"] if row[0] == shop.id]
            if rows:
                self.read_orders(shop, sorted({row[1] for row in rows}))
                self.read_levels(shop, self.skus_of(shop))
                self.state["inbox"] = [r for r in self.state["inbox"] if r not in rows]

    # -- observations ---------------------------------------------------------------------------

    def orders(self) -> Any:
        """Return the orders it knows."""
        return list(self.state["orders"].values())

    def stock(self) -> Any:
        """Return what the platform was last read to sell, by SKU id."""
        return {sku: level["quantity"] for sku, level in self.state["levels"].items()}

    def shipments(self) -> list[Json]:
        """Return the confirmed shipments."""
        return list(self.state["shipments"].values())

    def alerts(self) -> list[Json]:
        """Return all alerts."""
        return list(self.state["alerts"])

    def tokens(self) -> Json:
        """Return the pair it holds."""
        return dict(self.state["tokens"])

    def health(self) -> Json:
        """Tell whether the last call of the API got through."""
        return {"status": "degraded" if self.open_alerts else "ok"}

    def conversions(self) -> list[Json]:
        """Return one record for each recent paid order whose buyer can be reached."""
        return [self.convert(order) for order in self.converted_orders() if self.contact_of(order)]

    def converted_orders(self) -> list[Json]:
        """Return the orders that are sales, and recent enough."""
        since = time.time() - LOOK_BACK_S
        sales = [o for o in self.state["orders"].values() if o["status"] not in WITHOUT_SALE]
        return [order for order in sales if order["paid_time"] > since]


def _optional(name: str, value: str) -> list[tuple[str, str]]:
    return [(name, value)] if value else []
