"""A connector on a scripted platform: every answer is said in advance, every request is kept."""

from __future__ import annotations

import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.settings import Patience, ReferenceSettings, Shop

INSTANT = Patience(
    base_s=0.001, cap_s=0.002, attempts=4, wait_limit_s=2.0, connect_s=1, read_s=1, total_s=2
)
DAY_S = 86_400

Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class ScriptedPlatform:
    """Answers by the last words of the path: first what was said for it, then the usual.

    Attributes:
        orders: Orders by id, told by search and detail.
        levels: Sellable quantity by SKU id; all are of product 700 in warehouse 800.
        requests: Everything that arrived, in order.
    """

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.levels: dict[str, int] = {}
        self.requests: list[httpx.Request] = []
        self._said: dict[str, deque[Reply]] = defaultdict(deque)
        self.carry_out: Callable[[httpx.Request], httpx.Response] = lambda _: self.reply()

    def place(self, id: str, **changes: Any) -> None:
        """Let an order exist, or change it."""
        order = {
            "id": id,
            "status": "AWAITING_SHIPMENT",
            "create_time": 1_793_000_000,
            "update_time": 1_793_000_100,
            "paid_time": int(time.time()) - DAY_S,
            "buyer_email": f"buyer{id}@relay.example.net",
            "recipient_address": {"phone_number": "(+44)77***12"},
            "shipping_type": "TIKTOK",
            "packages": [{"id": f"9{id}"}],
            "payment": {"currency": "GBP", "total_amount": "25.98"},
            "line_items": [
                {
                    "id": f"{id}1",
                    "sku_id": "5001",
                    "seller_sku": "MUG",
                    "sale_price": "12.99",
                    "display_status": "AWAITING_SHIPMENT",
                },
                {
                    "id": f"{id}2",
                    "sku_id": "5001",
                    "seller_sku": "MUG",
                    "sale_price": "12.99",
                    "display_status": "AWAITING_SHIPMENT",
                },
            ],
        }
        self.orders[id] = self.orders.get(id, order) | changes

    @staticmethod
    def reply(data: Any = None, **headers: str) -> httpx.Response:
        """Return a success."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"code": 0, "message": "Success", "data": data or {}}
        return httpx.Response(200, json=body, headers=named)

    @staticmethod
    def refusal(
        code: int, message: str = "refused", *, status: int = 200, **headers: str
    ) -> httpx.Response:
        """Return a refusal with its code."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"code": code, "message": message, "data": None}
        return httpx.Response(status, json=body, headers=named)

    @classmethod
    def tokens(cls, name: str, *, life_s: int = 7 * DAY_S) -> httpx.Response:
        """Return a new pair."""
        now_s = int(time.time())
        return cls.reply(
            {
                "access_token": f"GCP_access_{name}",
                "access_token_expire_in": now_s + life_s,
                "refresh_token": f"GCP_refresh_{name}",
                "refresh_token_expire_in": now_s + 365 * DAY_S,
            }
        )

    def say(self, ending: str, *replies: Reply) -> None:
        """Answer the next requests whose path ends so, one reply each."""
        self._said[ending].extend(replies)

    def say_first(self, ending: str, *replies: Reply) -> None:
        """Answer the very next requests whose path ends so, before what was said earlier."""
        self._said[ending].extendleft(reversed(replies))

    def asked(self, ending: str) -> list[httpx.Request]:
        return [request for request in self.requests if request.url.path.endswith(ending)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        for ending, replies in self._said.items():
            if request.url.path.endswith(ending) and replies:
                reply = replies.popleft()
                if isinstance(reply, Exception):
                    raise reply
                return reply if isinstance(reply, httpx.Response) else reply(request)
        return self._usual(request)

    def _usual(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/orders/search"):
            rows = [{"id": id} for id in self.orders]
            return self.reply({"orders": rows, "total_count": len(rows), "next_page_token": ""})
        if path.endswith(("/returns/search", "/cancellations/search")):
            return self.reply({"return_orders": [], "cancellations": [], "total_count": 0})
        if path.endswith("/orders"):
            ids = request.url.params["ids"].split(",")
            return self.reply({"orders": [self.orders[id] for id in ids if id in self.orders]})
        if path.endswith("/inventory/search"):
            return self.reply(
                {"inventory": [self._product(json.loads(request.content)["sku_ids"])]}
            )
        if path.endswith("/inventory/update"):
            for row in json.loads(request.content)["skus"]:
                self.levels[row["id"]] = row["inventory"][0]["quantity"]
            return self.reply({"errors": []})
        return httpx.Response(404, text="404 page not found")

    def _product(self, sku_ids: list[str]) -> dict[str, Any]:
        skus = [
            {
                "id": id,
                "total_available_quantity": self.levels[id],
                "total_committed_quantity": 0,
                "warehouse_inventory": [
                    {"warehouse_id": "800", "available_quantity": self.levels[id]}
                ],
            }
            for id in sku_ids
            if id in self.levels
        ]
        return {"product_id": "700", "skus": skus}


@pytest.fixture
def platform() -> ScriptedPlatform:
    return ScriptedPlatform()


@pytest.fixture
def settings(tmp_path: Path) -> ReferenceSettings:
    now_s = int(time.time())
    return ReferenceSettings(
        app_key="6exmplkey",
        app_secret="app-secret-0123456789",
        access_token="GCP_access_first",
        refresh_token="GCP_refresh_first",
        access_token_expires_at=now_s + 7 * DAY_S,
        refresh_token_expires_at=now_s + 365 * DAY_S,
        shops=(Shop(id="7001", cipher="GCP_cipher_one"),),
        database=tmp_path / "reference.sqlite3",
        encryption_key=Fernet.generate_key().decode(),
        patience=INSTANT,
        sync_to_disk=False,
        jitter_seed="tests",
    )


@pytest.fixture
def connector(
    platform: ScriptedPlatform, settings: ReferenceSettings
) -> Iterator[ReferenceIntegration]:
    with ReferenceIntegration(settings, transport=httpx.MockTransport(platform)) as made:
        yield made
