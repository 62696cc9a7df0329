"""The platform's truth and the integration's belief, read into values that can be compared.

Shapes of what an integration tells are those of `tts_chaos.typing`; they are read leniently, and
what cannot be read is said, never guessed. Money is `Decimal`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

import msgspec

from tts_chaos.core.history import History, Json, Observed, Truth
from tts_chaos.oracles.actions import actions_of

__all__ = [
    "Line",
    "Order",
    "as_decimal",
    "believed_orders",
    "believed_stock",
    "observations",
    "true_orders",
    "true_stock",
    "truth_beside",
]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one SKU in an order. `sku` is the SKU id, or the seller's where none is told."""

    id: str
    sku: str
    seller_sku: str
    quantity: int
    price: Json


class Order(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """An order as one side sees it. `raw` holds its fields as they were told."""

    id: str
    shop: str
    lines: tuple[Line, ...]
    raw: Mapping[str, Any]

    def has(self, field: str) -> bool:
        """Whether `field` is told, and not empty."""
        return self.raw.get(field) not in (None, "", [])

    def units(self) -> Counter[str]:
        """Return units per SKU; shared, so leave them as they are."""
        return self._units

    @cached_property
    def _units(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for line in self.lines:
            total[line.sku] += line.quantity
        return total


def as_decimal(value: Json) -> Decimal | None:
    """Return an amount, or None where `value` is none. Floats keep the digits they print with."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _as_int(value: Json, default: int) -> int:
    if value is None:
        return default
    if type(value) is int:
        return value
    amount = as_decimal(value)
    return default if amount is None else int(amount)


def _text(value: Json) -> str:
    if type(value) is str:
        return value
    return "" if value is None else str(value)


def _line(raw: Json) -> Line:
    fields: Mapping[str, Any] = raw if type(raw) is dict or isinstance(raw, Mapping) else {}
    seller_sku = _text(fields.get("seller_sku"))
    return Line(
        id=_text(fields.get("id")),
        sku=_text(fields.get("sku_id")) or seller_sku,
        seller_sku=seller_sku,
        quantity=_as_int(fields.get("quantity"), 1),
        price=fields.get("sale_price"),
    )


def _order(raw: Mapping[str, Any]) -> Order:
    lines = raw.get("lines")
    return Order(
        id=_text(raw.get("id")),
        shop=_text(raw.get("shop_id")),
        lines=tuple(_line(line) for line in lines) if isinstance(lines, list | tuple) else (),
        raw=raw,
    )


def believed_orders(observed: Observed) -> list[Order] | None:
    """Return the orders an observation tells; None where it is no list of mappings.

    The list is shared by all who ask.
    """
    return observed.derive(_read_believed_orders)


def _read_believed_orders(observed: Observed) -> list[Order] | None:
    if not isinstance(observed.value, list | tuple):
        return None
    if not all(isinstance(raw, Mapping) for raw in observed.value):
        return None
    return [_order(raw) for raw in observed.value]


def true_orders(truth: Truth) -> dict[str, Order]:
    """Return every order of the platform by id, of all shops; shared by all who ask."""
    return truth.derive(_read_true_orders)


def _read_true_orders(truth: Truth) -> dict[str, Order]:
    return {str(raw["id"]): _order(raw) for shop in _shops(truth) for raw in shop.get("orders", ())}


def believed_stock(observed: Observed) -> dict[str, Json] | None:
    """Return believed quantities by SKU id; None where they cannot be read.

    Accepts a mapping from SKU id to quantity, or a list of {sku_id, quantity}.
    """
    value = observed.value
    if isinstance(value, Mapping):
        return {str(sku): _quantity(told) for sku, told in value.items()}
    if isinstance(value, list | tuple) and all(
        isinstance(row, Mapping) and "sku_id" in row for row in value
    ):
        return {str(row["sku_id"]): _quantity(row) for row in value}
    return None


def _quantity(told: Json) -> Json:
    """Return the whole number that was told, or what was told where it is none."""
    if isinstance(told, Mapping):
        told = told.get("quantity", told.get("available"))
    amount = as_decimal(told)
    return int(amount) if amount is not None and amount == int(amount) else told


def true_stock(truth: Truth) -> dict[str, int]:
    """Return the platform's sellable quantity by SKU id, of all shops; shared by all who ask."""
    return truth.derive(_read_true_stock)


def _read_true_stock(truth: Truth) -> dict[str, int]:
    return {
        str(sku): int(row["available"])
        for shop in _shops(truth)
        for sku, row in shop.get("stock", {}).items()
    }


def _shops(truth: Truth) -> Iterator[Mapping[str, Any]]:
    yield from truth.ledger.get("shops", {}).values()


def observations(history: History, name: str) -> list[Observed]:
    """Return all successful observations of `name`, in order."""
    return [record for record in history.of(Observed) if record.name == name and not record.error]


def truth_beside(history: History, observed: Observed) -> Truth | None:
    """Return the snapshot of the platform that belongs to an observation, or None without any.

    It is the next one, unless the integration acted in between; then it is the one before.
    """
    truths = history.of(Truth)
    position = bisect_left(truths, observed.index, key=lambda truth: truth.index)
    before = truths[position - 1] if position else None
    after = truths[position] if position < len(truths) else None
    if after is None or before is None:
        return after or before
    acted = actions_of(history).begun_between(observed.index, after.index)
    return before if acted else after
