"""Listing products and editing them: create, edit, partial edit.

A new listing waits for its audit; an edit waits beside the live version, which stays as it is until
the audit passes and, where it fails, for good. Prices and units skip the audit and are set at once.

Source: protocol facts, sections 7.2 and 7.6, pitfalls I12 and I22 (documented: idempotency key in
the body, a sent property replaces the whole property, SKUs left out of a sent list are deleted, PUT
overwrites everything). Codes of single mistakes and how a replay answers are assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.twin.domains.logistics.population import sales_warehouses
from tts_chaos.twin.domains.product.audits import submit_edit, tell_of_audit
from tts_chaos.twin.domains.product.categories import category_named
from tts_chaos.twin.domains.product.entities import Product, Shelf, Sku, StockLevel
from tts_chaos.twin.domains.product.listings import product_of
from tts_chaos.twin.domains.product.money import Price, parse_amount
from tts_chaos.twin.domains.product.population import currency_of
from tts_chaos.twin.domains.product.stock import set_stock
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.shops import region_of_shop
from tts_chaos.wire.webhook import EventType

__all__ = ["create_product", "edit_product", "edit_product_in_part"]

LIMIT_REACHED = 12052093
WAREHOUSE_UNKNOWN = 12052097
PRICE_MISSING = 12052571
BAD_PARAMETER = 12052910
EMPTY_LIST = 12052902
STATE_FORBIDS = 12052901
UNKNOWN_SKU = 12052556
CATEGORY_UNKNOWN = 12052910

DAY_S = 86_400
LONGEST_KEY = 128
_EDITABLE = frozenset({"DRAFT", "FAILED", "PENDING", "ACTIVATE", "SELLER_DEACTIVATED"})
_TEXTS = ("title", "description", "category_id", "brand_id")


@handles("product.202309.create_product")
def create_product(call: Call) -> dict[str, Any]:
    """List a product, or keep it as a draft; the same idempotency key lists it once."""
    body, env = call.body, call.env
    key = body.get("idempotency_key") or ""
    _check_key(key)
    before = _listed_with(call, key) if key else None
    if before:
        return _told(before)
    _check_quota(call)
    now_s = env.now_s()
    is_draft = body.get("save_mode") == "AS_DRAFT"
    product = Product(
        id=env.mint_id(),
        shop_id=call.shop_id,
        title=body["title"],
        description=body["description"],
        status="DRAFT" if is_draft else "PENDING",
        audit="NONE" if is_draft else "AUDITING",
        skus=tuple(_sku(call, row, None) for row in _rows(body)),
        images=_images(body),
        brand_id=body.get("brand_id") or "",
        listing_key=key,
        is_from_api=True,
        audit_since_s=0 if is_draft else now_s,
        created_at_s=now_s,
        updated_at_s=now_s,
        **_category(body["category_id"]),
    )
    env.store.put(product, change="product.listed")
    for sku, row in zip(product.skus, body["skus"], strict=True):
        _stock(call, product, sku, row)
    data = {"product_id": int(product.id), "product_types": [], "update_time": now_s}
    env.emit(EventType.PRODUCT_CREATION, call.shop_id, data)
    return {**_told(product), "warnings": []}


@handles("product.202309.edit_product", "product.202509.edit_product")
def edit_product(call: Call) -> dict[str, Any]:
    """Overwrite a product as a whole; what is not sent is emptied."""
    product = _editable(call)
    body = call.body
    wanted = msgspec.structs.replace(
        product,
        title=body["title"],
        description=body["description"],
        skus=_edited_skus(call, product, body),
        images=_images(body),
        brand_id=body.get("brand_id") or "",
        **_category(body["category_id"]),
    )
    return _submitted(call, product, wanted, ["title", "description", "main_images", "others"])


@handles("product.202309.partial_edit_product", "product.202509.partial_edit_product")
def edit_product_in_part(call: Call) -> dict[str, Any]:
    """Replace the properties that are sent, each as a whole, and leave the others."""
    product = _editable(call)
    body = call.body
    changes: dict[str, Any] = {name: body[name] for name in _TEXTS if name in body}
    if "category_id" in changes:
        changes |= _category(changes["category_id"])
    if "main_images" in body:
        changes["images"] = _images(body)
    if "skus" in body:
        changes["skus"] = _edited_skus(call, product, body)
    wanted = msgspec.structs.replace(product, **changes)
    return _submitted(call, product, wanted, sorted({*body} & {*_TEXTS, "main_images"}))


def _submitted(call: Call, product: Product, wanted: Product, fields: list[str]) -> dict[str, Any]:
    """Set prices and units at once, and leave the rest to the audit."""
    for sku, row in zip(wanted.skus, call.body.get("skus") or (), strict=False):
        _stock(call, product, sku, row)
    after = submit_edit(call.env, product, wanted)
    tell_of_audit(call.env, after)
    data = {
        "product_id": product.id,
        "change_source": "OPEN_API",
        "changed_fields": [name if name in _TOLD else "others" for name in fields] or ["others"],
        "update_time": call.env.now_s(),
    }
    call.env.emit(EventType.PRODUCT_INFORMATION_CHANGE, call.shop_id, data)
    return {**_told(wanted), "audit": {"status": after.audit}}


_TOLD = frozenset({"title", "description", "main_images"})


def _told(product: Product) -> dict[str, Any]:
    skus = [{"id": sku.id, "seller_sku": sku.seller_sku} for sku in product.skus]
    return {"product_id": product.id, "skus": skus}


def _check_key(key: str) -> None:
    if len(key) > LONGEST_KEY:
        raise RefusalError(BAD_PARAMETER, f"idempotency_key exceeds {LONGEST_KEY} characters.")


def _listed_with(call: Call, key: str) -> Product | None:
    rows = call.env.store.list(Product, call.shop_id)
    return next((row for row in rows if row.listing_key == key), None)


def _check_quota(call: Call) -> None:
    """Source: protocol facts, section 5 (documented: new sellers 100, later 1000 a day)."""
    since_s = call.env.now_s() - DAY_S
    rows = call.env.store.list(Product, call.shop_id)
    today = sum(1 for row in rows if row.is_from_api and row.created_at_s > since_s)
    if today >= call.env.settings.listings_per_day:
        raise RefusalError(LIMIT_REACHED, "The listing limit of the day is reached.")


def _editable(call: Call) -> Product:
    product = product_of(call)
    if product.status not in _EDITABLE:
        raise RefusalError(STATE_FORBIDS, f"A product in status {product.status} stays.")
    return product


def _category(id: str) -> dict[str, str]:
    name = category_named(id)
    if name is None:
        raise RefusalError(CATEGORY_UNKNOWN, f"The category {id!r} does not exist.")
    return {"category_id": id, "category_name": name}


def _images(body: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row["uri"] for row in body.get("main_images") or ())


def _rows(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = body["skus"]
    if not rows:
        raise RefusalError(EMPTY_LIST, "skus must not be empty.")
    return rows


def _edited_skus(call: Call, product: Product, body: Mapping[str, Any]) -> tuple[Sku, ...]:
    skus = []
    for row in _rows(body):
        current = product.sku(row["id"]) if row.get("id") else None
        if row.get("id") and current is None:
            raise RefusalError(UNKNOWN_SKU, f"SKU {row['id']} is not part of the product.")
        skus.append(_sku(call, row, current))
    return tuple(skus)


def _sku(call: Call, row: dict[str, Any], current: Sku | None) -> Sku:
    attribute: dict[str, Any] = next(iter(row.get("sales_attributes") or ()), {})
    return Sku(
        id=current.id if current else call.env.mint_id(),
        seller_sku=row.get("seller_sku") or (current.seller_sku if current else ""),
        price=_price(call, row.get("price"), current),
        variant=attribute.get("value_name") or (current.variant if current else ""),
        variant_name=attribute.get("name") or (current.variant_name if current else ""),
    )


def _price(call: Call, row: dict[str, Any] | None, current: Sku | None) -> Price:
    if row is None and current is not None:
        return current.price
    text = (row or {}).get("amount") or (row or {}).get("sale_price")
    if not row or not text:
        raise RefusalError(PRICE_MISSING, "The price of a SKU is missing.")
    currency = currency_of(region_of_shop(call.env, call.shop_id))
    amount = parse_amount(text, currency)
    if amount is None or row.get("currency") != currency:
        raise RefusalError(BAD_PARAMETER, f"{text!r} is not an amount in {currency}.")
    return Price(amount=amount, currency=currency)


def _stock(call: Call, product: Product, sku: Sku, row: Mapping[str, Any]) -> None:
    """Set the units of a SKU where the row tells them; a new SKU gets its shelves."""
    entries = row.get("inventory")
    known = {warehouse.id for warehouse in sales_warehouses(call.env, call.shop_id)}
    quantities = {one["warehouse_id"]: one.get("quantity") or 0 for one in entries or ()}
    if not set(quantities) <= known:
        raise RefusalError(WAREHOUSE_UNKNOWN, "A warehouse does not exist in this shop.")
    if call.env.store.get(StockLevel, call.shop_id, sku.id) is None:
        level = StockLevel(
            id=sku.id,
            shop_id=call.shop_id,
            product_id=product.id,
            shelves=tuple(Shelf(warehouse_id=id, available=0) for id in sorted(known)),
        )
        call.env.store.put(level, change="stock.opened")
    if quantities:
        set_stock(call.env, call.shop_id, sku.id, quantities)
