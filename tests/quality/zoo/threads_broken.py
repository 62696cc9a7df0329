"""Broken integrations with several threads: what they share is not kept apart."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json, Trouble
from tests.quality.zoo.registry import broken
from tests.quality.zoo.webhook_first import WORKERS, WebhookFirst

from tts_chaos.typing import ShopAccess

__all__: list[str] = []

Item = TypeVar("Item")


@broken("token_refreshed_once.refresh_storm", "auth/token-expired-parallel")
class RefreshesInEachThread(WebhookFirst):
    """Lets every thread that meets an expired token refresh by itself."""

    def renew(self, refused: str) -> bool:
        self.keep(self.ask_for_pair(self.state["tokens"]["refresh_token"]))
        return True


@broken("token_refreshed_once.old_token_used", "auth/token-expired-401")
class KeepsATokenPerThread(WebhookFirst):
    """Keeps the access token in each thread; the one that reads stock never renews it."""

    def token_for(self, path: str) -> str:
        token = super().token_for(path)
        return str(self.__dict__.setdefault("held", token)) if "inventory" in path else token


@broken("errors_not_success.broken_body_ignored", "body/truncated-detail")
class NeverAsksItsFutures(WebhookFirst):
    """Hands its work to a pool and never asks the futures what became of it."""

    attempts = 1

    def spread(self, work: Callable[[Item], Any], items: Iterable[Item]) -> None:
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            for item in items:
                pool.submit(work, item)


@broken("webhooks_once.conversion_told_twice", "webhooks/delivered-in-triplicate")
class LooksAndQueuesInTwoSteps(WebhookFirst):
    """Looks whether an order is queued for conversion, and queues it, without a lock on both."""

    def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        queued = self.state.setdefault("queued", [])
        id = json.loads(body)["data"].get("order_id")
        is_new = id not in queued
        time.sleep(0.02)
        status = super().deliver_webhook(headers, body)
        if status == 200 and is_new:
            queued.append(id)
        return status

    def converted_orders(self) -> list[Json]:
        orders = {order["id"]: order for order in super().converted_orders()}
        queued = self.state.get("queued", [])
        polled = [id for id in orders if id not in queued]
        return [orders[id] for id in [*polled, *queued] if id in orders]


@broken("webhooks_once.stock_lowered_twice", "webhooks/delivered-in-triplicate")
class LowersStockInEachThread(WebhookFirst):
    """Owns its stock, and each thread that takes a webhook lowers it before marking it."""

    def first_state(self) -> Json:
        return {**super().first_state(), "books": {}, "lowered": []}

    def ask(self, sku: str, quantity: int) -> None:
        self.state["books"][sku] = quantity
        super().ask(sku, quantity)

    def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        id = str(json.loads(body)["data"].get("order_id"))
        is_new = id not in self.state["lowered"]
        time.sleep(0.02)
        status = super().deliver_webhook(headers, body)
        if status == 200 and is_new:
            self.state["lowered"].append(id)
        return status

    def stock(self) -> Mapping[str, int]:
        books = dict(self.state["books"])
        for id in self.state["lowered"]:
            for line in self.state["orders"].get(id, {}).get("lines", ()):
                books[line["sku_id"]] = books.get(line["sku_id"], 0) - 1
        return books


@broken("no_oversell.raised_above_belief", "stock/several-at-once")
class BuildsPushesInOneField(WebhookFirst):
    """Builds each push in one field that all its threads share, and owns the stock it pushed."""

    def first_state(self) -> Json:
        return {**super().first_state(), "books": {}}

    def ask(self, sku: str, quantity: int) -> None:
        self.state["books"][sku] = quantity
        super().ask(sku, quantity)

    def push(self, sku: str, turn: int) -> Trouble | None:
        self.quantity = self.state["outbox"][sku]["quantity"]
        time.sleep(0.01)
        self.write_stock(sku, self.quantity, self.state["levels"][sku])
        with self.lock:
            self.state["outbox"].pop(sku, None)
        return None

    def stock(self) -> Mapping[str, int]:
        return dict(self.state["books"])


@broken("actions_end.action_never_ends", "orders/more-than-a-page")
class LocksTwice(WebhookFirst):
    """Holds a plain lock while it books, and takes it again for what booking calls."""

    def start(self) -> None:
        super().start()
        self.lock = threading.Lock()  # type: ignore[assignment]

    def book(self, order: Json) -> None:
        with self.lock:
            Connector.book(self, order)
            self.save()


@broken("orders_complete.order_lost", "overload/outage-503")
class MovesItsMarkBeforeItsThreads(WebhookFirst):
    """Moves its mark once its threads are started, whether or not they come to an end."""

    def read_pages(self, shop: ShopAccess, since: int) -> None:
        self.state["marks"][shop.id] = int(time.time())
        super().read_pages(shop, since)
