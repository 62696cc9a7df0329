"""What the platform holds and what the integration believes at the end, where the two differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tts_chaos.core.history import History, Json, Truth
from tts_chaos.oracles.beliefs import (
    as_decimal,
    believed_orders,
    believed_stock,
    observations,
    true_orders,
    true_stock,
    truth_beside,
)

__all__ = ["ledger_difference"]

_FIELDS = ("status", "currency", "total_amount")


def ledger_difference(history: History) -> list[dict[str, Json]]:
    """Return the differences between the two ledgers at the end of a run, in a fixed order.

    Each is `{ledger, id, field, platform, integration}`; a side that has nothing is None. Ledgers
    that the integration never told are not compared.
    """
    rows: list[dict[str, Json]] = []
    for name, compare in _LEDGERS.items():
        for observed in observations(history, name)[-1:]:
            truth = truth_beside(history, observed)
            if truth is not None:
                rows += [
                    {"ledger": name, "id": id, "field": field, "platform": a, "integration": b}
                    for id, field, a, b in sorted(compare(truth, observed), key=lambda row: row[:2])
                ]
    return rows


_Row = tuple[str, str, Json, Json]


def _orders(truth: Truth, observed: Any) -> Iterator[_Row]:
    true = true_orders(truth)
    believed = {order.id: order for order in believed_orders(observed) or ()}
    for id in true.keys() - believed.keys():
        if true[id].raw.get("status") != "UNPAID":
            yield id, "order", true[id].raw.get("status"), None
    for id in believed.keys() - true.keys():
        yield id, "order", None, believed[id].raw.get("status")
    for id in true.keys() & believed.keys():
        for field in _FIELDS:
            told, held = believed[id].raw.get(field), true[id].raw.get(field)
            if believed[id].has(field) and not _same(told, held):
                yield id, field, held, told if isinstance(told, str | int) else str(told)
        units, sold = believed[id].units().total(), true[id].units().total()
        if believed[id].has("lines") and units != sold:
            yield id, "units", sold, units


def _same(told: Json, held: Json) -> bool:
    amount = as_decimal(told)
    return bool(told == held) or (amount is not None and amount == as_decimal(held))


def _stock(truth: Truth, observed: Any) -> Iterator[_Row]:
    true, believed = true_stock(truth), believed_stock(observed) or {}
    for sku in believed.keys() & true.keys():
        if believed[sku] != true[sku]:
            yield sku, "quantity", true[sku], believed[sku]


def _shipments(truth: Truth, observed: Any) -> Iterator[_Row]:
    true = {str(row.get("order_id")) for row in _told(truth.ledger.get("shops"), "shipments")}
    rows = observed.value if isinstance(observed.value, list | tuple) else ()
    believed = {str(row.get("order_id")) for row in rows if isinstance(row, Mapping)}
    for id in true - believed:
        yield id, "shipment", "shipped", None
    for id in believed - true:
        yield id, "shipment", None, "shipped"


def _told(shops: Json, name: str) -> Iterator[Mapping[str, Any]]:
    for shop in (shops or {}).values():
        yield from shop.get(name) or ()


_LEDGERS: dict[str, Callable[[Truth, Any], Iterator[_Row]]] = {
    "orders": _orders,
    "stock": _stock,
    "shipments": _shipments,
}
