"""A populated twin with one client that signs its calls, and clock and webhooks at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from urllib3.filepost import encode_multipart_formdata

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import CipherRule, Operation
from tts_chaos.contracts.validation import check_response
from tts_chaos.core.clock import SIMULATED_EPOCH_MS, ManualClock, SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.domains.authorization.entities import Account
from tts_chaos.twin.domains.authorization.operations import category_cipher_of
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.product.entities import Product, Sku, StockLevel
from tts_chaos.twin.handled import Handled
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.store import Change
from tts_chaos.twin.twin import Twin
from tts_chaos.wire.message import AUTH_HOST, ApiRequest
from tts_chaos.wire.signing import attach_signature, encode_query

__all__ = ["Answer", "Desk"]


@dataclass(frozen=True)
class Answer:
    """An envelope, read.

    Attributes:
        status: HTTP status.
        handled: What the twin says of the answer.
    """

    code: int
    message: str
    data: dict[str, Any]
    status: int
    handled: Handled


class Desk:
    """One seller's client beside the platform it talks to."""

    def __init__(
        self,
        *,
        region: str,
        strict: bool,
        seed: int = 7,
        start_ms: int = SIMULATED_EPOCH_MS,
    ) -> None:
        self.clock = ManualClock(start_ms)
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
        body: Any = None,
        files: dict[str, tuple[str, bytes, str]] | None = None,
        token: str | None = None,
        **path: str,
    ) -> Answer:
        """Make one signed call; a success must have the shape its contract promises.

        Args:
            operation_id: What to call.
            query: Parameters beyond the common ones; `shop_cipher` here wins over the desk's.
            body: JSON body; `{}` where the operation takes one and none is given.
            files: Parts of a multipart body: name to file name, content and media type; fields of
                `body` become parts, too.
            token: Access token instead of the good one.
            path: Values of the path's placeholders.
        """
        operation = self.twin.contracts.operations[operation_id]
        content_type, data = _encode(operation, body, files)
        return self.send(
            operation.method,
            operation.path.format(**path),
            query={**self.common(operation), **(query or {})},
            content_type=content_type,
            body=data,
            token=token,
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any],
        content_type: str = "application/json",
        body: bytes = b"",
        token: str | None = None,
        secret: str = "",
    ) -> Answer:
        """Sign and send a request as it is given; for requests that no contract describes."""
        credentials = self.twin.credentials()
        request = ApiRequest(
            method=method,
            path=path,
            query=encode_query((key, _text(value)) for key, value in query.items()),
            headers=(
                ("content-type", content_type),
                ("x-tts-access-token", credentials.access_token if token is None else token),
            ),
            body=body,
        )
        return self.deliver(attach_signature(request, secret or credentials.app_secret))

    def ask_token_host(self, call: str, *, method: str = "GET", **parameters: str) -> Answer:
        """Call the token host: `get` or `refresh`, with the app's own keys unless given."""
        credentials = self.twin.credentials()
        pairs = {
            "app_key": credentials.app_key,
            "app_secret": credentials.app_secret,
            "grant_type": "authorized_code" if call == "get" else "refresh_token",
            **parameters,
        }
        return self.deliver(
            ApiRequest(
                method=method,
                host=AUTH_HOST,
                path=f"/api/v2/token/{call}",
                query=encode_query(pairs.items()),
            )
        )

    def deliver(self, request: ApiRequest) -> Answer:
        """Let the twin answer a finished request; a success must keep to its contract."""
        handled = self.twin.handle(request)
        try:
            envelope = msgspec.json.decode(handled.response.body)
        except msgspec.DecodeError:
            envelope = {"code": -1, "message": handled.response.body.decode()}
        if envelope["code"] == 0:
            operation = self.twin.contracts.operations[handled.operation]
            assert check_response(operation, envelope) == ()
        return Answer(
            code=envelope["code"],
            message=envelope["message"],
            data=envelope.get("data") or {},
            status=handled.response.status,
            handled=handled,
        )

    def common(self, operation: Operation) -> dict[str, Any]:
        """Return the parameters of the gateway for a good call, all but the signature."""
        common: dict[str, Any] = {
            "app_key": self.twin.credentials().app_key,
            "timestamp": self.clock.now_ms() // 1000,
        }
        if operation.cipher is not CipherRule.REFUSED:
            common["shop_cipher"] = self.shop.cipher
        if operation.category_cipher is not CipherRule.REFUSED:
            common["category_asset_cipher"] = self.category_cipher
        return common

    @property
    def category_cipher(self) -> str:
        """The cipher of the account's category asset."""
        return category_cipher_of(self.twin.env, self.twin.env.store.list(Account)[0])

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


def _encode(
    operation: Operation, body: Any, files: dict[str, tuple[str, bytes, str]] | None
) -> tuple[str, bytes]:
    """Return media type and bytes of a body."""
    if operation.content_type == "multipart/form-data":
        boundary = "f1e2d3c4b5a697887766554433221100"
        parts: dict[str, Any] = {**(body or {}), **(files or {})}
        data, content_type = encode_multipart_formdata(parts, boundary=boundary)
        return content_type, data
    if operation.body_schema is None and body is None:
        return "application/json", b""
    return "application/json", msgspec.json.encode({} if body is None else body)


def _text(value: Any) -> str:
    """Return a parameter as the documents write it: lists with commas, truth in lower case."""
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
