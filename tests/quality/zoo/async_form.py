"""The zoo's own integration as a coroutine: orders and tokens, on httpx's asynchronous client."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from pathlib import Path

import httpx
from tests.quality.zoo.caller import trust
from tests.quality.zoo.manners import Json, Manners, Trouble

from tts_chaos.typing import ShopAccess, TwinConnection

__all__ = ["AsyncConnector"]

OVERLAP_S = 900


class AsyncConnector(Manners):
    """Syncs orders; keeps everything in memory.

    Args:
        connection: Where and who.
        folder: Not used: nothing is kept on disk.
    """

    def __init__(self, connection: TwinConnection, folder: Path) -> None:
        super().__init__(connection)
        self.pair = (connection.access_token, connection.refresh_token)
        self.expires_at = connection.access_token_expires_at
        self.lock = asyncio.Lock()
        self.known: dict[str, Json] = {}
        self.marks: dict[str, int] = {}
        self.told: list[Json] = []

    async def sync_orders(self) -> None:
        """Read what changed in all shops."""
        started = int(time.time())
        patience = httpx.Timeout(15.0, connect=5.0)
        verify = trust(self.connection.ca_file)
        async with httpx.AsyncClient(timeout=patience, verify=verify, trust_env=False) as client:
            for shop in self.connection.shops:
                await self.sync_shop(client, shop)
                self.marks[shop.id] = started

    async def sync_shop(self, client: httpx.AsyncClient, shop: ShopAccess) -> None:
        """Walk through all pages; the details of a page are read side by side."""
        path = "/order/202309/orders/search"
        body = {"update_time_ge": max(0, self.marks.get(shop.id, 0) - OVERLAP_S)}
        token = ""
        while True:
            query = [("page_size", str(self.page_size)), ("sort_field", "create_time")]
            query += [("page_token", token)] if token else []
            page = await self.call(client, "POST", path, shop, query, json.dumps(body).encode())
            ids = [row["id"] for row in page.get("orders") or []]
            batches = [ids[start : start + 10] for start in range(0, len(ids), 10)]
            await asyncio.gather(*(self.read(client, shop, batch) for batch in batches))
            token = page.get("next_page_token") or ""
            if not token:
                return

    async def read(self, client: httpx.AsyncClient, shop: ShopAccess, ids: list[str]) -> None:
        """Read and book some orders."""
        query = [("ids", ",".join(ids))]
        data = await self.call(client, "GET", "/order/202507/orders", shop, query, b"")
        for row in data["orders"]:
            self.known[row["id"]] = self.map_order(row, shop)

    async def call(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        shop: ShopAccess,
        query: Iterable[tuple[str, str]],
        body: bytes,
    ) -> Json:
        """Make one call that changes nothing, in as many tries as may help."""
        is_renewed = False
        for attempt in range(1, self.attempts + 1):
            access = self.pair[0]
            try:
                url = self.address(path, shop, query, body)
                return await self.exchange(client, method, url, self.headers(access), body)
            except Trouble as trouble:
                if trouble.kind == "token" and not is_renewed:
                    is_renewed = await self.renew(client, access)
                elif not self.may_repeat(trouble, changes=False) or attempt == self.attempts:
                    self.told.append({"cause": trouble.cause, "message": str(trouble)})
                    raise
                else:
                    await asyncio.sleep(self.pause_s(trouble, attempt))
        raise Trouble("credentials", "a fresh access token was refused as well")

    async def exchange(
        self,
        client: httpx.AsyncClient,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes,
    ) -> Json:
        """Send one request and judge its answer."""
        try:
            answer = await client.request(method, url, headers=headers, content=body or None)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Trouble("network", type(error).__name__, kind="wait") from error
        except httpx.HTTPError as error:
            raise Trouble("network", type(error).__name__, kind="unknown") from error
        return self.judge(answer.status_code, dict(answer.headers), answer.content)

    async def renew(self, client: httpx.AsyncClient, refused: str) -> bool:
        """Replace a refused access token, unless another task was faster."""
        async with self.lock:
            if self.pair[0] == refused:
                url = self.refresh_address(self.pair[1])
                data = await self.exchange(client, "GET", url, {}, b"")
                self.pair = (data["access_token"], data["refresh_token"])
                self.expires_at = self.expiry_of(data)
        return True

    async def orders(self) -> list[Json]:
        """Return the orders it knows."""
        return list(self.known.values())

    def alerts(self) -> list[Json]:
        """Return all alerts."""
        return list(self.told)

    def tokens(self) -> Json:
        """Return the pair it holds."""
        access, refresh = self.pair
        return {
            "access_token": access,
            "refresh_token": refresh,
            "access_token_expires_at": self.expires_at,
        }

    def close(self) -> None:
        """Do nothing: clients live as long as a sync."""
