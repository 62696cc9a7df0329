"""An order and stock sync written straight from the README of `tiktok-shop-api` 0.1.0.

Nothing here is wrong on a good day. There is one client for each shop, every page is read, webhooks
are verified over the raw body. What happens on a bad day is what `pytest --tts-chaos` shows.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

import httpx
from tiktok_shop_api import (
    TikTokShop,
    TikTokShopError,
    UnknownWebhookEvent,
    Webhooks,
    WebhookSignatureError,
)
from tiktok_shop_api.generated.models import (
    InventorySearchRequest,
    OrderStatusChangeWebhook,
    UpdateInventoryRequest,
)
from tiktok_shop_api.generated.types import UNSET

__all__ = ["NaiveConnector"]


class NaiveConnector:
    """Keeps orders and stock in memory."""

    def __init__(self, connection: Any) -> None:
        self._app = (connection.app_key, connection.app_secret)
        transport = None
        if connection.ca_file:
            context = ssl.create_default_context(cafile=connection.ca_file)
            transport = httpx.HTTPTransport(verify=context)
        client = TikTokShop(
            connection.app_key,
            connection.app_secret,
            access_token=connection.access_token,
            base_url=connection.api_url,
            transport=transport,
        )
        self._shops = {
            shop.id: client.with_shop(shop_cipher=shop.cipher) for shop in connection.shops
        }
        self._orders: dict[str, dict[str, Any]] = {}
        self._stock: dict[str, int] = {}

    def sync_orders(self) -> None:
        for shop_id, shop in self._shops.items():
            page_token = ""
            while True:
                reply = shop.orders.get_order_list(page_size=50, page_token=page_token or UNSET)
                data = reply.to_dict()["data"]
                for order in data.get("orders", []):
                    self._orders[order["id"]] = _to_order(order, shop_id)
                page_token = data.get("next_page_token", "")
                if not page_token:
                    break

    def push_stock(self, changes: Mapping[str, int]) -> None:
        for shop in self._shops.values():
            asked = InventorySearchRequest.from_dict({"sku_ids": list(changes)})
            found = shop.products.inventory_search(body=asked).to_dict()["data"]
            for product in found.get("inventory", []):
                skus = [_to_change(sku, changes[sku["id"]]) for sku in product["skus"]]
                shop.products.update_inventory(
                    product["product_id"], body=UpdateInventoryRequest.from_dict({"skus": skus})
                )
        self._stock.update(changes)

    def deliver_webhook(self, headers: Any, body: bytes) -> int:
        app_key, app_secret = self._app
        named = {name.lower(): value for name, value in dict(headers).items()}
        try:
            event = Webhooks.verify_and_parse(
                app_key=app_key,
                app_secret=app_secret,
                raw_body=body,
                signature=named.get("authorization", ""),
            )
        except WebhookSignatureError:
            return 401
        except ValueError:
            return 400
        if isinstance(event, UnknownWebhookEvent):
            print("unknown webhook type", event.type, event.raw)
        elif isinstance(event, OrderStatusChangeWebhook):
            data = event.to_dict()["data"]
            if data["order_id"] in self._orders:
                self._orders[data["order_id"]]["status"] = data["order_status"]
            else:
                self._fetch(event.shop_id, data["order_id"])
        return 200

    def _fetch(self, shop_id: str, order_id: str) -> None:
        try:
            reply = self._shops[shop_id].orders.get_order_detail(ids=[order_id])
        except TikTokShopError as error:
            print("could not fetch order", order_id, error)
            return
        for order in reply.to_dict()["data"]["orders"]:
            self._orders[order["id"]] = _to_order(order, shop_id)

    def orders(self) -> list[dict[str, Any]]:
        return list(self._orders.values())

    def stock(self) -> dict[str, int]:
        return dict(self._stock)


def _to_order(order: dict[str, Any], shop_id: str) -> dict[str, Any]:
    return {
        "id": order["id"],
        "shop_id": shop_id,
        "status": order["status"],
        "currency": order["payment"]["currency"],
        "total_amount": order["payment"]["total_amount"],
        "lines": [
            {"id": line["id"], "sku_id": line["sku_id"], "sale_price": line["sale_price"]}
            for line in order["line_items"]
        ],
    }


def _to_change(sku: dict[str, Any], quantity: int) -> dict[str, Any]:
    warehouse_id = sku["warehouse_inventory"][0]["warehouse_id"]
    return {
        "id": sku["id"],
        "inventory": [{"warehouse_id": warehouse_id, "quantity": quantity}],
    }
