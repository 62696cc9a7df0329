"""A populated twin with one client that signs its calls, and clock and webhooks at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.core.clock import ManualClock, SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.product.entities import Product, Sku, StockLevel
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.store import Change
from tts_chaos.twin.twin import Twin
from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import attach_signature, encode_query


@dataclass(frozen=True)
class Answer:
    """An envelope, read."""

    code: int
    message: str
    data: dict[str, Any]


class Desk:
    """One seller's client beside the platform it talks to."""

    def __init__(self, *, region: str, strict: bool, seed: int = 7) -> None:
        self.clock = ManualClock()
        self.changes: list[Change] = []
        self.twin = Twin(
            clock=SkewedClock(self.clock),
            entropy=Entropy(seed),
            contracts=load_contracts(),
            settings=TwinSettings(strict=strict),
            observe=self.changes.append,
        )
        self.twin.populate(orders=0, products=6, regions=(region,))
        self.shop = self.twin.credentials().shops[0]

    def call(
        self,
        operation_id: str,
        *,
        query: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        **path: str,
    ) -> Answer:
        """Make one signed call; a success must have the shape its contract promises."""
        operation = self.twin.contracts.operations[operation_id]
        credentials = self.twin.credentials()
        pairs = {
            "app_key": credentials.app_key,
            "timestamp": self.clock.now_ms() // 1000,
            "shop_cipher": self.shop.cipher,
            **(query or {}),
        }
        request = ApiRequest(
            method=operation.method,
            path=operation.path.format(**path),
            query=encode_query((key, str(value)) for key, value in pairs.items()),
            headers=(
                ("content-type", "application/json"),
                ("x-tts-access-token", credentials.access_token),
            ),
            body=b"" if operation.method == "GET" else msgspec.json.encode(body or {}),
        )
        handled = self.twin.handle(attach_signature(request, credentials.app_secret))
        envelope = msgspec.json.decode(handled.response.body)
        if envelope["code"] == 0 and operation.response_schema:
            jsonschema_rs.validate(operation.response_schema, envelope)
        return Answer(envelope["code"], envelope["message"], envelope.get("data") or {})

    def command(self, name: str, **arguments: Any) -> Any:
        """Let a buyer, a carrier or the platform act."""
        return self.twin.command(name, arguments)

    def wait(self, hours: float) -> None:
        """Let time pass; what is due by then happens."""
        self.clock.advance(int(hours * 3_600_000))
        self.twin.advance()

    def listen(self, *types: int) -> None:
        """Subscribe to webhooks of these types."""
        self.command("subscribe_webhooks", types=list(types))

    def heard(self) -> list[dict[str, Any]]:
        """Take the webhooks that are due, as `{"type": ..., "data": ...}` and more."""
        return [msgspec.json.decode(webhook.body) for webhook in self.twin.drain()]

    @property
    def products(self) -> list[Product]:
        """Products of the shop as stored."""
        return self.twin.env.store.list(Product, self.shop.id)

    def product(self, *, variants: bool = False) -> Product:
        """Return the first product, or the first with several variants."""
        return next(row for row in self.products if not variants or len(row.skus) > 1)

    def stock(self, sku: Sku | str) -> StockLevel:
        """Return the units of a SKU as stored."""
        id = sku if isinstance(sku, str) else sku.id
        level = self.twin.env.store.get(StockLevel, self.shop.id, id)
        assert level is not None
        return level

    def place(self, *, units: int = 1, sku: str = "", **arguments: Any) -> Order:
        """Let a buyer order; the order awaits shipment unless arguments say otherwise."""
        (order_id,) = self.command("place_orders", units=units, sku_id=sku, **arguments)
        return self.order(order_id)

    def order(self, order_id: str) -> Order:
        """Return an order as stored."""
        order = self.twin.env.store.get(Order, self.shop.id, order_id)
        assert order is not None
        return order

    def carrier(self) -> str:
        """Return the id of a carrier of the shop."""
        warehouses = self.call("logistics.202309.get_warehouse_list").data["warehouses"]
        option = self.call(
            "logistics.202309.get_warehouse_delivery_options", warehouse_id=warehouses[0]["id"]
        ).data["delivery_options"][0]
        providers = self.call(
            "logistics.202309.get_shipping_providers", delivery_option_id=option["id"]
        ).data["shipping_providers"]
        return str(providers[0]["id"])


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    """Make a desk in a region, strict unless said otherwise."""

    def make(region: str = "GB", *, strict: bool = True, seed: int = 7) -> Desk:
        return Desk(region=region, strict=strict, seed=seed)

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """A desk in the UK."""
    return make_desk()
