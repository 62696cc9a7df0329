"""The only place where units of stock move.

A sale commits units (available down, committed up), a cancellation releases them, a shipment
consumes them (committed down, shipped up), the seller sets what is sellable. No move makes or loses
a unit, except the seller's own setting.

Source: protocol facts, section 7.6 (quantity is the sellable amount and excludes committed units:
inferred there from the documented meaning of available and committed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tts_chaos.errors import InternalError, UsageError
from tts_chaos.twin.domains.logistics.population import sales_warehouses
from tts_chaos.twin.domains.product.alerts import tell_of_change, tell_of_low_stock
from tts_chaos.twin.domains.product.entities import Product, Shelf, Sku, StockLevel
from tts_chaos.twin.handler import TwinEnv

__all__ = [
    "OutOfStockError",
    "commit_stock",
    "consume_stock",
    "fill_shelves",
    "find_stock",
    "open_stock",
    "release_stock",
    "retire_stock",
    "sellable",
    "set_stock",
]


class OutOfStockError(UsageError):
    """More units were asked for than a SKU has for sale."""

    def __init__(self, sku_id: str, *, wanted: int, available: int) -> None:
        self.sku_id = sku_id
        self.wanted = wanted
        self.available = available
        super().__init__(
            f"SKU {sku_id} has {available} unit(s) for sale, {wanted} were ordered; raise it "
            "with set_platform_stock, or order fewer"
        )


def find_stock(env: TwinEnv, shop_id: str, sku_id: str) -> StockLevel:
    """Return the units of a SKU.

    Raises:
        UsageError: If the shop has no such SKU.
    """
    level = env.store.get(StockLevel, shop_id, sku_id)
    if level is None:
        known = ", ".join(row.id for row in env.store.list(StockLevel, shop_id)[:5]) or "none"
        raise UsageError(f"shop {shop_id} has no SKU {sku_id!r}; its first SKUs are: {known}")
    return level


def sellable(env: TwinEnv, shop_id: str, sku_id: str) -> int:
    """Return how many units of a SKU can be ordered now.

    Raises:
        UsageError: If the shop has no such SKU.
    """
    return find_stock(env, shop_id, sku_id).available


def commit_stock(env: TwinEnv, shop_id: str, sku_id: str, units: int) -> StockLevel:
    """Promise `units` to an order, from the first warehouses that have any.

    Raises:
        OutOfStockError: If fewer are for sale; nothing changes.
        UsageError: If the shop has no such SKU, or `units` is not positive.
    """
    level = find_stock(env, shop_id, sku_id)
    if units <= level.available:
        return _move(env, level, units, source="available", goal="committed", change="committed")
    raise OutOfStockError(sku_id, wanted=units, available=level.available)


def release_stock(env: TwinEnv, shop_id: str, sku_id: str, units: int) -> StockLevel:
    """Give `units` of a cancelled order back for sale.

    Raises:
        InternalError: If fewer are committed; nothing changes.
        UsageError: If the shop has no such SKU, or `units` is not positive.
    """
    level = find_stock(env, shop_id, sku_id)
    return _move(env, level, units, source="committed", goal="available", change="released")


def consume_stock(env: TwinEnv, shop_id: str, sku_id: str, units: int) -> StockLevel:
    """Let `units` of a shipped order leave.

    Raises:
        InternalError: If fewer are committed; nothing changes.
        UsageError: If the shop has no such SKU, or `units` is not positive.
    """
    level = find_stock(env, shop_id, sku_id)
    return _move(env, level, units, source="committed", goal="shipped", change="consumed")


def set_stock(env: TwinEnv, shop_id: str, sku_id: str, quantities: Mapping[str, int]) -> StockLevel:
    """Set the sellable units of a SKU by warehouse id; warehouses not named keep theirs.

    Raises:
        UsageError: If the shop has no such SKU.
    """
    level = find_stock(env, shop_id, sku_id)
    shelves = tuple(
        msgspec.structs.replace(
            shelf, available=quantities.get(shelf.warehouse_id, shelf.available)
        )
        for shelf in level.shelves
    )
    return _store(env, level, shelves, "stock.set")


def open_stock(env: TwinEnv, product: Product, sku: Sku) -> None:
    """Give a variant its first units, one shelf per sales warehouse; nothing if it has shelves."""
    if env.store.get(StockLevel, product.shop_id, sku.id) is not None:
        return
    stated = {shelf.warehouse_id: shelf for shelf in sku.opening_stock}
    shelves = tuple(
        stated.get(warehouse.id, Shelf(warehouse_id=warehouse.id, available=0))
        for warehouse in sales_warehouses(env, product.shop_id)
    )
    level = StockLevel(id=sku.id, shop_id=product.shop_id, product_id=product.id, shelves=shelves)
    env.store.put(level, change="stock.set")


def retire_stock(env: TwinEnv, shop_id: str, sku_id: str) -> StockLevel:
    """Take the units of a deleted variant off sale; what orders were promised stays theirs.

    Raises:
        UsageError: If the shop has no such SKU.
    """
    level = find_stock(env, shop_id, sku_id)
    return set_stock(env, shop_id, sku_id, {shelf.warehouse_id: 0 for shelf in level.shelves})


def fill_shelves(env: TwinEnv, shop_id: str, sku_id: str, stated: Iterable[Shelf]) -> StockLevel:
    """Set what is stated of shelves; backorders that nobody mentions stay.

    Source: protocol facts, section 7.6 (documented: backorder_quantity persists unless sent).

    Raises:
        UsageError: If the shop has no such SKU.
    """
    wanted = {shelf.warehouse_id: shelf for shelf in stated}
    level = find_stock(env, shop_id, sku_id)
    shelves = tuple(_filled(shelf, wanted.get(shelf.warehouse_id)) for shelf in level.shelves)
    return _store(env, level, shelves, "stock.set")


def _filled(shelf: Shelf, wanted: Shelf | None) -> Shelf:
    if wanted is None:
        return shelf
    days = wanted.handling_days
    return msgspec.structs.replace(
        shelf,
        available=wanted.available,
        backorder=shelf.backorder if wanted.backorder is None else wanted.backorder,
        handling_days=shelf.handling_days if days is None else days,
    )


def _move(
    env: TwinEnv, level: StockLevel, units: int, *, source: str, goal: str, change: str
) -> StockLevel:
    if units <= 0:
        raise UsageError(f"units of SKU {level.id} must be 1 or more, got {units}")
    held: int = getattr(level, source)
    if units > held:
        raise InternalError(
            f"SKU {level.id} has {held} {source} unit(s), {units} were to become {goal}"
        )
    shelves: list[Shelf] = []
    left = units
    for shelf in level.shelves:
        here: int = getattr(shelf, source)
        taken = min(left, here)
        left -= taken
        moved = {source: here - taken, goal: getattr(shelf, goal) + taken}
        shelves.append(msgspec.structs.replace(shelf, **moved))
    return _store(env, level, tuple(shelves), f"stock.{change}")


def _store(env: TwinEnv, level: StockLevel, shelves: tuple[Shelf, ...], change: str) -> StockLevel:
    after = env.store.update(
        StockLevel,
        level.shop_id,
        level.id,
        lambda current: msgspec.structs.replace(current, shelves=shelves),
        change=change,
    )
    tell_of_change(env, change, before=level, after=after)
    tell_of_low_stock(env, before=level, after=after)
    return after
