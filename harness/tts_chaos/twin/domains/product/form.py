"""Reading what a seller writes of a listing: checked where a rule is known, else kept as it is.

Source: contracts of create and edit (documented fields), the error table (documented meanings of
the codes), pitfall F5 (an unusable brand is dropped with a warning). Assumed: a warehouse that a
variant does not name opens empty, or keeps its units; a variant that an edit names by id keeps the
price and the units that are not stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.domains.logistics.population import sales_warehouses
from tts_chaos.twin.domains.product.brands import brands_of
from tts_chaos.twin.domains.product.classification import leaf_of
from tts_chaos.twin.domains.product.entities import Content, Shelf, Sku
from tts_chaos.twin.domains.product.money import Price, parse_amount
from tts_chaos.twin.domains.product.population import currency_of
from tts_chaos.twin.domains.product.variants import name_variants
from tts_chaos.twin.handler import Call, RefusalError

__all__ = ["Form", "read_form", "stated_shelf"]

MOST_SKUS = 100

TOO_MANY_SKUS = 12052050
DUPLICATE_SKU = 12052553
UNKNOWN_SKU = 12052557
EMPTY_LIST = 12052902
PRICE_MISSING = 12052571
BAD_PARAMETER = 12052910
NO_WAREHOUSE = 12052096
UNKNOWN_WAREHOUSE = 12052097

_OF_THE_CALL = frozenset({"save_mode", "idempotency_key", "replicated_products", "locale"})
_READ = frozenset({"title", "description", "category_id", "skus"})
_READ_OF_SKU = frozenset({"id", "seller_sku", "price", "inventory", "sales_attributes"})


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A listing as a call states it.

    Attributes:
        content: The version it describes.
        stock: Shelves of the variants that exist and whose units it states.
        warnings: What was dropped.
    """

    content: Content
    stock: Mapping[str, tuple[Shelf, ...]]
    warnings: tuple[str, ...]


def read_form(call: Call, body: Mapping[str, Any], before: Content | None = None) -> Form:
    """Return the listing that `body` describes, of all properties.

    Args:
        call: The call.
        body: A whole listing, as for Create Product.
        before: The version that it takes the place of; its variants may be named by id.

    Raises:
        RefusalError: If the category, a variant, a price or a warehouse is not usable.
    """
    leaf = leaf_of(call.env, body["category_id"])
    shop = call.env.store.get(Shop, "", call.shop_id)
    assert shop is not None, "calls with a cipher have a shop"
    known = {sku.id: sku for sku in before.skus} if before else {}
    rows = _checked_rows(body["skus"], known)
    skus = tuple(_sku(call, row, known.get(row.get("id") or ""), shop) for row in rows)
    skus = name_variants(call.env, skus, rows, known.values())
    details, warnings = _details(call, body, shop)
    content = Content(
        title=body["title"],
        skus=skus,
        description=body["description"],
        category_id=leaf.id,
        category_name=leaf.name,
        details=details,
    )
    stock = {
        sku.id: _shelves(call, row)
        for sku, row in zip(skus, rows, strict=True)
        if sku.id in known and row.get("inventory")
    }
    return Form(content=content, stock=stock, warnings=warnings)


def _details(
    call: Call, body: Mapping[str, Any], shop: Shop
) -> tuple[dict[str, Any], tuple[str, ...]]:
    kept = {key: value for key, value in body.items() if key not in _READ | _OF_THE_CALL}
    brand_id = kept.get("brand_id")
    if not brand_id or any(row.id == brand_id for row in brands_of(call.env, shop.account_id)):
        return kept, ()
    del kept["brand_id"]
    return kept, (f"Brand {brand_id} cannot be used; the product is listed without brand.",)


def _checked_rows(rows: list[dict[str, Any]], known: Mapping[str, Sku]) -> list[dict[str, Any]]:
    if not rows:
        raise RefusalError(EMPTY_LIST, "skus must not be empty.")
    if len(rows) > MOST_SKUS:
        raise RefusalError(TOO_MANY_SKUS, f"A product has at most {MOST_SKUS} SKUs.")
    named = [row["id"] for row in rows if row.get("id")]
    unknown = next((id for id in named if id not in known), None)
    if unknown is not None:
        raise RefusalError(UNKNOWN_SKU, f"SKU {unknown} is not part of the product.")
    if len(set(named)) < len(named):
        raise RefusalError(DUPLICATE_SKU, "A SKU is listed twice.")
    return rows


def _sku(call: Call, row: Mapping[str, Any], known: Sku | None, shop: Shop) -> Sku:
    return Sku(
        id=known.id if known else call.env.mint_id(),
        seller_sku=row.get("seller_sku") or "",
        price=_price(row, known, currency_of(shop.region)),
        details={key: value for key, value in row.items() if key not in _READ_OF_SKU},
        opening_stock=known.opening_stock if known else _opening(call, row),
    )


def _price(row: Mapping[str, Any], known: Sku | None, currency: str) -> Price:
    if row.get("price") is None and known:
        return known.price
    stated = row.get("price") or {}
    text = stated.get("amount") or stated.get("sale_price")
    if not text:
        raise RefusalError(PRICE_MISSING, "The price of a SKU is missing.")
    if stated["currency"] != currency:
        raise RefusalError(BAD_PARAMETER, f"The currency of this shop is {currency}.")
    amount = parse_amount(text, currency)
    if amount is None:
        raise RefusalError(BAD_PARAMETER, f"{text!r} is not an amount in {currency}.")
    return Price(amount=amount, currency=currency)


def _opening(call: Call, row: Mapping[str, Any]) -> tuple[Shelf, ...]:
    if not row.get("inventory"):
        raise RefusalError(NO_WAREHOUSE, "A SKU needs the units in at least one warehouse.")
    return _shelves(call, row)


def _shelves(call: Call, row: Mapping[str, Any]) -> tuple[Shelf, ...]:
    own = {warehouse.id for warehouse in sales_warehouses(call.env, call.shop_id)}
    foreign = [e["warehouse_id"] for e in row["inventory"] if e["warehouse_id"] not in own]
    if foreign:
        raise RefusalError(UNKNOWN_WAREHOUSE, f"The shop sells from no warehouse {foreign[0]!r}.")
    return tuple(stated_shelf(entry, entry["warehouse_id"]) for entry in row["inventory"])


def stated_shelf(entry: Mapping[str, Any], warehouse_id: str) -> Shelf:
    """Return the shelf that an entry of `inventory` states."""
    return Shelf(
        warehouse_id=warehouse_id,
        available=entry.get("quantity") or 0,
        backorder=entry.get("backorder_quantity"),
        handling_days=entry.get("handling_time"),
    )
