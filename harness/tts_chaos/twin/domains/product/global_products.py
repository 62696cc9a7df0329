"""Global products: made, found, read, edited and deleted for an account.

Source: contracts of the operations (documented fields and states), error table (documented meanings
of the codes). Assumed: which code answers an unknown product; a variant that an edit leaves out is
deleted as it is from a shop's product; what an edit says of the product, not of its variants, is
passed on to the shops where it is sold, which judge it as an edit of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.twin.domains.product.classification import leaf_of
from tts_chaos.twin.domains.product.global_entities import GlobalProduct, GlobalSku
from tts_chaos.twin.domains.product.global_render import render_global, told_global_skus
from tts_chaos.twin.domains.product.global_stock import pass_on_stock
from tts_chaos.twin.domains.product.money import Price, parse_amount
from tts_chaos.twin.domains.product.publishing import pass_on_edit, publish_all
from tts_chaos.twin.domains.product.variants import complete_attributes
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.listing import page_of, within_windows

__all__ = [
    "create_global",
    "delete_global",
    "edit_global",
    "get_global",
    "global_product_of",
    "partial_edit_global",
    "publish_global",
    "search_global",
    "update_global_inventory",
]

UNKNOWN_PRODUCT = 12052260
UNKNOWN_SKU = 12052556
DUPLICATE_SKU = 12052553
EMPTY_LIST = 12052902
TOO_MANY_SKUS = 12052050
STATE_FORBIDS = 12052901
BAD_PARAMETER = 12052910
WAREHOUSES_FIXED = 12052533
RESULT_TOO_LARGE = 12052180
MOST_SKUS = 100
MOST_RESULTS = 10_000

_READ = frozenset({"title", "description", "category_id", "skus"})
_READ_OF_SKU = frozenset({"id", "seller_sku", "price", "inventory", "sales_attributes"})


def global_product_of(call: Call, id: str) -> GlobalProduct:
    """Return a global product of the account.

    Raises:
        RefusalError: 12052260 if it has none with that id, 12052901 if it is deleted.
    """
    found = call.env.store.get(GlobalProduct, "", id)
    if found is None or found.open_id != call.open_id:
        raise RefusalError(UNKNOWN_PRODUCT, "The global product does not exist.")
    return found


@handles("product.202309.create_global_product")
def create_global(call: Call) -> dict[str, Any]:
    """Keep a global product, which no shop sells yet."""
    now_s = call.env.now_s()
    made = GlobalProduct(
        id=call.env.mint_id(),
        open_id=call.open_id,
        title=call.body["title"],
        description=call.body["description"],
        category_id=leaf_of(call.env, call.body["category_id"]).id,
        status="UNPUBLISHED",
        skus=_skus(call, call.body["skus"], ()),
        details=_rest(call.body),
        created_at_s=now_s,
        updated_at_s=now_s,
    )
    call.env.store.put(made, change="global_product.created")
    return {"global_product_id": made.id, "global_skus": told_global_skus(made)}


@handles("product.202309.search_global_products", "product.202312.search_global_products")
def search_global(call: Call) -> dict[str, Any]:
    """Return global products by state, seller code and time."""
    own = [row for row in call.env.store.list(GlobalProduct) if row.open_id == call.open_id]
    status, codes = call.body.get("status"), call.body.get("seller_skus")
    found = [
        row
        for row in within_windows(own, call.body)
        if (not status or row.status == status)
        and (not codes or any(sku.seller_sku in codes for sku in row.skus))
    ]
    if len(found) > MOST_RESULTS:
        raise RefusalError(RESULT_TOO_LARGE, "The search finds more than 10000 products.")
    page = page_of(call, found, sizes=(1, 100), default_size=20)
    return {
        "global_products": [_summary(row) for row in page.items],
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


def _summary(row: GlobalProduct) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "status": row.status,
        "skus": [{"id": sku.id, "seller_sku": sku.seller_sku} for sku in row.skus],
        "create_time": row.created_at_s,
        "update_time": row.updated_at_s,
    }


@handles("product.202309.get_global_product")
def get_global(call: Call) -> dict[str, Any]:
    """Return one global product, with the shops' products that it became."""
    return render_global(call.env, global_product_of(call, call.path["global_product_id"]))


@handles("product.202309.edit_global_product")
def edit_global(call: Call) -> dict[str, Any]:
    """Replace the whole listing."""
    return _edit(call, _open_product(call), call.body, details=_rest(call.body))


@handles("product.202509.partial_edit_global_product")
def partial_edit_global(call: Call) -> dict[str, Any]:
    """Replace the properties that are sent, each as a whole."""
    product = _open_product(call)
    return _edit(call, product, call.body, details={**product.details, **_rest(call.body)})


def _edit(
    call: Call, product: GlobalProduct, body: Mapping[str, Any], *, details: dict[str, Any]
) -> dict[str, Any]:
    after = msgspec.structs.replace(
        product,
        title=body.get("title", product.title),
        description=body.get("description", product.description),
        category_id=leaf_of(call.env, body.get("category_id", product.category_id)).id,
        skus=_skus(call, body["skus"], product.skus) if "skus" in body else product.skus,
        details=details,
        updated_at_s=call.env.now_s(),
    )
    call.env.store.put(after, change="global_product.edited")
    pass_on_stock(call.env, after)
    results = pass_on_edit(call.env, after)
    return {"global_skus": told_global_skus(after), "publish_results": results}


@handles("product.202309.publish_global_product")
def publish_global(call: Call) -> dict[str, Any]:
    """List a global product in shops of the account; each market's result is told."""
    product = _open_product(call)
    after, made, results = publish_all(call.env, product, call.body["publish_target"])
    if after is not product:
        call.env.store.put(after, change="global_product.published")
    return {"products": made, "publish_result": results}


@handles("product.202309.update_global_inventory")
def update_global_inventory(call: Call) -> dict[str, Any]:
    """Set the units of variants in the warehouses that they are in; all of the call or nothing."""
    product = _open_product(call)
    rows = call.body["global_skus"]
    if not rows:
        raise RefusalError(EMPTY_LIST, "global_skus must not be empty.")
    units = {row["id"]: _units(product, row) for row in rows}
    skus = tuple(
        msgspec.structs.replace(sku, inventory=units.get(sku.id, sku.inventory))
        for sku in product.skus
    )
    after = msgspec.structs.replace(product, skus=skus, updated_at_s=call.env.now_s())
    call.env.store.put(after, change="global_stock.set")
    pass_on_stock(call.env, after)
    return {}


def _units(product: GlobalProduct, row: Mapping[str, Any]) -> dict[str, int]:
    sku = product.sku(row["id"])
    if sku is None:
        raise RefusalError(UNKNOWN_SKU, f"SKU {row['id']} is not part of the global product.")
    stated = _inventory(row)
    if sku.inventory and set(stated) != set(sku.inventory):
        raise RefusalError(WAREHOUSES_FIXED, "The warehouses of a SKU cannot be changed here.")
    return stated


@handles("product.202309.delete_global_products")
def delete_global(call: Call) -> dict[str, Any]:
    """Delete global products that no shop sells; what cannot be comes back inside code 0."""
    failures = (_delete_one(call, id) for id in call.body["global_product_ids"])
    return {"errors": [failure for failure in failures if failure]}


def _delete_one(call: Call, id: str) -> dict[str, Any] | None:
    try:
        product = _of_no_shop(global_product_of(call, id))
    except RefusalError as refusal:
        detail = {"global_product_id": id}
        return {"code": refusal.code, "message": refusal.message or "", "detail": detail}
    after = msgspec.structs.replace(product, status="DELETED", updated_at_s=call.env.now_s())
    call.env.store.put(after, change="global_product.deleted")
    return None


def _of_no_shop(product: GlobalProduct) -> GlobalProduct:
    """Return a product that may be deleted. That a published one may not is assumed."""
    if product.status != "UNPUBLISHED":
        text = f"A global product in status {product.status} cannot be deleted."
        raise RefusalError(STATE_FORBIDS, text)
    return product


def _open_product(call: Call) -> GlobalProduct:
    product = global_product_of(call, call.path["global_product_id"])
    if product.status == "DELETED":
        raise RefusalError(STATE_FORBIDS, "A deleted global product cannot be changed.")
    return product


def _rest(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in _READ}


def _skus(
    call: Call, rows: list[dict[str, Any]], before: tuple[GlobalSku, ...]
) -> tuple[GlobalSku, ...]:
    if not rows:
        raise RefusalError(EMPTY_LIST, "skus must not be empty.")
    if len(rows) > MOST_SKUS:
        raise RefusalError(TOO_MANY_SKUS, f"A global product has at most {MOST_SKUS} SKUs.")
    known = {sku.id: sku for sku in before}
    named = [row["id"] for row in rows if row.get("id")]
    unknown = next((id for id in named if id not in known), None)
    if unknown is not None:
        raise RefusalError(UNKNOWN_SKU, f"SKU {unknown} is not part of the global product.")
    if len(set(named)) < len(named):
        raise RefusalError(DUPLICATE_SKU, "A SKU is listed twice.")
    old = [entry for sku in before for entry in sku.details.get("sales_attributes") or ()]
    completed = complete_attributes(call.env, rows, old)
    return tuple(
        _sku(call, row, entries, known.get(row.get("id") or ""))
        for row, entries in zip(rows, completed, strict=True)
    )


def _sku(
    call: Call, row: Mapping[str, Any], entries: list[dict[str, Any]], known: GlobalSku | None
) -> GlobalSku:
    rest = {key: value for key, value in row.items() if key not in _READ_OF_SKU}
    return GlobalSku(
        id=known.id if known else call.env.mint_id(),
        seller_sku=row.get("seller_sku") or "",
        price=_price(row, known),
        inventory=_inventory(row) or (known.inventory if known else {}),
        details={**rest, "sales_attributes": entries},
    )


def _price(row: Mapping[str, Any], known: GlobalSku | None) -> Price:
    stated = row.get("price")
    if stated is None and known:
        return known.price
    text, currency = (stated or {}).get("amount") or "", (stated or {}).get("currency") or "USD"
    amount = parse_amount(text, currency)
    if amount is None:
        raise RefusalError(BAD_PARAMETER, f"{text!r} is not an amount in {currency}.")
    return Price(amount=amount, currency=currency)


def _inventory(row: Mapping[str, Any]) -> dict[str, int]:
    return {e["global_warehouse_id"]: e["quantity"] for e in row.get("inventory") or ()}
