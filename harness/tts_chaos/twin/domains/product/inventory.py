"""Inventory search and update: what is sellable, per SKU and warehouse.

An update states absolute quantities and is judged per SKU: the good ones take effect, the others
come back in `$.data.errors[]` inside code 0.

Source: protocol facts, section 7.6, pitfalls I9 to I13, surface notes section 5 rows 9 and 10
(documented). Quantity 0: the reference states 1 to 99999, an older transcription allows 0; strict
twins refuse 0, lenient ones accept it (low confidence either way).
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.product.entities import Product, StockLevel
from tts_chaos.twin.domains.product.form import stated_shelf
from tts_chaos.twin.domains.product.global_stock import follows_global
from tts_chaos.twin.domains.product.listings import STATE_FORBIDS, TOO_MANY_IDS, product_of
from tts_chaos.twin.domains.product.render import render_inventory
from tts_chaos.twin.domains.product.replica_entities import SHARED, Replica
from tts_chaos.twin.domains.product.stock import fill_shelves
from tts_chaos.twin.domains.promotion.locks import is_in_activity
from tts_chaos.twin.handler import Call, RefusalError, handles

__all__ = ["MAX_QUANTITY", "search_inventory", "update_inventory"]

MAX_PRODUCT_IDS = 100
MAX_SKU_IDS = 600
MAX_QUANTITY = 99_999

QUANTITY_OUT_OF_RANGE = 12019024
WAREHOUSES_MUST_BE_LISTED = 12019028
WAREHOUSE_LIST_WRONG = 12052037
WAREHOUSE_UNKNOWN = 12052097
TOO_MANY_SKU_IDS = 12019015
DUPLICATE_SKU = 12052553
UNKNOWN_SKU = 12052556
PROMOTION_LOCK = 12052393
SET_GLOBALLY = 12052141
SHARED_STOCK = 12052921
EMPTY_LIST = 12052902
BAD_PARAMETER = 12052910

_GONE = ("DELETED", "DRAFT")


@handles("product.202309.inventory_search")
def search_inventory(call: Call) -> dict[str, Any]:
    """Return stock of the SKUs named, else of all SKUs of the products named.

    Ids that the shop does not have (any more) are left out: assumed.
    """
    sku_ids = call.body.get("sku_ids") or []
    product_ids = call.body.get("product_ids") or []
    if not sku_ids and not product_ids:
        raise RefusalError(BAD_PARAMETER, "product_ids or sku_ids is required.")
    if len(product_ids) > MAX_PRODUCT_IDS:
        raise RefusalError(TOO_MANY_IDS, f"At most {MAX_PRODUCT_IDS} product ids are allowed.")
    if len(sku_ids) > MAX_SKU_IDS:
        raise RefusalError(TOO_MANY_SKU_IDS, f"At most {MAX_SKU_IDS} SKU ids are allowed.")
    chosen = _by_sku(call, sku_ids) if sku_ids else _by_product(call, product_ids)
    return {"inventory": [render_inventory(product, levels) for product, levels in chosen]}


def _by_sku(call: Call, sku_ids: list[str]) -> list[tuple[Product, list[StockLevel]]]:
    grouped: dict[str, list[StockLevel]] = {}
    for sku_id in dict.fromkeys(sku_ids):
        level = call.env.store.get(StockLevel, call.shop_id, sku_id)
        product = level and call.env.store.get(Product, call.shop_id, level.product_id)
        if level and product and product.sku(sku_id):
            grouped.setdefault(level.product_id, []).append(level)
    products = ((call.env.store.get(Product, call.shop_id, id), grouped[id]) for id in grouped)
    return [(product, levels) for product, levels in products if product]


def _by_product(call: Call, product_ids: list[str]) -> list[tuple[Product, list[StockLevel]]]:
    chosen = []
    for product_id in dict.fromkeys(product_ids):
        product = call.env.store.get(Product, call.shop_id, product_id)
        if product is not None and product.status not in _GONE:
            found = (call.env.store.get(StockLevel, call.shop_id, sku.id) for sku in product.skus)
            chosen.append((product, [level for level in found if level]))
    return chosen


@handles("product.202309.update_inventory")
def update_inventory(call: Call) -> dict[str, Any]:
    """Set sellable quantities; returns the SKUs that were refused."""
    product = product_of(call)
    if product.status != "ACTIVATE":
        text = f"Stock of a product in status {product.status} cannot be changed."
        raise RefusalError(STATE_FORBIDS, text)
    rows = call.body["skus"]
    _check_skus(rows)
    failures = (_update_sku(call, product, row) for row in rows)
    return {"errors": [failure for failure in failures if failure]}


def _check_skus(rows: list[dict[str, Any]]) -> None:
    if not rows:
        raise RefusalError(EMPTY_LIST, "skus must not be empty.")
    if len({row["id"] for row in rows}) < len(rows):
        raise RefusalError(DUPLICATE_SKU, "A SKU is listed twice.")


def _update_sku(call: Call, product: Product, row: dict[str, Any]) -> dict[str, Any] | None:
    level = call.env.store.get(StockLevel, call.shop_id, row["id"])
    if level is None or product.sku(level.id) is None:
        return _failure(row["id"], UNKNOWN_SKU, "The SKU is not part of the product.")
    if follows_global(call.env, call.shop_id, level.id):
        text = "The stock of this SKU is set on its global product."
        return _failure(level.id, SET_GLOBALLY, text)
    replica = call.env.store.get(Replica, call.shop_id, product.id)
    if replica and replica.mode == SHARED and level.id in replica.skus:
        return _failure(level.id, SHARED_STOCK, "The stock of this SKU is its source's.")
    entries = row["inventory"]
    wrong = _wrong_warehouses(level, entries) or _wrong_quantities(level, entries)
    if wrong:
        return _failure(level.id, wrong[0], wrong[1], wrong[2])
    default = level.shelves[0].warehouse_id
    shelves = [stated_shelf(entry, entry.get("warehouse_id") or default) for entry in entries]
    sinks = sum(shelf.available for shelf in shelves) < level.available
    if sinks and is_in_activity(call.env, call.shop_id, product.id, level.id):
        text = "The SKU is in a promotion; its stock cannot go below the present value."
        return _failure(level.id, PROMOTION_LOCK, text)
    fill_shelves(call.env, call.shop_id, level.id, shelves)
    return None


_Wrong = tuple[int, str, str]
"""Code, text, and the warehouse that is to blame ("" for the list as a whole)."""


def _wrong_warehouses(level: StockLevel, entries: list[dict[str, Any]]) -> _Wrong | None:
    known = [shelf.warehouse_id for shelf in level.shelves]
    named = [entry.get("warehouse_id") or "" for entry in entries]
    if named == [""] and len(known) == 1:
        return None
    if "" in named:
        return WAREHOUSES_MUST_BE_LISTED, "Every warehouse of the SKU must be named.", ""
    unknown = next((id for id in named if id not in known), None)
    if unknown is not None:
        return WAREHOUSE_UNKNOWN, "The SKU is not sold from this warehouse.", unknown
    if sorted(named) != sorted(known):
        return WAREHOUSE_LIST_WRONG, "Each warehouse of the SKU must be listed once.", ""
    return None


def _wrong_quantities(level: StockLevel, entries: list[dict[str, Any]]) -> _Wrong | None:
    """Check the bounds of each quantity.

    Source: the documented page says 1 to 99,999 and an older transcription allows 0; sold-out stock
    is pushed as 0, so 0 is accepted here (assumed).
    """
    for entry in entries:
        if not 0 <= entry["quantity"] <= MAX_QUANTITY:
            text = f"The quantity must be from 0 to {MAX_QUANTITY}."
            where = entry.get("warehouse_id") or level.shelves[0].warehouse_id
            return QUANTITY_OUT_OF_RANGE, text, where
    return None


def _failure(sku_id: str, code: int, message: str, warehouse_id: str = "") -> dict[str, Any]:
    extra = [{"warehouse_id": warehouse_id, "code": code, "message": message}]
    detail = {"sku_id": sku_id, "extra_errors": extra if warehouse_id else []}
    return {"code": code, "message": message, "detail": detail}
