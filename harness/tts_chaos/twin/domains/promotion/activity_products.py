"""Products of activities: put in with their terms, and taken out.

Source: contracts of the operations (documented fields), error table (documented meaning of
17029022; which other code answers what is assumed). Assumed: a product that is put in again gets
the new terms; a product in whole and one of its variants exclude each other over activities.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.twin.domains.product.entities import Product
from tts_chaos.twin.domains.product.money import parse_amount
from tts_chaos.twin.domains.promotion.activities import open_activity
from tts_chaos.twin.domains.promotion.entities import Activity, ActivityProduct, holds, status_of
from tts_chaos.twin.handler import Call, RefusalError, handles

__all__ = ["put_products", "take_products"]

TAKEN = 17029022
PRODUCT_UNKNOWN = 17029017
SKU_UNKNOWN = 17029024
PRICE_REFUSED = 17029016

_RUNNING = ("NOT_START", "ONGOING")
_ECHOED = ("discount", "quantity_limit", "quantity_per_user")


@handles("promotion.202309.update_activity_product")
def put_products(call: Call) -> dict[str, Any]:
    """Put products into an activity; all of the call or none."""
    activity = open_activity(call)
    rows = [_read(call, activity, row) for row in call.body.get("products") or ()]
    named = {row.id for row in rows}
    kept = tuple(row for row in activity.products if row.id not in named)
    after = _store(call, activity, (*kept, *rows), "activity.products_put")
    return {**_told(call, after), "title": after.title, "total_count": len(after.products)}


@handles("promotion.202309.remove_activity_product")
def take_products(call: Call) -> dict[str, Any]:
    """Take products, or variants of them, out of an activity; unknown ids do nothing."""
    activity = open_activity(call)
    products = set(call.body.get("product_ids") or ())
    skus = set(call.body.get("sku_ids") or ())
    kept = (_without(row, skus) for row in activity.products if row.id not in products)
    after = _store(call, activity, tuple(row for row in kept if row), "activity.products_taken")
    return _told(call, after)


def _without(row: ActivityProduct, skus: set[str]) -> ActivityProduct | None:
    """Return a product without some of its variants, None where that were all."""
    left = {id: terms for id, terms in row.skus.items() if id not in skus}
    return msgspec.structs.replace(row, skus=left) if left or not row.skus else None


def _read(call: Call, activity: Activity, row: Mapping[str, Any]) -> ActivityProduct:
    product = call.env.store.get(Product, call.shop_id, row["id"])
    if product is None or product.status == "DELETED":
        raise RefusalError(PRODUCT_UNKNOWN, f"Product {row['id']} is not of this shop.")
    currency = product.skus[0].price.currency
    skus = {one["id"]: _terms(one, currency) for one in row.get("skus") or ()}
    foreign = next((id for id in skus if product.sku(id) is None), None)
    if foreign is not None:
        raise RefusalError(SKU_UNKNOWN, f"SKU {foreign} is not part of product {product.id}.")
    _check_free(call, activity, product, skus)
    return ActivityProduct(id=product.id, terms=_terms(row, currency), skus=skus)


def _check_free(
    call: Call, activity: Activity, product: Product, skus: Mapping[str, object]
) -> None:
    others = [
        row
        for row in call.env.store.list(Activity, call.shop_id)
        if row.id != activity.id and status_of(row, call.env.now_s()) in _RUNNING
    ]
    for sku_id in skus or [sku.id for sku in product.skus]:
        if any(holds(other, product.id, sku_id) for other in others):
            raise RefusalError(TAKEN, f"SKU {sku_id} is in another activity.")


def _terms(row: Mapping[str, Any], currency: str) -> dict[str, Any]:
    terms = {key: row[key] for key in _ECHOED if key in row}
    text = row.get("activity_price_amount")
    if text is None:
        return terms
    if parse_amount(text, currency) is None:
        raise RefusalError(PRICE_REFUSED, f"{text!r} is not an amount in {currency}.")
    return {**terms, "activity_price": {"amount": text, "currency": currency}}


def _store(
    call: Call, activity: Activity, products: tuple[ActivityProduct, ...], change: str
) -> Activity:
    after = msgspec.structs.replace(activity, products=products, updated_at_s=call.env.now_s())
    return call.env.store.put(after, change=change)


def _told(call: Call, activity: Activity) -> dict[str, Any]:
    return {
        "activity_id": activity.id,
        "status": status_of(activity, call.env.now_s()),
        "update_time": activity.updated_at_s,
    }
