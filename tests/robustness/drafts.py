"""Requests for any operation, valid by contract, about things that are really there.

A `Draft` is a request before its signature: what a mutation changes is then signed, so that it
reaches as deep into the platform as its mistake allows.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from tests.conformance.arguments import Arguments, make_arguments
from urllib3.filepost import encode_multipart_formdata

from tts_chaos.contracts.operation import CipherRule, Operation
from tts_chaos.twin.domains.fulfillment.entities import Package
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.product.entities import Product
from tts_chaos.twin.handler import HANDLERS
from tts_chaos.twin.twin import Twin
from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import attach_signature, encode_query

__all__ = ["Draft", "Drafter"]

_SEEDS = (1, 2)
_ENDS_ALL = "authorization.202403.deauthorize_shop"
"""Takes the authorisation away that every later request needs; it has cases of its own."""


@dataclass(frozen=True)
class Draft:
    """A request that nobody has signed yet. `value` is the JSON body, None where `body` counts."""

    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    value: Any = None
    body: bytes = b""
    scheme: str = "https"
    raw_query: str | None = None

    def encoded(self) -> Draft:
        """Return it with its JSON as bytes."""
        if self.value is None:
            return self
        return replace(self, value=None, body=msgspec.json.encode(self.value))

    def signed(self, secret: str) -> ApiRequest:
        """Return the request, signed over what it is now."""
        draft = self.encoded()
        query = encode_query(self.query) if self.raw_query is None else self.raw_query
        request = ApiRequest(
            method=draft.method,
            scheme=draft.scheme,
            host=draft.host,
            path=draft.path,
            query=query,
            headers=draft.headers,
            body=draft.body,
        )
        return attach_signature(request, secret)


class Drafter:
    """Makes drafts for one platform.

    Args:
        twin: The platform; populated.
        rng: Where chance comes from.
        now_s: The platform's time in Unix seconds.
    """

    def __init__(self, twin: Twin, rng: random.Random, now_s: int) -> None:
        self._twin = twin
        self._rng = rng
        self._now_s = now_s
        operations = twin.contracts.operations
        self._operations = tuple(row for id, row in operations.items() if id != _ENDS_ALL)
        self._stateful = tuple(row for row in self._operations if row.id in HANDLERS)
        self._arguments: dict[tuple[str, int, bool], Arguments] = {}
        self._ids = _ids_of(twin)
        self.credentials = twin.credentials()

    def draw(self) -> Draft:
        """Return a valid request of some operation."""
        # Half of all calls are for what has behaviour: there most can go wrong.
        some = self._stateful if self._rng.random() < 0.5 else self._operations
        operation = self._rng.choice(some)
        arguments = self._arguments_of(operation)
        content_type, value, body = self._body(operation, arguments)
        return Draft(
            method=operation.method,
            host=operation.host,
            path=operation.path.format(**self._real(arguments.path)),
            query=tuple((k, _text(v)) for k, v in self._query(operation, arguments).items()),
            headers=(
                ("content-type", content_type),
                ("x-tts-access-token", self.credentials.access_token),
            ),
            value=value,
            body=body,
        )

    def _arguments_of(self, operation: Operation) -> Arguments:
        key = (operation.id, self._rng.choice(_SEEDS), self._rng.random() < 0.5)
        if key not in self._arguments:
            self._arguments[key] = make_arguments(operation, seed=key[1], full=key[2])
        return self._arguments[key]

    def _query(self, operation: Operation, arguments: Arguments) -> dict[str, Any]:
        common: dict[str, Any] = {
            "app_key": self.credentials.app_key,
            "timestamp": self._now_s,
        }
        if operation.is_token_call:
            common = {**common, "app_secret": self.credentials.app_secret}
        elif operation.cipher is not CipherRule.REFUSED:
            common["shop_cipher"] = self._rng.choice(self.credentials.shops).cipher
        return {**self._real(arguments.query), **common}

    def _body(self, operation: Operation, arguments: Arguments) -> tuple[str, Any, bytes]:
        if operation.content_type == "multipart/form-data":
            parts = {**self._real(arguments.body or {}), **arguments.files}
            texts = {k: v if isinstance(v, tuple) else _text(v) for k, v in parts.items()}
            body, content_type = encode_multipart_formdata(texts, boundary="a1b2c3d4e5f6")
            return content_type, None, body
        value = None if arguments.body is None else self._real(arguments.body)
        return "application/json", value, b""

    def _real(self, value: Any, name: str = "") -> Any:
        """Return `value` with most ids replaced by those of things that are there."""
        if isinstance(value, dict):
            return {key: self._real(part, key) for key, part in value.items()}
        if isinstance(value, list):
            return [self._real(part, name.removesuffix("s")) for part in value]
        known = self._ids.get(name)
        return self._rng.choice(known) if known and self._rng.random() < 0.8 else value


def _ids_of(twin: Twin) -> dict[str, list[str]]:
    store = twin.env.store
    shops = [shop.id for shop in twin.credentials().shops]
    orders = [row for shop in shops for row in store.list(Order, shop)]
    products = [row for shop in shops for row in store.list(Product, shop)]
    return {
        "order_id": [row.id for row in orders],
        "order_line_item_id": [line.id for row in orders for line in row.lines],
        "product_id": [row.id for row in products],
        "sku_id": [sku.id for row in products for sku in row.skus],
        "package_id": [row.id for shop in shops for row in store.list(Package, shop)],
    }


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
