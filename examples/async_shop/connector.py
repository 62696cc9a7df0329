"""The connector as its owner sees it: sync orders, push stock, ship, receive webhooks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shop_parts.alerts import Alerts
from shop_parts.answers import CallError
from shop_parts.events import TOLD_BY_WEBHOOK, Event, read_event
from shop_parts.kept import Kept
from shop_parts.orders import LIFE, ids_of, is_newer, read_order
from shop_parts.patience import Patience
from shop_parts.shipping import PARCEL_LEFT, SHIPPED_BEFORE, require_shippable
from shop_parts.shops import Shop
from shop_parts.signing import is_genuine
from shop_parts.stock import is_done, read_levels, refusal_of, spread

from async_shop.calls import Calls, Transport

__all__ = ["Connector"]

OVERLAP_S = 900
"""Read again what changed lately: clocks differ, and orders show up late."""
PAGE_SIZE = "100"
MOST_PAGES = 1_000
DETAIL_SIZE = 50
STOCK_SIZE = 300
ROUNDS = 4
WEBHOOK_LIMIT_S = 2.5
TOKEN_LIFE_S = 7 * 86_400


class Connector:
    """Call `sync_orders` and `flush` from a scheduler, `deliver_webhook` from a web server.

    Args:
        settings: See `Calls`.
        path: SQLite file.
        key: Its key, from a secret store.
        patience: How long to wait and how often to try.
        make_transport: Makes the connection pool.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        path: Path,
        key: bytes,
        make_transport: Callable[[], Transport],
        *,
        patience: Patience | None = None,
    ) -> None:
        self._settings, self._path, self._key = settings, path, key
        self._patience, self._make_transport = patience or Patience(), make_transport
        # Whatever talks to the platform does so one after the other: one refresh, one sync.
        self._work = asyncio.Lock()
        self._open()

    def _open(self) -> None:
        self._kept = Kept(self._path, self._key)
        self._alerts = Alerts(self._kept, [self._settings["app_secret"]])
        self._calls = Calls(
            self._settings, self._patience, self._kept, self._alerts, self._make_transport()
        )

    async def close(self) -> None:
        await self._calls.close()
        self._kept.close()

    async def restart(self) -> None:
        await self.close()
        self._open()

    async def reconfigure(self, **changes: Any) -> None:
        """Take new settings from an operator."""
        async with self._work:
            self._settings.update(changes)
            if "access_token" in changes:
                # The documented life; a shorter one is told by a code.
                expires_at = changes.get("access_token_expires_at", time.time() + TOKEN_LIFE_S)
                self._settings["access_token_expires_at"] = expires_at
                self._calls.tokens.take(self._settings)
            self._calls.tokens.revive()

    # Orders

    async def sync_orders(self) -> dict[str, int]:
        """Read what changed since the last complete run.

        Raises:
            CallError: If anything could not be read; what was read is kept.
        """
        async with self._work:
            try:
                problems = [await self._try_to_sync(shop) for shop in await self._ask_for_shops()]
                for problem in filter(None, problems):
                    raise problem
                await self._work_off_inbox()
            except CallError as error:
                self._kept.put("failing", "", error.cause)
                raise
            self._kept.remove("failing", "")
            return {"orders": len(self._kept.all("order"))}

    async def _ask_for_shops(self) -> list[Shop]:
        """Return the authorised shops: one token may cover several, and each has its own cipher."""
        data = await self._calls.call("shops", "GET", "/authorization/202309/shops")
        rows = [[shop["id"], shop["cipher"]] for shop in data.get("shops") or []]
        if not rows:
            raise CallError("permission", "no shop has authorised this app")
        self._alerts.secrets += [cipher for _, cipher in rows]
        self._kept.put("shops", "", rows)
        return [Shop(*row) for row in rows]

    async def _shops(self) -> list[Shop]:
        rows = self._kept.get("shops")
        return [Shop(*row) for row in rows] if rows else await self._ask_for_shops()

    async def _try_to_sync(self, shop: Shop) -> CallError | None:
        """Sync one shop; its trouble must not keep the others waiting."""
        try:
            await self._sync_shop(shop)
        except CallError as error:
            return error
        return None

    async def _sync_shop(self, shop: Shop) -> None:
        started = int(time.time())
        since = max(0, (self._kept.get("watermark", shop.id) or 0) - OVERLAP_S)
        problem = await self._read_pages(shop, since)
        if problem is not None:
            self._alerts.raise_(problem.cause, f"orders of shop {shop.id}", str(problem))
            raise problem
        # Only now: a page that was not read must be asked for again.
        self._kept.put("watermark", shop.id, started)
        orders = [order for order in self.orders() if order["shop_id"] == shop.id]
        skus = sorted({line["sku_id"] for order in orders for line in order["lines"]})
        await self._read_stock(shop, skus)

    async def _read_pages(self, shop: Shop, since: int) -> CallError | None:
        """Keep all orders that can be read; return the first problem with the others."""
        seen: set[str] = set()
        problem, token = None, ""
        for _ in range(MOST_PAGES):
            # Oldest first and open at the end: an order that changes meanwhile keeps its place.
            query = {"page_size": PAGE_SIZE, "sort_field": "create_time", "sort_order": "ASC"}
            page = await self._calls.call(
                "order search",
                "POST",
                "/order/202309/orders/search",
                shop=shop,
                query=query | ({"page_token": token} if token else {}),
                body={"update_time_ge": since},
            )
            try:
                ids = [id for id in ids_of(page) if id not in seen]
            except CallError as unread:
                return unread
            seen.update(ids)
            problem = (await self._read_orders(shop, ids)) or problem
            next_token = page.get("next_page_token") or ""
            if not next_token:
                if len(seen) < page.get("total_count", 0) and problem is None:
                    return CallError("contract", "more orders are counted than shown")
                return problem
            if next_token == token:
                break
            token = next_token
        return CallError("contract", "the pages of orders do not end")

    async def _read_orders(
        self, shop: Shop, ids: Sequence[str], *, hurried: bool = False
    ) -> CallError | None:
        problem = None
        for start in range(0, len(ids), DETAIL_SIZE):
            batch = ids[start : start + DETAIL_SIZE]
            data = await self._calls.call(
                "order detail",
                "GET",
                "/order/202507/orders",
                shop=shop,
                query={"ids": ",".join(batch)},
                hurried=hurried,
            )
            rows, found = data.get("orders"), set()
            for row in rows if isinstance(rows, list) else []:
                try:
                    order = read_order(row, shop.id)
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

    async def push_stock(self, changes: Mapping[str, int]) -> None:
        """Set sellable quantities: {sku_id: quantity}."""
        with self._kept.together():
            for sku_id, quantity in changes.items():
                self._kept.put("wish", sku_id, {"quantity": quantity, "committed": None})
        await self.flush()

    async def flush(self) -> None:
        """Push what waits.

        Raises:
            CallError: If some of it still waits.
        """
        async with self._work:
            refused: dict[str, CallError] = {}  # not asked again before the next flush
            problem = None
            for round in range(1, ROUNDS + 1):
                if not set(self._kept.all("wish")) - set(refused):
                    break
                for shop in await self._shops():
                    levels = await self._read_stock(shop, list(self._kept.all("wish")))
                    self._settle(levels)
                    try:
                        await self._write_stock(shop, levels, refused)
                    except CallError as failed:
                        if not failed.unknown:
                            raise
                        # Whether it was applied is for the next round's read to say.
                        problem = failed
                        await self._calls.pause(round)
            waiting = self._kept.all("wish")
            if waiting:
                problem = next(iter(refused.values()), problem)
                problem = problem or CallError("mapping", "no shop sells them")
                text = f"SKU {', '.join(waiting)} wait: {problem}"
                self._alerts.raise_(problem.cause, "stock", text)
                raise CallError(problem.cause, text)

    async def _read_stock(self, shop: Shop, sku_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        levels: dict[str, dict[str, Any]] = {}
        for start in range(0, len(sku_ids), STOCK_SIZE):
            data = await self._calls.call(
                "inventory search",
                "POST",
                "/product/202309/inventory/search",
                shop=shop,
                body={"sku_ids": sku_ids[start : start + STOCK_SIZE]},
            )
            levels |= read_levels(data)
        with self._kept.together():
            for sku_id, level in levels.items():
                self._kept.put("stock", sku_id, level["quantity"])
        return levels

    def _settle(self, levels: Mapping[str, Any]) -> None:
        for sku_id, wish in self._kept.all("wish").items():
            if sku_id in levels and is_done(wish, levels[sku_id]):
                self._kept.remove("wish", sku_id)

    async def _write_stock(
        self, shop: Shop, levels: Mapping[str, Any], refused: dict[str, CallError]
    ) -> None:
        for sku_id, wish in self._kept.all("wish").items():
            level = levels.get(sku_id)
            if level is None or sku_id in refused:
                continue
            if wish["committed"] is None:
                self._kept.put("wish", sku_id, {**wish, "committed": level["committed"]})
            inventory = spread(wish["quantity"], level["warehouses"])
            data = await self._calls.call(
                "inventory update",
                "POST",
                f"/product/202309/products/{level['product_id']}/inventory/update",
                shop=shop,
                body={"skus": [{"id": sku_id, "inventory": inventory}]},
                changes=True,
            )
            # Code 0 is no success yet: each SKU may be refused on its own.
            if text := refusal_of(data):
                refused[sku_id] = CallError("contract", text)

    # Shipping: look, act, and look again; a ship call has no idempotency key

    async def ship(self, order_id: str) -> list[dict[str, str]]:
        """Ship all parcels of an order; doing it again changes nothing.

        Raises:
            CallError: If its state does not allow it, or it cannot be seen to have left.
        """
        async with self._work:
            order, shop = await self._locate(order_id)
            require_shippable(order)
            for package_id in order["package_ids"]:
                await self._ship_parcel(order_id, package_id, shop)
            await self._read_orders(shop, [order_id])
        return [row for row in self.shipments() if row["order_id"] == order_id]

    async def _locate(self, order_id: str) -> tuple[dict[str, Any], Shop]:
        known = self._kept.get("order", order_id)
        for shop in await self._shops():
            if known is not None and known["shop_id"] != shop.id:
                continue
            if (await self._read_orders(shop, [order_id])) is None:
                return self._kept.get("order", order_id), shop
        raise CallError("mapping", f"order {order_id} is in none of the shops")

    async def _ship_parcel(self, order_id: str, package_id: str, shop: Shop) -> None:
        path = f"/fulfillment/202309/packages/{package_id}"
        problem = None
        for round in range(1, ROUNDS + 1):
            parcel = await self._calls.call("package detail", "GET", path, shop=shop)
            if parcel.get("package_status") in PARCEL_LEFT:
                number = parcel.get("tracking_number") or ""
                row = {"order_id": order_id, "package_id": package_id, "tracking_number": number}
                self._kept.put("shipment", package_id, row)
                return
            if problem is not None and not problem.unknown:
                raise problem
            try:
                body = {"handover_method": "DROP_OFF"}
                await self._calls.call(
                    "ship", "POST", f"{path}/ship", shop=shop, body=body, changes=True
                )
            except CallError as failed:
                problem = failed
                if failed.unknown:
                    await self._calls.pause(round)
                elif failed.code not in SHIPPED_BEFORE:
                    raise
        raise problem or CallError("contract", f"parcel {package_id} was shipped and stays")

    # Webhooks: checked, kept, answered

    async def deliver_webhook(
        self, headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes | str
    ) -> int:
        """Receive one webhook; returns the HTTP status to answer."""
        raw = body.encode() if isinstance(body, str) else body
        named = {name.lower(): value for name, value in dict(headers).items()}
        if not is_genuine(self._settings, raw, named.get("authorization", "")):
            self._alerts.raise_("webhook", "webhooks", "a forged webhook was refused")
            return 401
        event = read_event(raw)
        with self._kept.together():
            is_new = self._kept.add("seen", event.key, int(time.time()))
            if is_new and event.order_ids:
                self._kept.put("inbox", event.key, [event.shop_id, event.order_ids])
        if is_new and event.kind in TOLD_BY_WEBHOOK:
            self._alerts.raise_("credentials", "authorisation", TOLD_BY_WEBHOOK[event.kind])
        # The platform waits three seconds: what cannot be done in less waits for the next sync.
        if is_new:
            try:
                async with asyncio.timeout(WEBHOOK_LIMIT_S), self._work:
                    await self._work_off(event, hurried=True)
            except (CallError, TimeoutError):
                pass  # a failure is told by an alert
        return 200

    async def _work_off_inbox(self) -> None:
        for key, (shop_id, order_ids) in self._kept.all("inbox").items():
            await self._work_off(Event(key, shop_id=shop_id, order_ids=tuple(order_ids)))

    async def _work_off(self, event: Event, *, hurried: bool = False) -> None:
        """Read what a webhook is about. It only says that something changed, not what is true."""
        ciphers = dict(self._kept.get("shops") or [])
        if event.shop_id in ciphers and event.order_ids:
            shop = Shop(event.shop_id, ciphers[event.shop_id])
            problem = await self._read_orders(shop, event.order_ids, hurried=hurried)
            if problem is not None:
                raise problem
        self._kept.remove("inbox", event.key)

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
        pair = self._calls.tokens.current()
        return {
            "access_token": pair["access"],
            "refresh_token": pair["refresh"],
            "access_token_expires_at": pair["expires_at"],
        }

    def health(self) -> dict[str, Any]:
        failing, waits = self._kept.get("failing"), {**self._kept.all("wish")}
        waits |= self._kept.all("inbox")
        return {"status": "degraded" if failing or waits else "ok", "failing": failing}
