"""An order and stock sync for TikTok Shop on requests, as one writes it in an afternoon.

Nothing here is wrong on a good day: sessions retry, tokens are kept and refreshed, webhooks are
checked. What happens on a bad day is what `pytest --tts-chaos` shows.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

__all__ = ["NaiveShop"]

logger = logging.getLogger(__name__)


class NaiveShop:
    """Keeps its orders in memory and its tokens in a file."""

    def __init__(self, twin: Any, folder: Path) -> None:
        self.twin = twin
        self.token_file = folder / "tokens.json"
        self.tokens = {"access_token": twin.access_token, "refresh_token": twin.refresh_token}
        self.session = requests.Session()
        retry = Retry(
            total=5,
            backoff_factor=0.1,
            status_forcelist=[429, 500, 502, 503, 504],
            allowed_methods=None,
            raise_on_status=False,
        )
        self.session.mount("https://", HTTPAdapter(max_retries=retry))
        self.last_sync = 0
        self.order_list: list[dict[str, Any]] = []
        self.stock_levels: dict[str, int] = {}
        self.shipped: list[dict[str, str]] = []

    def call(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> Any:
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
        headers = {
            "content-type": "application/json",
            "x-tts-access-token": self.tokens["access_token"],
        }
        response = self.session.request(
            method,
            self.twin.api_url + path,
            params=params,
            data=text or None,
            headers=headers,
            timeout=10,
        )
        response.raise_for_status()
        answer = response.json()
        if "expired" in answer["message"].lower():
            self.refresh()
            return self.call(method, path, query, body)
        return answer["data"]

    def refresh(self) -> None:
        response = self.session.get(
            self.twin.token_url + "/api/v2/token/refresh",
            params={
                "app_key": self.twin.app_key,
                "app_secret": self.twin.app_secret,
                "refresh_token": self.tokens["refresh_token"],
                "grant_type": "refresh_token",
            },
            timeout=10,
        )
        self.tokens = response.json()["data"]
        self.token_file.write_text(json.dumps(self.tokens))

    def restart(self) -> None:
        if self.token_file.exists():
            self.tokens = json.loads(self.token_file.read_text())

    def sync_orders(self) -> None:
        since, self.last_sync = self.last_sync, int(time.time())
        token = ""
        while True:
            query = {"page_size": "50", **({"page_token": token} if token else {})}
            body = {"update_time_ge": since}
            page = self.call("POST", "/order/202309/orders/search", query, body)
            for row in page.get("orders") or []:
                try:
                    self.fetch(row["id"])
                except Exception as error:
                    logger.warning("order %s is left out: %s", row["id"], error)
            token = page.get("next_page_token")
            if not token:
                return

    def fetch(self, order_id: str) -> None:
        known = [order for order in self.order_list if order["id"] == order_id]
        order = self.call("GET", "/order/202507/orders", {"ids": order_id})["orders"][0]
        record = {
            "id": order["id"],
            "status": order["status"],
            "currency": order["payment"]["currency"],
            "total_amount": order["payment"]["total_amount"],
            "lines": [
                {"id": line["id"], "sku_id": line["sku_id"], "sale_price": line["sale_price"]}
                for line in order["line_items"]
            ],
        }
        if known:
            known[0].update(record)
        else:
            self.order_list.append(record)

    def push_stock(self, changes: Mapping[str, int]) -> None:
        body = {"sku_ids": list(changes)}
        found = self.call("POST", "/product/202309/inventory/search", {}, body)
        for product in found["inventory"]:
            for sku in product["skus"]:
                warehouse_id = sku["warehouse_inventory"][0]["warehouse_id"]
                inventory = [{"warehouse_id": warehouse_id, "quantity": changes[sku["id"]]}]
                path = f"/product/202309/products/{product['product_id']}/inventory/update"
                self.call("POST", path, {}, {"skus": [{"id": sku["id"], "inventory": inventory}]})
        self.stock_levels.update(changes)

    def ship(self, order_id: str) -> None:
        order = self.call("GET", "/order/202507/orders", {"ids": order_id})["orders"][0]
        for parcel in order["packages"]:
            path = f"/fulfillment/202309/packages/{parcel['id']}/ship"
            self.call("POST", path, {}, {"handover_method": "DROP_OFF"})
            self.shipped.append({"order_id": order_id, "package_id": parcel["id"]})

    def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        message = self.twin.app_key.encode() + body
        expected = hmac.new(self.twin.app_secret.encode(), message, hashlib.sha256).hexdigest()
        named = {name.lower(): value for name, value in dict(headers).items()}
        if named.get("authorization") != expected:
            return 401
        order_id = json.loads(body)["data"].get("order_id")
        if order_id:
            self.fetch(order_id)
        return 200

    def orders(self) -> list[dict[str, Any]]:
        return self.order_list

    def stock(self) -> dict[str, int]:
        return self.stock_levels

    def shipments(self) -> list[dict[str, str]]:
        return self.shipped
