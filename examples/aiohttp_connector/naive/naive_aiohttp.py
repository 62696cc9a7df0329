"""An order and stock sync for TikTok Shop on aiohttp, as one writes it in an afternoon.

Statuses raise, a refused token is refreshed, details are fetched side by side, webhooks are
checked. What happens on a bad day is what `pytest --tts-chaos` shows.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import ssl
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

__all__ = ["NaiveAiohttpShop"]

logger = logging.getLogger(__name__)


class NaiveAiohttpShop:
    """Keeps everything in memory."""

    def __init__(self, twin: Any) -> None:
        self.twin = twin
        self.access_token, self.refresh_token = twin.access_token, twin.refresh_token
        self.context = ssl.create_default_context(cafile=twin.ca_file)
        self.known: dict[str, dict[str, Any]] = {}
        self.levels: dict[str, int] = {}
        self.shipped: list[dict[str, str]] = []

    def open_session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=self.context)
        timeout = aiohttp.ClientTimeout(total=10)
        return aiohttp.ClientSession(connector=connector, timeout=timeout, raise_for_status=True)

    async def call(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> Any:
        for attempt in range(4):
            try:
                answer = await self.send(method, path, query, body)
            except aiohttp.ClientResponseError as error:
                logger.warning("%s failed: %s", path, error)
                if error.status == 401:
                    await self.refresh()
            except (aiohttp.ClientError, TimeoutError) as error:
                logger.warning("%s failed: %s", path, error)
                await asyncio.sleep(2**attempt)
            else:
                return answer.get("data") or {}
        raise RuntimeError(f"{path} failed for good")

    async def send(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Any:
        params = {
            **query,
            "app_key": self.twin.app_key,
            "shop_cipher": self.twin.shop_cipher,
            "timestamp": str(int(time.time())),
        }
        text = "" if body is None else json.dumps(body)
        secret = self.twin.app_secret
        pairs = "".join(key + params[key] for key in sorted(params))
        message = f"{secret}{path}{pairs}{text}{secret}"
        params["sign"] = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-tts-access-token": self.access_token}
        async with (
            self.open_session() as session,
            session.request(
                method, self.twin.api_url + path, params=params, data=text, headers=headers
            ) as response,
        ):
            return await response.json()

    async def refresh(self) -> None:
        params = {
            "app_key": self.twin.app_key,
            "app_secret": self.twin.app_secret,
            "refresh_token": self.refresh_token,
            "grant_type": "refresh_token",
        }
        url = self.twin.token_url + "/api/v2/token/refresh"
        async with self.open_session() as session, session.get(url, params=params) as response:
            answer = await response.json()
        self.access_token = answer["data"]["access_token"]
        self.refresh_token = answer["data"]["refresh_token"]

    async def sync_orders(self) -> None:
        token = ""
        while True:
            query = {"page_size": "50", **({"page_token": token} if token else {})}
            page = await self.call("POST", "/order/202309/orders/search", query, {})
            jobs = [self.fetch(row["id"]) for row in page.get("orders") or []]
            for outcome in await asyncio.gather(*jobs, return_exceptions=True):
                if isinstance(outcome, Exception):
                    logger.warning("an order is left out: %s", outcome)
            token = page.get("next_page_token")
            if not token:
                return

    async def fetch(self, order_id: str) -> None:
        data = await self.call("GET", "/order/202507/orders", {"ids": order_id})
        for order in data.get("orders") or []:
            self.known[order_id] = {
                "id": order["id"],
                "status": order["status"],
                "currency": order["payment"]["currency"],
                "total_amount": order["payment"]["total_amount"],
                "lines": [
                    {"id": line["id"], "sku_id": line["sku_id"]} for line in order["line_items"]
                ],
            }

    async def push_stock(self, changes: Mapping[str, int]) -> None:
        body = {"sku_ids": list(changes)}
        found = await self.call("POST", "/product/202309/inventory/search", {}, body)
        for product in found.get("inventory") or []:
            for sku in product["skus"]:
                warehouse_id = sku["warehouse_inventory"][0]["warehouse_id"]
                inventory = [{"warehouse_id": warehouse_id, "quantity": changes[sku["id"]]}]
                path = f"/product/202309/products/{product['product_id']}/inventory/update"
                body = {"skus": [{"id": sku["id"], "inventory": inventory}]}
                await self.call("POST", path, {}, body)
        self.levels.update(changes)

    async def ship(self, order_id: str) -> None:
        data = await self.call("GET", "/order/202507/orders", {"ids": order_id})
        for parcel in data["orders"][0]["packages"]:
            path = f"/fulfillment/202309/packages/{parcel['id']}/ship"
            await self.call("POST", path, {}, {"handover_method": "DROP_OFF"})
            self.shipped.append({"order_id": order_id, "package_id": parcel["id"]})

    async def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        message = self.twin.app_key.encode() + body
        expected = hmac.new(self.twin.app_secret.encode(), message, hashlib.sha256).hexdigest()
        named = {name.lower(): value for name, value in dict(headers).items()}
        if named.get("authorization") != expected:
            return 401
        data = json.loads(body)["data"]
        order_id = data.get("order_id")
        if order_id in self.known:
            self.known[order_id]["status"] = data["order_status"]
        elif order_id:
            await self.fetch(order_id)
        return 200

    async def orders(self) -> list[dict[str, Any]]:
        return list(self.known.values())

    async def stock(self) -> dict[str, int]:
        return self.levels

    async def shipments(self) -> list[dict[str, str]]:
        return self.shipped
