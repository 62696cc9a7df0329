"""What the platform, or someone in the seller's own tool, may do to products and stock."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.authorization.lookup import find_shop
from tts_chaos.twin.domains.logistics.entities import SALES
from tts_chaos.twin.domains.logistics.population import make_warehouse, sales_warehouses
from tts_chaos.twin.domains.product.auditing import fail_audit, pass_audit
from tts_chaos.twin.domains.product.entities import Product, Shelf, StockLevel
from tts_chaos.twin.domains.product.moves import (
    find_product,
    move_product,
    tell_of_platform_change,
)
from tts_chaos.twin.domains.product.stock import find_stock, set_stock
from tts_chaos.twin.handler import TwinEnv, command
from tts_chaos.twin.lifecycle import IllegalMoveError

__all__ = [
    "add_warehouse",
    "deactivate_product",
    "freeze_product",
    "let_audit_fail",
    "let_audit_pass",
    "reactivate_product",
    "set_audits",
    "set_listing_limit",
    "set_platform_stock",
]


@command("set_platform_stock")
def set_platform_stock(env: TwinEnv, sku_id: str, quantity: int, shop: str = "") -> dict[str, Any]:
    """Set the sellable units of a SKU; the first warehouse holds them all, the others none."""
    if quantity < 0:
        raise UsageError(f"quantity must be 0 or more, got {quantity}")
    shop_id = find_shop(env, shop).id
    level = find_stock(env, shop_id, sku_id)
    quantities = {shelf.warehouse_id: 0 for shelf in level.shelves}
    quantities[level.shelves[0].warehouse_id] = quantity
    after = set_stock(env, shop_id, sku_id, quantities)
    return {"sku_id": sku_id, "available": after.available, "committed": after.committed}


@command("deactivate_product")
def deactivate_product(env: TwinEnv, product_id: str, shop: str = "") -> dict[str, Any]:
    """Let the platform take a product off sale; webhook 5 tells of it."""
    return _platform_move(env, product_id, shop, "suspend", "product.suspended")


@command("reactivate_product")
def reactivate_product(env: TwinEnv, product_id: str, shop: str = "") -> dict[str, Any]:
    """Let the platform put a product back on sale that it took down; webhook 5 tells of it."""
    return _platform_move(env, product_id, shop, "restore", "product.restored")


@command("freeze_product")
def freeze_product(env: TwinEnv, product_id: str, shop: str = "") -> dict[str, Any]:
    """Let the platform freeze a product, which nobody can then edit; webhook 5 tells of it."""
    return _platform_move(env, product_id, shop, "freeze", "product.frozen")


@command("pass_audit")
def let_audit_pass(env: TwinEnv, product_id: str, shop: str = "") -> str:
    """Let the platform accept a new listing or an edit now; returns the product's status."""
    return pass_audit(env, _audited(env, product_id, shop)).status


@command("fail_audit")
def let_audit_fail(env: TwinEnv, product_id: str, shop: str = "", reason: str = "") -> str:
    """Let the platform refuse a new listing or an edit; returns the product's status."""
    product = _audited(env, product_id, shop)
    return fail_audit(env, product, reason or "Refused by the platform.").status


def _audited(env: TwinEnv, product_id: str, shop: str) -> Product:
    product = find_product(env, find_shop(env, shop).id, product_id)
    if product.audit != "AUDITING":
        raise UsageError(f"product {product_id} is not being audited; create or edit it first")
    return product


@command("set_audits")
def set_audits(env: TwinEnv, passes: bool) -> None:
    """Let audits that nobody decides end well, or badly."""
    env.settings.audit_passes = passes


@command("add_warehouse")
def add_warehouse(env: TwinEnv, shop: str = "") -> dict[str, Any]:
    """Open one more sales warehouse, empty; from then on inventory updates must list it, too."""
    storefront = find_shop(env, shop)
    ordinal = len(sales_warehouses(env, storefront.id)) + 1
    opened = make_warehouse(env, storefront, SALES, ordinal=ordinal, entropy=env.entropy)
    shelf = Shelf(warehouse_id=opened.id, available=0)
    for level in env.store.list(StockLevel, storefront.id):
        env.store.put(
            msgspec.structs.replace(level, shelves=(*level.shelves, shelf)),
            change="stock.shelf_added",
        )
    return {"warehouse_id": opened.id}


def _platform_move(
    env: TwinEnv, product_id: str, shop: str, event: str, change: str
) -> dict[str, Any]:
    product = find_product(env, find_shop(env, shop).id, product_id)
    try:
        after = move_product(env, product, event, change=change)
    except IllegalMoveError as illegal:
        raise UsageError(f"product {product_id}: {illegal}") from illegal
    tell_of_platform_change(env, after, "" if event == "restore" else "Changed by the platform.")
    return {"product_id": after.id, "status": after.status}


@command("set_listing_limit")
def set_listing_limit(env: TwinEnv, per_day: Annotated[int, msgspec.Meta(ge=0)]) -> None:
    """Let a shop list so many products within a day by calls."""
    env.settings.listings_per_day = per_day
