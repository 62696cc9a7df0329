"""Products, SKUs, prices and stock from recorded answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.twin.domains.logistics.population import sales_warehouses
from tts_chaos.twin.domains.product.brands import Brand
from tts_chaos.twin.domains.product.entities import Product, Shelf, Sku, StockLevel
from tts_chaos.twin.domains.product.money import Price
from tts_chaos.twin.domains.product.population import currency_of
from tts_chaos.twin.domains.product.taxonomy import Category
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.lifting.context import Told, amount_of, first_of, lifts
from tts_chaos.twin.lifting.places import ensure_warehouse
from tts_chaos.twin.shops import region_of_shop
from tts_chaos.twin.uploads import Upload

__all__ = ["ensure_product", "ensure_stock"]

PLENTY = 100
"""Units presumed where a recording tells of an order but not of stock."""

_ON_SALE = "ACTIVATE"
_TOLD = (
    "delivery_options",
    "external_product_id",
    "is_cod_allowed",
    "main_images",
    "package_dimensions",
    "package_weight",
    "product_attributes",
)
_TOLD_OF_SKU = ("external_sku_id", "identifier_code", "sales_attributes")
"""Properties that mean nothing here and are told again as they were recorded."""


@lifts("product.get_product")
def lift_product(told: Told) -> None:
    """Store one product with its SKUs and units."""
    _store(told, told.data)


@lifts("product.search_products")
def lift_products(told: Told) -> None:
    """Store every product of a page."""
    for row in told.data.get("products") or ():
        _store(told, row)


@lifts("product.inventory_search")
def lift_inventory(told: Told) -> None:
    """Store what is told of units."""
    for product in told.data.get("inventory") or ():
        for sku in product.get("skus") or ():
            ensure_product(told.env, told.shop_id, product["product_id"], sku["id"], row=sku)
            shelves = tuple(
                Shelf(
                    warehouse_id=row["warehouse_id"],
                    available=row.get("available_quantity") or 0,
                    committed=row.get("committed_quantity") or 0,
                )
                for row in sku.get("warehouse_inventory") or ()
            )
            if shelves:
                _put_level(told.env, told.shop_id, product["product_id"], sku["id"], shelves)


@lifts("product.create_product")
def presume_listable(told: Told) -> None:
    """What could be listed was of a category that exists, in warehouses that exist."""
    category = Category(
        id=told.body.get("category_id", ""), parent_id="0", name="Recorded", is_leaf=True
    )
    told.env.store.put(category, change="category.lifted")
    for sku in told.body.get("skus") or ():
        for row in sku.get("inventory") or ():
            ensure_warehouse(told, row.get("warehouse_id", ""))


@lifts("product.update_inventory", "product.update_price")
def presume_product(told: Told) -> None:
    """A write of stock or prices presumes a product on sale in the warehouses it names."""
    product_id = told.path["product_id"]
    for sku in told.body.get("skus") or ():
        ensure_product(told.env, told.shop_id, product_id, sku["id"])
        named = [row.get("warehouse_id") for row in sku.get("inventory") or ()]
        if all(named) and named:
            shelves = tuple(Shelf(warehouse_id=str(id), available=PLENTY) for id in named)
            _put_level(told.env, told.shop_id, product_id, sku["id"], shelves)


@lifts("product.activate_product")
def presume_off_sale(told: Told) -> None:
    """What was put on sale had been taken down; what could not be was in another state."""
    _presume_states(told, success="SELLER_DEACTIVATED", failure="FREEZE")


@lifts("product.deactivate_products")
def presume_on_sale(told: Told) -> None:
    """What was taken down had been on sale."""
    _presume_states(told, success=_ON_SALE, failure="FREEZE")


def _presume_states(told: Told, *, success: str, failure: str) -> None:
    failed = {(row.get("detail") or {}).get("product_id") for row in told.data.get("errors") or ()}
    for id in told.body.get("product_ids") or ():
        ensure_product(told.env, told.shop_id, id, f"{id}1")
        status = failure if id in failed else success
        told.env.store.update(
            Product,
            told.shop_id,
            id,
            lambda row, status=status: msgspec.structs.replace(row, status=status),  # type: ignore[misc]
            change="product.lifted",
        )


def _store(told: Told, row: Mapping[str, Any]) -> None:
    env, shop_id = told.env, told.shop_id
    skus = tuple(_sku(env, shop_id, sku) for sku in row.get("skus") or ())
    product = Product(
        id=row["id"],
        shop_id=shop_id,
        title=row.get("title", ""),
        status=row.get("status") or row.get("product_status") or _ON_SALE,
        audit=(row.get("audit") or {}).get("status", "APPROVED"),
        skus=skus,
        description=row.get("description", ""),
        details=_details(env, row),
        created_at_s=row.get("create_time") or told.now_s,
        updated_at_s=row.get("update_time") or told.now_s,
    )
    env.store.put(product, change="product.lifted")
    for sku in row.get("skus") or ():
        shelves = tuple(
            Shelf(warehouse_id=one["warehouse_id"], available=one.get("quantity") or 0)
            for one in sku.get("inventory") or ()
        )
        ensure_stock(env, shop_id, product.id, sku["id"], shelves=shelves)


def _details(env: TwinEnv, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what else a listing tells; its pictures and its brand are kept for themselves."""
    for image in row.get("main_images") or ():
        _keep_picture(env, image)
    details = {name: row[name] for name in _TOLD if name in row}
    brand = row.get("brand")
    if brand:
        kept = Brand(id=brand["id"], name=brand.get("name", ""), open_id="")
        env.store.put(kept, change="brand.lifted")
        details["brand_id"] = brand["id"]
    return details


def _keep_picture(env: TwinEnv, image: Mapping[str, Any]) -> None:
    upload = Upload(
        id=image.get("uri", ""),
        shop_id="",
        name="",
        media_type="image/jpeg",
        size_bytes=0,
        width=image.get("width") or 0,
        height=image.get("height") or 0,
    )
    env.store.put(upload, change="upload.lifted")


def _sku(env: TwinEnv, shop_id: str, row: Mapping[str, Any]) -> Sku:
    price = row.get("price") or {}
    currency = price.get("currency") or currency_of(region_of_shop(env, shop_id))
    told = price.get("sale_price") or price.get("tax_exclusive_price") or price.get("amount")
    variant = first_of(row.get("sales_attributes"))
    for attribute in row.get("sales_attributes") or ():
        if attribute.get("sku_img"):
            _keep_picture(env, attribute["sku_img"])
    return Sku(
        id=row["id"],
        seller_sku=row.get("seller_sku", ""),
        price=Price(amount=amount_of(told), currency=currency),
        variant=variant.get("value_name", ""),
        variant_name=variant.get("name", ""),
        details={name: row[name] for name in _TOLD_OF_SKU if name in row},
    )


def ensure_product(
    env: TwinEnv,
    shop_id: str,
    product_id: str,
    sku_id: str,
    *,
    row: Mapping[str, Any] | None = None,
) -> None:
    """Let a product with that SKU be there; what is known already stays."""
    told = row or {}
    product = env.store.get(Product, shop_id, product_id)
    price = {"amount": told.get("original_price") or "10"}
    sku = _sku(
        env, shop_id, {"id": sku_id, "seller_sku": told.get("seller_sku", ""), "price": price}
    )
    if product is None:
        product = Product(
            id=product_id,
            shop_id=shop_id,
            title=told.get("product_name", ""),
            status=_ON_SALE,
            audit="APPROVED",
            skus=(sku,),
            created_at_s=env.now_s(),
            updated_at_s=env.now_s(),
        )
        env.store.put(product, change="product.lifted")
    elif product.sku(sku_id) is None:
        skus = (*product.skus, sku)
        env.store.put(msgspec.structs.replace(product, skus=skus), change="product.lifted")
    ensure_stock(env, shop_id, product_id, sku_id)


def ensure_stock(
    env: TwinEnv,
    shop_id: str,
    product_id: str,
    sku_id: str,
    *,
    shelves: tuple[Shelf, ...] = (),
    committed: int = 0,
) -> None:
    """Let a SKU have units; told ones win over presumed ones, and promised ones are added."""
    level = env.store.get(StockLevel, shop_id, sku_id)
    if level is None or shelves:
        rows = shelves or tuple(
            Shelf(warehouse_id=warehouse.id, available=PLENTY)
            for warehouse in sales_warehouses(env, shop_id)[:1]
        )
        level = _put_level(env, shop_id, product_id, sku_id, rows)
    if committed and level.shelves:
        first, *rest = level.shelves
        first = msgspec.structs.replace(first, committed=first.committed + committed)
        _put_level(env, shop_id, product_id, sku_id, (first, *rest))


def _put_level(
    env: TwinEnv, shop_id: str, product_id: str, sku_id: str, shelves: tuple[Shelf, ...]
) -> StockLevel:
    level = StockLevel(id=sku_id, shop_id=shop_id, product_id=product_id, shelves=shelves)
    return env.store.put(level, change="stock.lifted")
