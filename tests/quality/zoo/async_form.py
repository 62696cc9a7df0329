"""A correct integration as coroutines: shops, details and pushes go side by side on one client.

It keeps what the zoo's own integration keeps and knows what it knows; every call is awaited. The
broken members of `async_broken` replace one method each.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
from tests.quality.zoo.base import PAGE_LIMIT, SHIPPED, Connector
from tests.quality.zoo.caller import REFRESH_PATH, WAIT_LIMIT_S, scope_of, trust
from tests.quality.zoo.manners import Json, Trouble

from tts_chaos.typing import ShopAccess, TwinConnection

__all__ = ["AsyncConnector"]

OVERLAP_S = 900
SIDE_BY_SIDE = 4
"""Calls under way at once."""


class AsyncConnector:
    """Syncs orders, pushes stock, ships and takes webhooks, all of it in coroutines.

    What needs no network (mapping, signing, judging, booking, observing) is the plain connector's.

    Args:
        connection: Where and who.
        folder: Where its file lies.
    """

    def __init__(self, connection: TwinConnection, folder: Path) -> None:
        self.plain = self.make_plain(connection, folder)
        self.connection = connection
        self.begin()

    def make_plain(self, connection: TwinConnection, folder: Path) -> Connector:
        """Return what knows everything but how to call."""
        return _Silent(connection, folder)

    def begin(self) -> None:
        """Make what belongs to one process."""
        self.lock = asyncio.Lock()
        self.shipping: dict[str, asyncio.Lock] = {}
        self.gate = asyncio.Semaphore(SIDE_BY_SIDE)

    @property
    def state(self) -> Json:
        """All that is kept."""
        return self.plain.state

    # -- calls ----------------------------------------------------------------------------------

    def open_client(self) -> httpx.AsyncClient:
        """Return a client for one action."""
        patience = httpx.Timeout(15.0, connect=5.0)
        verify = trust(self.connection.ca_file)
        return httpx.AsyncClient(timeout=patience, verify=verify, trust_env=False)

    async def call(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        shop: ShopAccess,
        *,
        query: Iterable[tuple[str, str]] = (),
        json_body: Json | None = None,
        changes: bool = False,
    ) -> Json:
        """Make one call, in as many tries as are safe; returns its data.

        Raises:
            Trouble: If it failed for good.
        """
        body = json.dumps(json_body).encode() if json_body is not None else b""
        is_renewed = False
        attempt = 1
        while True:
            try:
                token = await self.token_for(client)
                async with self.gate:
                    await self.wait_for_turn(path, shop)
                    url = self.plain.address(path, shop, query, body)
                    headers = self.plain.headers(token)
                    with self.plain.noting(method, path):
                        data = self.judge(*await self.exchange(client, method, url, headers, body))
            except Trouble as trouble:
                if trouble.wait_s:
                    self.plain.note_wait(path, shop, trouble)
                if trouble.kind == "token" and not is_renewed:
                    is_renewed = await self.renew(client, token)
                    continue
                may = self.plain.may_repeat(trouble, changes=changes)
                if not may or attempt >= self.plain.attempts:
                    self.plain.alert(trouble.cause, str(trouble))
                    raise
                await asyncio.sleep(self.plain.pause_s(trouble, attempt))
                attempt += 1
                continue
            self.plain.open_alerts.clear()
            return data

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Json:
        """Return the data of an answer."""
        return self.plain.judge(status, headers, body)

    async def exchange(
        self,
        client: httpx.AsyncClient,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request; returns status, headers with names in lower case, and body."""
        try:
            answer = await client.request(method, url, headers=headers, content=body or None)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Trouble("network", type(error).__name__, kind="wait") from error
        except httpx.HTTPError as error:
            cause = "slowness" if isinstance(error, httpx.TimeoutException) else "network"
            raise Trouble(cause, type(error).__name__, kind="unknown") from error
        return answer.status_code, dict(answer.headers), answer.content

    async def wait_for_turn(self, path: str, shop: ShopAccess) -> None:
        """Sit out a pause that the platform asked for in an earlier call."""
        left_s = self.plain.not_before.get(scope_of(path, shop), 0.0) - time.time()
        if left_s > WAIT_LIMIT_S:
            raise Trouble("rate_limit", f"{left_s:.0f} s to wait")
        if left_s > 0:
            await asyncio.sleep(left_s)

    async def token_for(self, client: httpx.AsyncClient) -> str:
        """Return an access token that may be used."""
        if self.state["is_dead"]:
            raise self.plain.dead()
        pair = self.state["tokens"]
        if time.time() > pair["access_token_expires_at"] - 600:
            await self.renew(client, pair["access_token"])
        token: str = self.state["tokens"]["access_token"]
        return token

    async def renew(self, client: httpx.AsyncClient, refused: str) -> bool:
        """Replace a refused access token, unless another task was faster.

        Raises:
            Trouble: If there is no new pair to be had.
        """
        async with self.lock:
            if self.state["tokens"]["access_token"] == refused:
                if self.state["is_dead"]:
                    raise self.plain.dead()
                try:
                    self.plain.keep(await self.ask_for_pair(client))
                except Trouble as trouble:
                    self.plain.note_failed_refresh(trouble)
                    raise
        return True

    async def ask_for_pair(self, client: httpx.AsyncClient) -> Json:
        """Refresh, in at most three tries."""
        for attempt in (1, 2, 3):
            url = self.plain.refresh_address(self.state["tokens"]["refresh_token"])
            try:
                with self.plain.noting("GET", REFRESH_PATH):
                    return self.judge(*await self.exchange(client, "GET", url, {}, b""))
            except Trouble as trouble:
                if trouble.kind not in ("wait", "unknown") or attempt == 3:
                    raise
                await asyncio.sleep(self.plain.pause_s(trouble, attempt))
        raise AssertionError("the last try returns or raises")

    async def side_by_side(self, works: Iterable[Awaitable[Any]]) -> None:
        """Do all of it, whatever becomes of the others.

        Raises:
            Trouble: The first one.
        """
        for outcome in await asyncio.gather(*works, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def saving(self, work: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
        """Do some work with a client of its own, and keep what came of it."""
        try:
            async with self.open_client() as client:
                await work(client)
        finally:
            self.plain.save()

    # -- orders ---------------------------------------------------------------------------------

    async def sync_orders(self) -> None:
        """Read what changed in all shops."""
        started = int(time.time())

        async def work(client: httpx.AsyncClient) -> None:
            await self.work_off(client)
            shops = self.connection.shops
            await self.side_by_side(self.sync_shop(client, shop, started) for shop in shops)

        await self.saving(work)

    async def sync_shop(self, client: httpx.AsyncClient, shop: ShopAccess, started: int) -> None:
        """Read what changed in one shop; its mark moves only after everything was read."""
        since = max(0, self.state["marks"].get(shop.id, 0) - OVERLAP_S)
        await self.read_pages(client, shop, since)
        self.state["marks"][shop.id] = started
        await self.read_levels(client, shop, self.plain.skus_of(shop))

    async def read_pages(self, client: httpx.AsyncClient, shop: ShopAccess, since: int) -> None:
        """Walk through all pages of a search, and read every order on them."""
        token, shown = "", set[str]()
        path = "/order/202309/orders/search"
        for _ in range(PAGE_LIMIT):
            query = [("page_size", str(self.plain.page_size)), ("sort_field", "create_time")]
            query += [("sort_order", "ASC"), *([("page_token", token)] if token else [])]
            body = {"update_time_ge": since}
            page = await self.call(client, "POST", path, shop, query=query, json_body=body)
            ids = [row["id"] for row in page.get("orders") or []]
            await self.read_orders(client, shop, ids)
            shown.update(ids)
            token = page.get("next_page_token") or ""
            if not token:
                self.plain.check_pages(len(shown), page)
                return
        raise Trouble("contract", "the pages do not end")

    async def read_orders(
        self, client: httpx.AsyncClient, shop: ShopAccess, ids: list[str]
    ) -> None:
        """Read and book some orders, ten in a call, several calls at once."""
        batches = [ids[start : start + 10] for start in range(0, len(ids), 10)]
        await self.side_by_side(self.read_batch(client, shop, batch) for batch in batches)

    async def read_batch(self, client: httpx.AsyncClient, shop: ShopAccess, ids: list[str]) -> None:
        """Read and book a few orders."""
        query = [("ids", ",".join(ids))]
        data = await self.call(client, "GET", "/order/202507/orders", shop, query=query)
        for row in self.plain.rows_of(data, ids):
            self.plain.book(self.plain.map_order(row, shop))

    # -- stock ----------------------------------------------------------------------------------

    async def read_levels(
        self, client: httpx.AsyncClient, shop: ShopAccess, skus: list[str]
    ) -> None:
        """Read what the platform sells of some SKUs."""
        for start in range(0, len(skus), 300):
            path, body = "/product/202309/inventory/search", {"sku_ids": skus[start : start + 300]}
            data = await self.call(client, "POST", path, shop, json_body=body)
            self.plain.keep_levels(shop, data)

    async def push_stock(self, changes: Mapping[str, int]) -> None:
        """Set sellable quantities; a newer wish replaces an older one."""
        for sku, quantity in changes.items():
            self.plain.ask(sku, quantity)
        self.plain.save()
        await self.flush()

    async def flush(self) -> None:
        """Push what waits, until the platform is read to hold it.

        Raises:
            Trouble: If some of it still waits.
        """
        await self.saving(self.push_all)

    async def push_all(self, client: httpx.AsyncClient) -> None:
        """Read, push what is not there yet, read again."""
        await self.work_off(client)
        for turn in range(1, 6):
            for shop in self.connection.shops if self.state["outbox"] else ():
                await self.read_levels(client, shop, sorted(self.state["outbox"]))
            waiting = self.plain.still_waiting()
            if not waiting:
                return
            await self.side_by_side(self.push(client, sku, turn) for sku in waiting)
        raise Trouble("contract", "the platform does not keep what is pushed")

    async def push(self, client: httpx.AsyncClient, sku: str, turn: int) -> None:
        """Write one wish; where the outcome is unknown, the next turn reads it."""
        wish, level = self.state["outbox"][sku], self.state["levels"].get(sku)
        if level is None:
            self.plain.alert("mapping", f"no shop sells SKU {sku}")
            raise Trouble("mapping", f"no shop sells SKU {sku}")
        if wish["committed"] is None:
            wish["committed"] = level["committed"]
        path, body = self.plain.stock_request(sku, wish["quantity"], level)
        shop = next(shop for shop in self.connection.shops if shop.id == level["shop_id"])
        try:
            data = await self.call(client, "POST", path, shop, json_body=body, changes=True)
        except Trouble as trouble:
            if trouble.kind != "unknown" or turn == 5:
                raise
            await asyncio.sleep(self.plain.pause_s(trouble, turn))
        else:
            self.plain.check_written(data)

    # -- shipping -------------------------------------------------------------------------------

    async def ship(self, order_id: str) -> None:
        """Ship all parcels of an order; doing it again changes nothing."""
        async with self.shipping.setdefault(order_id, asyncio.Lock()):
            await self.saving(lambda client: self.ship_order(client, order_id))

    async def ship_order(self, client: httpx.AsyncClient, order_id: str) -> None:
        """Look at an order, and ship its parcels one after the other."""
        shop = self.plain.shop_of(order_id)
        await self.read_orders(client, shop, [order_id])
        order = self.state["orders"][order_id]
        if order["status"] not in ("AWAITING_SHIPMENT", "PARTIALLY_SHIPPING", *SHIPPED):
            raise Trouble("mapping", f"order {order_id} is {order['status']}")
        for package in order["packages"]:
            await self.ship_package(client, shop, order, package)
        await self.read_orders(client, shop, [order_id])

    async def ship_package(
        self, client: httpx.AsyncClient, shop: ShopAccess, order: Json, package: str
    ) -> None:
        """Look, ship, and look again before any further try."""
        for attempt in range(1, 5):
            parcel = await self.call(client, "GET", f"/fulfillment/202309/packages/{package}", shop)
            if parcel["package_status"] in ("FULFILLING", "COMPLETED"):
                self.plain.note_shipment(order["id"], package)
                return
            try:
                await self.send_shipment(client, shop, order, package)
            except Trouble as trouble:
                if trouble.kind != "unknown":
                    raise
                await asyncio.sleep(self.plain.pause_s(trouble, attempt))
        raise Trouble("contract", f"parcel {package} is not seen to leave", kind="unknown")

    async def send_shipment(
        self, client: httpx.AsyncClient, shop: ShopAccess, order: Json, package: str
    ) -> None:
        """Ship a parcel, by the platform's carrier or by the seller's."""
        carrier = ""
        if order["shipping_type"] == "SELLER":
            path = self.plain.carriers_path(order)
            carrier = (await self.call(client, "GET", path, shop))["shipping_providers"][0]["id"]
        body = self.plain.shipment(order, carrier)
        path = f"/fulfillment/202309/packages/{package}/ship"
        await self.call(client, "POST", path, shop, json_body=body, changes=True)

    # -- webhooks -------------------------------------------------------------------------------

    async def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a webhook; returns the HTTP status to answer."""
        return self.plain.deliver_webhook(headers, body)

    async def work_off(self, client: httpx.AsyncClient) -> None:
        """Read the orders that are due, and the stock they moved."""
        for shop in self.connection.shops:
            rows = [row for row in self.state["inbox"] if row[0] == shop.id]
            if rows:
                await self.read_orders(client, shop, sorted({row[1] for row in rows}))
                await self.read_levels(client, shop, self.plain.skus_of(shop))
                self.state["inbox"] = [r for r in self.state["inbox"] if r not in rows]

    # -- observations and the operator ----------------------------------------------------------

    async def orders(self) -> Any:
        """Return the orders it knows."""
        return self.plain.orders()

    def stock(self) -> Any:
        """Return what the platform was last read to sell, by SKU id."""
        return self.plain.stock()

    def shipments(self) -> list[Json]:
        """Return the confirmed shipments."""
        return self.plain.shipments()

    def logs(self) -> list[str]:
        """Return what was logged."""
        return self.plain.logs()

    def alerts(self) -> list[Json]:
        """Return all alerts."""
        return self.plain.alerts()

    def tokens(self) -> Json:
        """Return the pair it holds."""
        return self.plain.tokens()

    def health(self) -> Json:
        """Tell whether the last call of the API got through."""
        return self.plain.health()

    def conversions(self) -> list[Json]:
        """Return one record for each recent paid order whose buyer can be reached."""
        return self.plain.conversions()

    def restart(self) -> None:
        """Stop, and start again from what is on disk."""
        self.plain.restart()
        self.begin()

    def reconfigure(self, **changes: Any) -> None:
        """Take new keys or a new pair."""
        self.plain.reconfigure(**changes)

    def close(self) -> None:
        """Do nothing: clients live as long as an action."""


class _Silent(Connector):
    """Knows everything and opens no connection."""

    def open_connections(self) -> None:
        """Open none."""

    def close(self) -> None:
        """Close none."""
