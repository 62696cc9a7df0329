"""What the integration wrote to the platform's stock, read off the wire.

Source: protocol facts, section 7.6 (documented): quantities are absolute and sellable; failures per
SKU come inside code 0 as `$.data.errors[]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tts_chaos.core.history import Exchange, History, Json
from tts_chaos.oracles.calls import operation_name

__all__ = ["StockWrite", "decoded", "instructed", "stock_writes"]

_UPDATE = "product.update_inventory"


class StockWrite(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU in one inventory update.

    Attributes:
        exchange: The request that carried it.
        sku: SKU id.
        quantity: Sum over the warehouses it names.
        refused: Whether the answer names the SKU among its errors.
    """

    exchange: Exchange
    sku: str
    quantity: int
    refused: bool

    @property
    def applied(self) -> bool:
        """Whether the platform took it over, whatever the client learned of that."""
        return self.exchange.committed and not self.refused


def decoded(text: str) -> Mapping[str, Any]:
    """Return a JSON object, or {} where `text` is none (cut off, not JSON, another type)."""
    try:
        value = msgspec.json.decode(text) if text else {}
    except (msgspec.DecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def stock_writes(history: History) -> list[StockWrite]:
    """Return every SKU of every inventory update, in order of arrival."""
    return [
        write
        for exchange in history.exchanges()
        if operation_name(exchange) == _UPDATE
        for write in _writes(exchange)
    ]


def _writes(exchange: Exchange) -> Iterator[StockWrite]:
    data = decoded(exchange.response_body).get("data")
    errors = data.get("errors") if isinstance(data, dict) else None
    refused = msgspec.json.encode(errors).decode() if errors else ""
    for row in decoded(exchange.body).get("skus") or ():
        if not isinstance(row, dict) or not row.get("id"):
            continue
        sku = str(row["id"])
        yield StockWrite(
            exchange=exchange,
            sku=sku,
            quantity=sum(_quantities(row)),
            refused=f'"{sku}"' in refused,
        )


def _quantities(row: Mapping[str, Any]) -> Iterator[int]:
    for warehouse in row.get("inventory") or ():
        quantity = warehouse.get("quantity") if isinstance(warehouse, dict) else None
        if isinstance(quantity, int | float):
            yield int(quantity)


def instructed(arguments: Json) -> dict[str, int]:
    """Return the quantities by SKU id that an invocation of `push_stock` asked for."""
    changes = arguments
    if isinstance(arguments, Mapping) and isinstance(arguments.get("changes"), Mapping):
        changes = arguments["changes"]
    if not isinstance(changes, Mapping):
        return {}
    return {
        str(sku): int(quantity)
        for sku, quantity in changes.items()
        if isinstance(quantity, int | float) and not isinstance(quantity, bool)
    }
