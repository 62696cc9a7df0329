"""Units of shops' products that follow a global product.

A variant that was published without units of its own sells those of the global product; the shop
cannot set them.

Source: error table, 12052141 (documented meaning), pitfall D6. Which variants follow is assumed,
and so is that the global product goes on telling what the seller set, whatever shops have sold.
"""

from __future__ import annotations

from tts_chaos.twin.domains.product.entities import Product
from tts_chaos.twin.domains.product.global_entities import GlobalProduct, Publication
from tts_chaos.twin.domains.product.stock import set_stock
from tts_chaos.twin.handler import TwinEnv

__all__ = ["follows_global", "origin_of", "pass_on_stock"]


def origin_of(
    env: TwinEnv, shop_id: str, product_id: str
) -> tuple[GlobalProduct, Publication] | None:
    """Return the global product that a shop's product was published from, or None."""
    return next(
        (
            (product, row)
            for product in env.store.list(GlobalProduct)
            for row in product.publications
            if (row.shop_id, row.product_id) == (shop_id, product_id)
        ),
        None,
    )


def follows_global(env: TwinEnv, shop_id: str, sku_id: str) -> bool:
    """Whether the units of a shop's variant are set on a global product."""
    return any(
        row.skus.get(global_id) == sku_id
        for product in env.store.list(GlobalProduct)
        for row in product.publications
        if row.shop_id == shop_id
        for global_id in row.follows
    )


def pass_on_stock(env: TwinEnv, product: GlobalProduct) -> None:
    """Give the units of a global product to the shops' variants that follow it."""
    for row in product.publications:
        for global_id, warehouse_id in row.follows.items():
            _pass_on(env, product, row, global_id, warehouse_id)


def _pass_on(
    env: TwinEnv, product: GlobalProduct, row: Publication, global_id: str, warehouse_id: str
) -> None:
    local = env.store.get(Product, row.shop_id, row.product_id)
    if local is None or local.sku(row.skus[global_id]) is None:
        return
    sku = product.sku(global_id)
    units = sum(sku.inventory.values()) if sku else 0
    set_stock(env, row.shop_id, row.skus[global_id], {warehouse_id: units})
