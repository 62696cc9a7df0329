"""Replication: a product of one shop is listed in other shops of the account, in other markets.

A replica has units of its own (EXCLUSIVE), or sells those of its source (SHARED): then both always
have the same number for sale, and only the source's seller sets it.

Source: contracts of the operations (documented fields), error table, 12052921 (documented meaning).
Assumed: a market without a shop, or with a replica already, fails alone inside code 0 with the code
of a bad parameter; variants that no row names are replicated at the same number in the other money,
without units of their own; orders of a shop take from the units that all share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.domains.logistics.population import sales_warehouses
from tts_chaos.twin.domains.product.creating import list_product
from tts_chaos.twin.domains.product.entities import Product, Shelf, Sku, StockLevel
from tts_chaos.twin.domains.product.listings import STATE_FORBIDS, product_of
from tts_chaos.twin.domains.product.money import Price, parse_amount
from tts_chaos.twin.domains.product.population import currency_of
from tts_chaos.twin.domains.product.replica_entities import SHARED, Replica
from tts_chaos.twin.domains.product.stock import find_stock, set_stock
from tts_chaos.twin.following import follows
from tts_chaos.twin.handler import Call, RefusalError, TwinEnv, handles
from tts_chaos.twin.money import round_amount
from tts_chaos.twin.store import Change

__all__ = ["list_replicas", "replicate", "share_units", "tell_listing_rules"]

BAD_PARAMETER = 12052910


@handles("product.202507.replicate_product")
def replicate(call: Call) -> dict[str, Any]:
    """List a product that is on sale in other markets; what failed is told by market."""
    source = product_of(call)
    if source.status != "ACTIVATE":
        text = f"A product in status {source.status} cannot be replicated."
        raise RefusalError(STATE_FORBIDS, text)
    failures = []
    for target in call.body.get("replicate_target") or ():
        try:
            _replicate_to(call, source, target)
        except RefusalError as refusal:
            detail = {"region": target.get("region") or ""}
            told = {"code": refusal.code, "message": refusal.message or "", "detail": detail}
            failures.append(told)
    return {"errors": failures}


@handles("product.202507.get_global_replicated_products")
def list_replicas(call: Call) -> dict[str, Any]:
    """Return the replicas of a product with their present states."""
    source = product_of(call)
    rows = [row for row in call.env.store.list(Replica) if row.source_id == source.id]
    return {
        "replicated_products": [
            {
                "region": row.region,
                "shop_id": row.shop_id,
                "product_id": row.id,
                "product_status": found.status,
            }
            for row in rows
            if (found := call.env.store.get(Product, row.shop_id, row.id))
        ]
    }


@handles("product.202507.get_global_listing_rules")
def tell_listing_rules(call: Call) -> dict[str, Any]:
    """Return how the account may list in other markets: not at all with one shop (assumed)."""
    shops = _shops_beside(call)
    methods = ["GLOBAL_PUBLISHING", "LOCAL_REPLICATION"] if shops else []
    return {"listing_methods": methods, "inventory_rules": []}


def _shops_beside(call: Call) -> list[Shop]:
    """Return the account's other shops."""
    own = call.env.store.get(Shop, "", call.shop_id)
    assert own is not None, "calls with a cipher have a shop"
    shops = call.env.store.list(Shop)
    return [row for row in shops if row.account_id == own.account_id and row.id != own.id]


def _replicate_to(call: Call, source: Product, target: Mapping[str, Any]) -> None:
    region = target.get("region") or ""
    shop = next((row for row in _shops_beside(call) if row.region == region), None)
    if shop is None:
        raise RefusalError(BAD_PARAMETER, f"The account has no other shop in {region!r}.")
    replicas = call.env.store.list(Replica, shop.id)
    if any(row.source_id == source.id for row in replicas):
        raise RefusalError(BAD_PARAMETER, f"The shop in {region} has the product already.")
    mode = target.get("inventory_mode") or call.body.get("inventory_mode") or "EXCLUSIVE"
    rows = {row.get("source_sku_id") or "": row for row in target.get("skus") or ()}
    skus = tuple(
        _copy(call.env, shop, call.shop_id, sku, rows.get(sku.id, {}), mode) for sku in source.skus
    )
    content = msgspec.structs.replace(source.content, skus=skus)
    made = list_product(call.env, shop.id, content, submitted=True)
    pairs = {copy.id: sku.id for copy, sku in zip(skus, source.skus, strict=True)}
    replica = Replica(
        id=made.id,
        shop_id=shop.id,
        region=region,
        source_id=source.id,
        source_shop_id=source.shop_id,
        mode=mode,
        skus=pairs,
    )
    call.env.store.put(replica, change="product.replicated")


def _copy(
    env: TwinEnv, shop: Shop, source_shop_id: str, sku: Sku, row: Mapping[str, Any], mode: str
) -> Sku:
    return msgspec.structs.replace(
        sku,
        id=env.mint_id(),
        seller_sku=row.get("seller_sku") or sku.seller_sku,
        price=_price(shop, sku, row.get("price")),
        opening_stock=tuple(_opening(env, shop, source_shop_id, sku, row, mode)),
    )


def _price(shop: Shop, sku: Sku, stated: Mapping[str, Any] | None) -> Price:
    currency = currency_of(shop.region)
    if stated is None:
        return Price(amount=round_amount(sku.price.amount, currency), currency=currency)
    amount = parse_amount(stated["sale_price"], currency)
    if amount is None or stated.get("currency", currency) != currency:
        raise RefusalError(
            BAD_PARAMETER, f"{stated['sale_price']!r} is not an amount in {currency}."
        )
    return Price(amount=amount, currency=currency)


def _opening(
    env: TwinEnv, shop: Shop, source_shop_id: str, sku: Sku, row: Mapping[str, Any], mode: str
) -> Iterator[Shelf]:
    own = [warehouse.id for warehouse in sales_warehouses(env, shop.id)]
    if mode == SHARED:
        units = find_stock(env, source_shop_id, sku.id).available
        yield from (Shelf(warehouse_id=id, available=units) for id in own[:1])
        return
    for entry in row.get("inventory") or ():
        id = entry.get("warehouse_id") or (own[0] if own else "")
        if id not in own:
            raise RefusalError(BAD_PARAMETER, f"The shop sells from no warehouse {id!r}.")
        yield Shelf(warehouse_id=id, available=entry.get("quantity") or 0)


@follows(StockLevel)
def share_units(env: TwinEnv, change: Change) -> None:
    """Let all that share units with a variant have as many for sale as it has."""
    level = env.store.get(StockLevel, change.shop_id, change.id)
    if level is None or not _is_listed(env, level):
        return
    for peer in _peers(env, level):
        missing = level.available - peer.available
        if missing and _is_listed(env, peer):
            set_stock(env, peer.shop_id, peer.id, _spread(peer, missing))


def _is_listed(env: TwinEnv, level: StockLevel) -> bool:
    """Whether a variant is still one of its product's."""
    product = env.store.get(Product, level.shop_id, level.product_id)
    return product is not None and product.sku(level.id) is not None


def _peers(env: TwinEnv, level: StockLevel) -> list[StockLevel]:
    """Return the units of the replicas of a variant, or of its source, that are the same."""
    found: list[StockLevel | None] = []
    for row in env.store.list(Replica):
        for copy_id, source_id in row.skus.items() if row.mode == SHARED else ():
            if (row.source_shop_id, source_id) == (level.shop_id, level.id):
                found.append(env.store.get(StockLevel, row.shop_id, copy_id))
            elif (row.shop_id, copy_id) == (level.shop_id, level.id):
                found.append(env.store.get(StockLevel, row.source_shop_id, source_id))
    return [peer for peer in found if peer]


def _spread(level: StockLevel, units: int) -> dict[str, int]:
    """Return the sellable units by warehouse after `units` came, or went where they are."""
    counts = {shelf.warehouse_id: shelf.available for shelf in level.shelves}
    for id, count in counts.items():
        counts[id] = max(count + units, 0)
        units += count - counts[id]
        if not units:
            break
    return counts
