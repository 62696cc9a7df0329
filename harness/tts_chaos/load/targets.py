"""Which requests users make: of the bundled front door, of one in any language, of the twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.core.registry import nearest
from tts_chaos.load.plan import Operation
from tts_chaos.load.samples import OPERATIONS
from tts_chaos.scenarios.shape import Place

__all__ = ["FRONT_DOOR", "METHODS", "TWIN", "read_operations"]

FRONT_DOOR: dict[str, Operation] = {
    "checkout.quote": Operation(method="POST", path="/checkout/quote", body='{"lines": {lines}}'),
    "inventory.read": Operation(method="GET", path="/inventory/{sku_id}"),
    "inventory.push": Operation(
        method="PUT", path="/inventory/{sku_id}", body='{"quantity": {quantity}}'
    ),
    "orders.list": Operation(method="GET", path="/orders?limit=50"),
    "orders.ship": Operation(method="POST", path="/orders/{order_id}/ship"),
}
"""What the bundled reference integration offers (`tts_chaos.reference.front_door`)."""

TWIN: dict[str, Operation] = {
    "checkout.quote": Operation(
        method="POST", path="/product/202502/products/search?page_size=20", body="{}"
    ),
    "inventory.read": Operation(
        method="POST", path="/product/202309/inventory/search", body='{"sku_ids": ["{sku_id}"]}'
    ),
    "orders.list": Operation(
        method="POST", path="/order/202309/orders/search?page_size=20", body="{}"
    ),
    "orders.read": Operation(method="GET", path="/order/202507/orders?ids={order_id}"),
}
"""Calls of the API itself. Source: protocol facts, section 7.1, and contracts/ (documented)."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def read_operations(table: Mapping[str, Any], place: Place) -> dict[str, Operation]:
    """Return the operations that a table of a configuration describes.

    Each is `"GET /stock/{sku_id}"`, or `{ http = "POST /quote", body = '{"lines": {lines}}' }`.

    Raises:
        UsageError: If a name is none, or a request line cannot be read.
    """
    found: dict[str, Operation] = {}
    for name, value in table.items():
        here = place.at(name)
        if name not in OPERATIONS:
            close = nearest(name, OPERATIONS)
            hint = f"did you mean {close!r}? " if close else ""
            raise here.error(f"{name!r} is no operation; {hint}known: {', '.join(OPERATIONS)}")
        found[name] = _read_operation(value, here)
    if not found:
        raise place.error(f"expected at least one of {', '.join(OPERATIONS)}")
    return found


def _read_operation(value: Any, place: Place) -> Operation:
    table = {"http": value} if isinstance(value, str) else value
    expected = 'expected "GET /path" or { http = "POST /path", body = "..." }'
    if not isinstance(table, Mapping) or set(table) - {"http", "body"}:
        raise place.error(f"{expected}, got {value!r}")
    method, _, path = str(table.get("http", "")).partition(" ")
    body = table.get("body", "")
    if method not in METHODS or not path.startswith("/") or not isinstance(body, str):
        raise place.error(f"{expected}, got {value!r}")
    return Operation(method=method, path=path, body=body)
