"""The connector as its owner sees it: sync orders, push stock, ship, receive webhooks."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from requests_shop.alerts import Alerts
from requests_shop.answers import CallError
from requests_shop.calls import Calls, Patience, is_genuine
from requests_shop.kept import Kept
from requests_shop.orders import LIFE, ids_of, is_newer, read_order

__all__ = ["Connector"]

OVERLAP_S = 900
"""Read again what changed lately: clocks differ, and orders show up late."""
PAGE_SIZE = "100"
MOST_PAGES = 1_000
DETAIL_SIZE = 50
STOCK_SIZE = 300
ROUNDS = 4
WEBHOOK_WAIT_S = 0.5
TOKEN_LIFE_S = 7 * 86_400

SHIPPABLE = ("AWAITING_SHIPMENT", "PARTIALLY_SHIPPING")
SHIPPED = ("AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED")
PARCEL_LEFT = ("FULFILLING", "COMPLETED")
SHIPPED_BEFORE = {11006021, 21008099, 21011006, 21011020, 21011040, 21023046, 21042056}
TOLD_BY_WEBHOOK = {
    6: "the seller removed this app",
    7: "the authorisation ends soon; renew it",
}


class Connector:
    """Call `sync_orders` and `flush` from a scheduler, `deliver_webhook` from a web server.

    Args:
        settings: See `Calls`.
        path: SQLite file.
        key: Its key, from a secret store.
        patience: How long to wait and how often to try.
        ca_file: Certificate authority to trust, None for the usual ones.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        path: Path,
        key: bytes,
        *,
        patience: Patience | None = None,
        ca_file: str | None = None,
    ) -> None:
        self._settings, self._path, self._key = settings, path, key
        self._patience, self._ca_file = patience or Patience(), ca_file
        # Whatever talks to the platform does so one after the other: one refresh, one sync.
        self._work = threading.Lock()
        self._open()

    def _open(self) -> None:
        self._kept = Kept(self._path, self._key)
        self._alerts = Alerts(self._kept, [self._settings["app_secret"]])
        self._calls = Calls(self._settings, self._patience, self._kept, self._alerts, self._ca_file)

    def close(self) -> None:
        self._calls.close()
        self._kept.close()

    def restart(self) -> None:
        self.close()
        self._open()

    def reconfigure(self, **changes: Any) -> None:
        """Take new settings from an operator."""
        with self._work:
            self._settings.update(changes)
            if "access_token" in changes:
                expires_at = int(time.time()) + TOKEN_LIFE_S
                self._settings.setdefault("access_token_expires_at", expires_at)
                if "access_token_expires_at" not in changes:
                    self._settings["access_token_expires_at"] = expires_at
                self._calls.take_tokens()
            self._calls.revive()

    # Orders

    def sync_orders(self) -> dict[str, int]:
        """Read what changed since the last complete run.

        Raises:
            CallError: If anything could not be read; what was read is kept.
        """
        with self._work:
            try:
                for shop_id, cipher in self._ask_for_shops().items():
                    self._sync_shop(shop_id, cipher)
                self._work_off_inbox()
            except CallError as problem:
                self._kept.put("failing", "", problem.cause)
                raise
            self._kept.remove("failing", "")
            return {"orders": len(self._kept.all("order"))}

    def _ask_for_shops(self) -> dict[str, str]:
        """Return ciphers by shop: one token may cover several shops."""
        data = self._calls.call("shops", "GET", "/authorization/202309/shops")
        shops = {shop["id"]: shop["cipher"] for shop in data.get("shops") or []}
        if not shops:
            raise CallError("permission", "no shop has authorised this app")
        self._alerts.secrets += shops.values()
        self._kept.put("shops", "", shops)
        return shops

    def _shops(self) -> dict[str, str]:
        return self._kept.get("shops") or self._ask_for_shops()

    def _sync_shop(self, shop_id: str, cipher: str) -> None:
        started = int(time.time())
        since = max(0, (self._kept.get("watermark", shop_id) or 0) - OVERLAP_S)
        problem = self._read_pages(shop_id, cipher, since)
        if problem is not None:
            self._alerts.raise_(problem.cause, "orders", str(problem))
            raise problem
        # Only now: a page that was not read must be asked for again.
        self._kept.put("watermark", shop_id, started)
        orders = [order for order in self.orders() if order["shop_id"] == shop_id]
        self._read_stock(cipher, sorted({x["sku_id"] for row in orders for x in row["lines"]}))

    def _read_pages(self, shop_id: str, cipher: str, since: int) -> CallError | None:
        """Keep all orders that can be read; return the first problem with the others."""
        seen: set[str] = set()
        problem, token = None, ""
        for _ in range(MOST_PAGES):
            # Oldest first and open at the end: an order that changes meanwhile keeps its place.
            query = {"page_size": PAGE_SIZE, "sort_field": "create_time", "sort_order": "ASC"}
            page = self._calls.call(
                "order search",
                "POST",
                "/order/202309/orders/search",
                cipher=cipher,
                query=query | ({"page_token": token} if token else {}),
                body={"update_time_ge": since},
            )
            try:
                ids = [id for id in ids_of(page) if id not in seen]
            except CallError as unread:
                return unread
            seen.update(ids)
            problem = self._read_orders(shop_id, cipher, ids) or problem
            next_token = page.get("next_page_token") or ""
            if not next_token:
                if len(seen) < page.get("total_count", 0) and problem is None:
                    return CallError("contract", "more orders are counted than shown")
                return problem
            if next_token == token:
                break
            token = next_token
        return CallError("contract", "the pages of orders do not end")

    def _read_orders(
        self, shop_id: str, cipher: str, ids: Sequence[str], *, hurried: bool = False
    ) -> CallError | None:
        problem = None
        for start in range(0, len(ids), DETAIL_SIZE):
            batch = ids[start : start + DETAIL_SIZE]
            data = self._calls.call(
                "order detail",
                "GET",
                "/order/202507/orders",
                cipher=cipher,
                query={"ids": ",".join(batch)},
                hurried=hurried,
            )
            rows, found = data.get("orders"), set()
            for row in rows if isinstance(rows, list) else []:
                try:
                    order = read_order(row, shop_id)
                except CallError as unread:
                    problem = problem or unread
                    continue
                found.add(order["id"])
                self._keep_order(order)
            if set(batch) - found:
                problem = problem or CallError("mapping", "orders are missing from their details")
        return problem

    def _keep_order(self, order: dict[str, Any]) -> None:
        if order["status"] not in LIFE:
            text = f"the status {order['status']} is unknown; it is kept as it is"
            self._alerts.raise_("contract", "orders", text)
        if is_newer(order, self._kept.get("order", order["id"])):
            self._kept.put("order", order["id"], order)

    # Stock: a wish is kept before anything is sent, and leaves when the platform holds it

    def push_stock(self, changes: Mapping[str, int]) -> None:
        """Set sellable quantities: {sku_id: quantity}."""
        with self._kept.together():
            for sku_id, quantity in changes.items():
                self._kept.put("wish", sku_id, {"quantity": quantity, "committed": None})
        self.flush()

    def flush(self) -> None:
        """Push what waits.

        Raises:
            CallError: If some of it still waits.
        """
        with self._work:
            refused: dict[str, CallError] = {}  # not asked again before the next flush
            problem = None
            for round in range(1, ROUNDS + 1):
                if not set(self._kept.all("wish")) - set(refused):
                    break
                for cipher in self._shops().values():
                    levels = self._read_stock(cipher, list(self._kept.all("wish")))
                    self._settle(levels)
                    try:
                        self._write_stock(cipher, levels, refused)
                    except CallError as failed:
                        if not failed.unknown:
                            raise
                        # Whether it was applied is for the next round's read to say.
                        problem = failed
                        self._calls.pause(round)
            waiting = self._kept.all("wish")
            if waiting:
                problem = next(iter(refused.values()), problem)
                problem = problem or CallError("mapping", "no shop sells them")
                text = f"SKU {', '.join(waiting)} wait: {problem}"
                self._alerts.raise_(problem.cause, "stock", text)
                raise CallError(problem.cause, text)

    def _read_stock(self, cipher: str, sku_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        levels: dict[str, dict[str, Any]] = {}
        for start in range(0, len(sku_ids), STOCK_SIZE):
            data = self._calls.call(
                "inventory search",
                "POST",
                "/product/202309/inventory/search",
                cipher=cipher,
                body={"sku_ids": sku_ids[start : start + STOCK_SIZE]},
            )
            for product in data.get("inventory") or []:
                for sku in product["skus"]:
                    levels[sku["id"]] = {
                        "product_id": product["product_id"],
                        "quantity": sku["total_available_quantity"],
                        "committed": sku["total_committed_quantity"],
                        "warehouses": {
                            row["warehouse_id"]: row["available_quantity"]
                            for row in sku["warehouse_inventory"]
                        },
                    }
        with self._kept.together():
            for sku_id, level in levels.items():
                self._kept.put("stock", sku_id, level["quantity"])
        return levels

    def _settle(self, levels: Mapping[str, Any]) -> None:
        for sku_id, wish in self._kept.all("wish").items():
            level = levels.get(sku_id)
            if level is None:
                continue
            # What was sold since the write is gone from the shelf, and was there before.
            before = level["committed"] if wish["committed"] is None else wish["committed"]
            sold = max(0, level["committed"] - before)
            if wish["quantity"] in (level["quantity"], level["quantity"] + sold):
                self._kept.remove("wish", sku_id)

    def _write_stock(
        self, cipher: str, levels: Mapping[str, Any], refused: dict[str, CallError]
    ) -> None:
        for sku_id, wish in self._kept.all("wish").items():
            level = levels.get(sku_id)
            if level is None or sku_id in refused:
                continue
            if wish["committed"] is None:
                self._kept.put("wish", sku_id, {**wish, "committed": level["committed"]})
            inventory = _spread(wish["quantity"], level["warehouses"])
            data = self._calls.call(
                "inventory update",
                "POST",
                f"/product/202309/products/{level['product_id']}/inventory/update",
                cipher=cipher,
                body={"skus": [{"id": sku_id, "inventory": inventory}]},
                changes=True,
            )
            # Code 0 is no success yet: each SKU may be refused on its own.
            for error in data.get("errors") or []:
                text = f"refused: {error.get('message')} (code {error.get('code')})"
                refused[sku_id] = CallError("contract", text)

    # Shipping: look, act, and look again; a ship call has no idempotency key

    def ship(self, order_id: str) -> list[dict[str, str]]:
        """Ship all parcels of an order; doing it again changes nothing.

        Raises:
            CallError: If its state does not allow it, or it cannot be seen to have left.
        """
        with self._work:
            order, cipher = self._locate(order_id)
            if order["status"] not in (*SHIPPABLE, *SHIPPED):
                raise CallError("mapping", f"order {order_id} is {order['status']}")
            if not order["package_ids"]:
                text = f"order {order_id} has no parcel yet; buy a label in the seller centre"
                raise CallError("mapping", text)
            for package_id in order["package_ids"]:
                self._ship_parcel(order_id, package_id, cipher)
            self._read_orders(order["shop_id"], cipher, [order_id])
        return [row for row in self.shipments() if row["order_id"] == order_id]

    def _locate(self, order_id: str) -> tuple[dict[str, Any], str]:
        known = self._kept.get("order", order_id)
        for shop_id, cipher in self._shops().items():
            if known is not None and known["shop_id"] != shop_id:
                continue
            if self._read_orders(shop_id, cipher, [order_id]) is None:
                return self._kept.get("order", order_id), cipher
        raise CallError("mapping", f"order {order_id} is in none of the shops")

    def _ship_parcel(self, order_id: str, package_id: str, cipher: str) -> None:
        path = f"/fulfillment/202309/packages/{package_id}"
        problem = None
        for round in range(1, ROUNDS + 1):
            parcel = self._calls.call("package detail", "GET", path, cipher=cipher)
            if parcel.get("package_status") in PARCEL_LEFT:
                number = parcel.get("tracking_number") or ""
                row = {"order_id": order_id, "package_id": package_id, "tracking_number": number}
                self._kept.put("shipment", package_id, row)
                return
            if problem is not None and not problem.unknown:
                raise problem
            try:
                body = {"handover_method": "DROP_OFF"}
                self._calls.call(
                    "ship", "POST", f"{path}/ship", cipher=cipher, body=body, changes=True
                )
            except CallError as failed:
                problem = failed
                if failed.unknown:
                    self._calls.pause(round)
                elif failed.code not in SHIPPED_BEFORE:
                    raise
        raise problem or CallError("contract", f"parcel {package_id} was shipped and stays")

    # Webhooks: checked, kept, answered

    def deliver_webhook(
        self, headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes | str
    ) -> int:
        """Receive one webhook; returns the HTTP status to answer."""
        raw = body.encode() if isinstance(body, str) else body
        named = {name.lower(): value for name, value in dict(headers).items()}
        if not is_genuine(self._settings, raw, named.get("authorization", "")):
            self._alerts.raise_("webhook", "webhooks", "a forged webhook was refused")
            return 401
        id, kind, shop_id, order_ids = _read_event(raw)
        with self._kept.together():
            is_new = self._kept.add("seen", id, int(time.time()))
            if is_new and order_ids:
                self._kept.put("inbox", id, [shop_id, order_ids])
        if is_new and kind in TOLD_BY_WEBHOOK:
            self._alerts.raise_("credentials", "authorisation", TOLD_BY_WEBHOOK[kind])
        # The platform waits three seconds: what cannot be done in less waits for the next sync.
        if is_new and self._work.acquire(timeout=WEBHOOK_WAIT_S):
            try:
                self._work_off(id, shop_id, order_ids, hurried=True)
            except CallError:
                pass  # told by an alert
            finally:
                self._work.release()
        return 200

    def _work_off_inbox(self) -> None:
        for id, (shop_id, order_ids) in self._kept.all("inbox").items():
            self._work_off(id, shop_id, order_ids)

    def _work_off(
        self, id: str, shop_id: str, order_ids: list[str], *, hurried: bool = False
    ) -> None:
        """Read what a webhook is about. It only says that something changed, not what is true."""
        cipher = (self._kept.get("shops") or {}).get(shop_id)
        if cipher is not None and order_ids:
            problem = self._read_orders(shop_id, cipher, order_ids, hurried=hurried)
            if problem is not None:
                raise problem
        self._kept.remove("inbox", id)

    # What it knows: answered from the file, whether the platform can be reached or not

    def orders(self) -> list[dict[str, Any]]:
        return list(self._kept.all("order").values())

    def stock(self) -> dict[str, int]:
        return self._kept.all("stock")

    def shipments(self) -> list[dict[str, str]]:
        return list(self._kept.all("shipment").values())

    def alerts(self) -> list[dict[str, object]]:
        return self._alerts.all()

    def tokens(self) -> dict[str, Any]:
        """Return the pair. For tests and for nothing else: these are secrets."""
        pair = self._kept.get("tokens")
        return {
            "access_token": pair["access"],
            "refresh_token": pair["refresh"],
            "access_token_expires_at": pair["expires_at"],
        }

    def health(self) -> dict[str, Any]:
        failing, waits = self._kept.get("failing"), {**self._kept.all("wish")}
        waits |= self._kept.all("inbox")
        return {"status": "degraded" if failing or waits else "ok", "failing": failing}


def _spread(quantity: int, warehouses: Mapping[str, int]) -> list[dict[str, Any]]:
    """All warehouses of a SKU must be listed; the first takes what the others do not hold."""
    first, *others = warehouses
    shares, left = {}, quantity
    for id in others:
        shares[id] = min(warehouses[id], left)
        left -= shares[id]
    shares = {first: left, **shares}
    return [{"warehouse_id": id, "quantity": shares[id]} for id in shares]


def _read_event(body: bytes) -> tuple[str, int, str, list[str]]:
    """Return key, type, shop and orders of a webhook. Ids may come as numbers."""
    digest = hashlib.sha256(body).hexdigest()
    try:
        event = json.loads(body)
        data = event.get("data") or {}
        ids = [data.get("order_id")]
        for parcel in data.get("package_list") or []:
            ids.extend(parcel.get("order_id_list") or [])
        notification = event.get("tts_notification_id")
    except (ValueError, AttributeError, TypeError):
        return digest, -1, "", []
    shop_id = str(event.get("shop_id") or "")
    key = f"{shop_id} {notification}" if notification else digest
    order_ids = list(dict.fromkeys(str(id) for id in ids if str(id or "").isdigit()))
    return key, event.get("type", -1), shop_id, order_ids
