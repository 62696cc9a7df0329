"""Broken integrations as coroutines: tasks that race, are forgotten, or fail unheard."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

import httpx
from tests.quality.zoo.async_form import AsyncConnector
from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json, Trouble
from tests.quality.zoo.registry import broken

from tts_chaos.typing import ShopAccess, TwinConnection

__all__: list[str] = []


@broken("token_refreshed_once.refresh_storm", "auth/token-expired-parallel")
class RefreshesInEachTask(AsyncConnector):
    """Lets every task that meets an expired token refresh by itself."""

    async def renew(self, client: httpx.AsyncClient, refused: str) -> bool:
        self.plain.keep(await self.ask_for_pair(client))
        return True


@broken("errors_not_success.error_swallowed", "auth/token-expired-401")
class NeverAwaitsItsTasks(AsyncConnector):
    """Starts a task for each batch of details, never awaits it, and its loop ends before them."""

    async def read_orders(
        self, client: httpx.AsyncClient, shop: ShopAccess, ids: list[str]
    ) -> None:
        batches = [ids[start : start + 10] for start in range(0, len(ids), 10)]
        works = [self.read_batch(client, shop, batch) for batch in batches]
        if not self.state["marks"]:
            await self.side_by_side(works)
            return
        for work in works:
            task = asyncio.create_task(work)
            task.add_done_callback(lambda done: done.cancelled() or done.exception())


@broken("errors_not_success.broken_body_ignored", "body/truncated-detail")
class DropsGatheredErrors(AsyncConnector):
    """Gathers its tasks with their exceptions returned, and never looks at what came back."""

    def make_plain(self, connection: TwinConnection, folder: Any) -> Connector:
        plain = super().make_plain(connection, folder)
        plain.attempts = 1
        return plain

    async def side_by_side(self, works: Iterable[Awaitable[Any]]) -> None:
        await asyncio.gather(*works, return_exceptions=True)


@broken("shops_apart.shop_starved", "shops/one-shop-limited")
class AwaitsShopAfterShop(AsyncConnector):
    """Awaits its shops one after the other, and the first trouble ends the loop."""

    async def side_by_side(self, works: Iterable[Awaitable[Any]]) -> None:
        waiting = list(works)
        for place, work in enumerate(waiting):
            try:
                await work
            except Trouble:
                for rest in waiting[place + 1 :]:
                    rest.close()  # type: ignore[attr-defined]
                raise


@broken("actions_end.action_never_ends", "slowness/stalled-body")
class AwaitsForEver(AsyncConnector):
    """Makes its client without any time-out."""

    def open_client(self) -> httpx.AsyncClient:
        client = super().open_client()
        client.timeout = httpx.Timeout(None)
        return client


@broken("webhooks_once.conversion_told_twice", "webhooks/delivered-in-triplicate")
class LooksAwaitsAndQueues(AsyncConnector):
    """Looks whether an order is queued for conversion, awaits its database, and then queues it."""

    async def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        queued = self.state.setdefault("queued", [])
        id = json.loads(body)["data"].get("order_id")
        is_new = id not in queued
        await asyncio.sleep(0.02)
        status = self.plain.deliver_webhook(headers, body)
        if status == 200 and is_new:
            queued.append(id)
        return status

    def conversions(self) -> list[Json]:
        records = {record["order_id"]: record for record in self.plain.conversions()}
        queued = self.state.get("queued", [])
        polled = [id for id in records if id not in queued]
        return [records[id] for id in [*polled, *queued] if id in records]


@broken("retries_spaced.retry_storm", "overload/outage-503")
class RetriesInATightLoop(AsyncConnector):
    """Retries without a pause: each await gives way to nothing but itself."""

    def make_plain(self, connection: TwinConnection, folder: Any) -> Connector:
        plain = super().make_plain(connection, folder)
        plain.pause_s = lambda trouble, attempt: trouble.wait_s  # type: ignore[method-assign]
        return plain
