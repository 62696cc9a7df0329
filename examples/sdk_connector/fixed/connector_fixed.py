"""The same sync on the same SDK, with the fixes the naive one asks for."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sdk_calls import CallFailedError, SdkCalls
from shop_parts.events import read_event
from shop_parts.kept import Kept
from shop_parts.orders import LIFE
from shop_parts.stock import read_levels, spread
from tiktok_shop_api import TikTokShop, Webhooks
from tiktok_shop_api.generated.models import (
    GetOrderListRequest,
    GetOrderListSortField,
    GetOrderListSortOrder,
    InventorySearchRequest,
    UpdateInventoryRequest,
)
from tiktok_shop_api.generated.types import UNSET

__all__ = ["FixedConnector"]

OVERLAP_S = 900

# The SDK hides the secrets of token calls in httpx's log lines, but not signed addresses.
logging.getLogger("httpx").setLevel(logging.WARNING)


class FixedConnector:
    """Keeps orders, stock, wishes and webhooks in a file."""

    def __init__(self, connection: Any, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._key = Fernet.generate_key()  # in production: from a secret store
        self._ciphers = {shop.id: shop.cipher for shop in connection.shops}
        self._start()

    def _start(self) -> None:
        self._kept = Kept(self._path, self._key)
        self._calls = SdkCalls(self._connection, self._kept)

    def close(self) -> None:
        self._calls.close()
        self._kept.close()

    # Actions

    def sync_orders(self) -> dict[str, int]:
        failures: list[CallFailedError] = []
        for shop_id in self._ciphers:
            try:
                self._sync_shop(shop_id)
                self._read_stock(shop_id, self._skus_of(shop_id))
            except CallFailedError as error:
                failures.append(error)
        if failures:
            self._kept.put("failing", "orders", failures[0].cause)
            raise CallFailedError("; ".join(map(str, failures)), failures[0].cause)
        self._kept.remove("failing", "orders")
        self._work_off_inbox()
        return {"orders": len(self._kept.all("order"))}

    def push_stock(self, changes: Mapping[str, int]) -> None:
        for sku_id, quantity in changes.items():
            self._kept.put("wish", sku_id, quantity)
        self.flush()

    def flush(self) -> None:
        """Push what is wished, and believe it only when it was read back."""
        problem: CallFailedError | None = None
        for _ in range(3):
            wishes = self._kept.all("wish")
            if not wishes:
                return
            for shop_id in self._ciphers:
                levels = self._read_stock(shop_id, list(wishes))
                for sku_id in [id for id in levels if levels[id]["quantity"] == wishes[id]]:
                    self._kept.remove("wish", sku_id)
                problem = self._write_stock(shop_id, levels, self._kept.all("wish")) or problem
        waiting = ", ".join(self._kept.all("wish"))
        if waiting:
            reason = problem or "no shop sells them, or the platform does not keep them"
            self._calls.alert("contract", "stock", f"SKU {waiting} wait: {reason}")
            raise CallFailedError(f"stock of SKU {waiting} waits: {reason}", "contract")

    def deliver_webhook(self, headers: Any, body: bytes) -> int:
        named = {name.lower(): value for name, value in dict(headers).items()}
        genuine = Webhooks.verify(
            app_key=self._calls.settings["app_key"],
            app_secret=self._calls.settings["app_secret"],
            raw_body=body,
            signature=named.get("authorization", ""),
        )
        if not genuine:
            self._calls.alert("webhook", "webhooks", "a forged webhook was refused")
            return 401
        # The SDK's strict parser refuses whatever the platform adds; the ids are all that counts.
        event = read_event(body)
        is_new = self._kept.add("seen", event.key, 1)
        if is_new and event.shop_id in self._ciphers and event.order_ids:
            self._kept.put("inbox", event.key, [event.shop_id, event.order_ids])
            self._work_off(event.key, event.shop_id, event.order_ids, tries=1)
        return 200

    def restart(self) -> None:
        settings = self._calls.settings
        self.close()
        self._start()
        self._calls.settings = settings

    def reconfigure(self, **changes: Any) -> None:
        known = self._calls.settings
        known.update({name: value for name, value in changes.items() if name in known})
        pair = self._kept.get("tokens")
        if "access_token" in changes:
            expires_at = changes.get("access_token_expires_at", int(time.time()) + 7 * 86_400)
            refresh = changes.get("refresh_token", pair["refresh"])
            self._calls.keep_tokens(changes["access_token"], refresh, expires_at)
        elif {"app_key", "app_secret"} & set(changes):
            self._kept.put("tokens", "", {**pair, "dead": False, "not_before": 0.0})

    # Observations

    def orders(self) -> list[dict[str, Any]]:
        return list(self._kept.all("order").values())

    def stock(self) -> dict[str, int]:
        return self._kept.all("stock")

    def alerts(self) -> list[dict[str, Any]]:
        return list(self._kept.all("alert").values())

    def tokens(self) -> dict[str, Any]:
        pair = self._kept.get("tokens")
        return {
            "access_token": pair["access"],
            "refresh_token": pair["refresh"],
            "access_token_expires_at": pair["expires_at"],
        }

    def health(self) -> dict[str, str]:
        troubles = [kind for kind in ("failing", "wish", "inbox") if self._kept.all(kind)]
        return {"status": "degraded" if troubles else "ok"}

    # Orders

    def _sync_shop(self, shop_id: str) -> None:
        started = int(time.time())
        since = max(0, (self._kept.get("synced", shop_id) or 0) - OVERLAP_S)
        body = GetOrderListRequest.from_dict({"update_time_ge": since})
        page_token = ""
        while True:
            data = self._calls.call(
                "order search",
                self._ciphers[shop_id],
                lambda sdk, token=page_token: sdk.orders.get_order_list(
                    body=body,
                    page_size=50,
                    page_token=token or UNSET,
                    sort_field=GetOrderListSortField.CREATE_TIME,
                    sort_order=GetOrderListSortOrder.ASC,
                ),
            )
            self._fetch(shop_id, [order["id"] for order in data.get("orders", [])])
            page_token = data.get("next_page_token", "")
            if not page_token:
                break
        self._kept.put("synced", shop_id, started)

    def _fetch(self, shop_id: str, ids: Sequence[str], tries: int | None = None) -> None:
        if not ids:
            return
        # The SDK sends a list as a repeated parameter; the API takes one, separated by commas.
        joined = [",".join(ids)]
        data = self._calls.call(
            "order detail",
            self._ciphers[shop_id],
            lambda sdk: sdk.orders.get_order_detail(ids=joined),
            tries=tries,
        )
        found = {order["id"]: order for order in data.get("orders", [])}
        for id in ids:
            try:
                self._keep_order(_to_order(found[id], shop_id))
            except KeyError as error:
                self._calls.alert("mapping", "orders", f"order {id} lacks {error}")
                raise CallFailedError(f"order {id} lacks {error}", "mapping") from error

    def _keep_order(self, order: dict[str, Any]) -> None:
        known = self._kept.get("order", order["id"])
        if known:
            progress = _rank(order) - _rank(known)
            is_later = order["update_time"] >= known["update_time"]
            if progress < 0 or (progress == 0 and not is_later):
                return
        self._kept.put("order", order["id"], order)

    # Stock

    def _skus_of(self, shop_id: str) -> list[str]:
        orders = [order for order in self.orders() if order["shop_id"] == shop_id]
        return sorted({line["sku_id"] for order in orders for line in order["lines"]})

    def _read_stock(self, shop_id: str, sku_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        levels: dict[str, dict[str, Any]] = {}
        for start in range(0, len(sku_ids), 300):
            body = InventorySearchRequest.from_dict({"sku_ids": sku_ids[start : start + 300]})
            data = self._calls.call(
                "inventory search",
                self._ciphers[shop_id],
                lambda sdk, body=body: sdk.products.inventory_search(body=body),
            )
            levels |= read_levels(data)
        for sku_id, level in levels.items():
            self._kept.put("stock", sku_id, level["quantity"])
        return levels

    def _write_stock(
        self, shop_id: str, levels: Mapping[str, Any], wishes: Mapping[str, int]
    ) -> CallFailedError | None:
        problem = None
        for sku_id in [id for id in levels if id in wishes]:
            level = levels[sku_id]
            inventory = spread(wishes[sku_id], level["warehouses"])
            body = UpdateInventoryRequest.from_dict(
                {"skus": [{"id": sku_id, "inventory": inventory}]}
            )

            def ask(sdk: TikTokShop, level: Any = level, body: Any = body) -> Any:
                return sdk.products.update_inventory(level["product_id"], body=body)

            try:
                data = self._calls.call("inventory update", self._ciphers[shop_id], ask)
            except CallFailedError as error:
                problem = error
                continue
            for refusal in data.get("errors") or []:
                problem = CallFailedError(f"refused with code {refusal.get('code')}", "contract")
        return problem

    # Webhooks

    def _work_off_inbox(self) -> None:
        for id, (shop_id, order_ids) in self._kept.all("inbox").items():
            self._work_off(id, shop_id, order_ids)

    def _work_off(
        self, id: str, shop_id: str, order_ids: Sequence[str], tries: int | None = None
    ) -> None:
        try:
            self._fetch(shop_id, order_ids, tries)
        except CallFailedError:
            return  # it stays in the inbox
        self._kept.remove("inbox", id)


def _rank(order: dict[str, Any]) -> int:
    return LIFE.index(order["status"]) if order["status"] in LIFE else len(LIFE)


def _to_order(order: dict[str, Any], shop_id: str) -> dict[str, Any]:
    return {
        "id": order["id"],
        "shop_id": shop_id,
        "status": order["status"],
        "update_time": order["update_time"],
        "currency": order["payment"]["currency"],
        "total_amount": order["payment"]["total_amount"],
        "lines": [
            {"id": line["id"], "sku_id": line["sku_id"], "sale_price": line["sale_price"]}
            for line in order["line_items"]
        ],
    }
