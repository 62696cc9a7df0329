"""Publishing: a global product becomes a product of a shop in another market.

Source: contract of Publish Global Product (documented fields and results). Assumed: a market in
which the account has no shop fails alone, inside code 0; a market that has the product already
fails, too; units that are not stated are taken from the global product.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.domains.logistics.population import sales_warehouses
from tts_chaos.twin.domains.product.auditing import submit
from tts_chaos.twin.domains.product.creating import list_product, told_skus
from tts_chaos.twin.domains.product.entities import Content, Product, Shelf, Sku
from tts_chaos.twin.domains.product.global_entities import GlobalProduct, GlobalSku, Publication
from tts_chaos.twin.domains.product.money import Price, parse_amount
from tts_chaos.twin.domains.product.population import currency_of
from tts_chaos.twin.domains.product.taxonomy import category_of
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.money import round_amount

__all__ = ["PublishError", "pass_on_edit", "publish_all", "publish_to"]

_CLOSED = ("DELETED", "FREEZE")


class PublishError(ValueError):
    """A market cannot sell the product; the text says why."""


def publish_to(
    env: TwinEnv, product: GlobalProduct, target: Mapping[str, Any]
) -> tuple[Publication, dict[str, Any]]:
    """List a global product in the account's shop of one market.

    Args:
        env: The twin's environment.
        product: What is published.
        target: The market with its variants, as on the wire.

    Returns:
        The publication, and what the answer tells of the shop's product.

    Raises:
        PublishError: If there is no such shop, it sells the product already, or a variant, a
            warehouse or a price is not usable; nothing changes.
    """
    shop = _shop_in(env, product, target["region"])
    rows = target["skus"]
    skus = tuple(_local_sku(env, shop, product, row) for row in rows)
    if not skus:
        raise PublishError("No variant is named.")
    local = list_product(env, shop.id, _content(env, product, skus), submitted=True)
    ids = {row["related_global_sku_id"]: sku.id for row, sku in zip(rows, skus, strict=True)}
    told = [
        {
            "related_global_sku_id": global_id,
            "id": row["id"],
            "seller_sku": row["seller_sku"],
            "sale_attributes": row["sales_attributes"],
        }
        for global_id, row in zip(ids, told_skus(local.content), strict=True)
    ]
    follows = {
        row["related_global_sku_id"]: sku.opening_stock[0].warehouse_id
        for row, sku in zip(rows, skus, strict=True)
        if not (row.get("inventory") or {}).get("quantity")
    }
    publication = Publication(
        region=shop.region, shop_id=shop.id, product_id=local.id, skus=ids, follows=follows
    )
    answer = {"region": shop.region, "shop_id": shop.id, "id": local.id, "skus": told}
    return publication, answer


def publish_all(
    env: TwinEnv, product: GlobalProduct, targets: list[dict[str, Any]]
) -> tuple[GlobalProduct, list[dict[str, Any]], list[dict[str, Any]]]:
    """Publish to each market; return the product, the shops' products and the results."""
    made, results = [], []
    for target in targets:
        try:
            publication, answer = publish_to(env, product, target)
        except PublishError as error:
            results.append(_result(target["region"], "FAILED", str(error)))
            continue
        product = msgspec.structs.replace(
            product, status="PUBLISHED", publications=(*product.publications, publication)
        )
        made.append(answer)
        results.append(_result(target["region"], "SUCCESS"))
    return product, made, results


def _result(region: str, status: str, *reasons: str) -> dict[str, Any]:
    told = [{"message": reason} for reason in reasons]
    return {"region": region, "status": status, "fail_reasons": told}


def pass_on_edit(env: TwinEnv, product: GlobalProduct) -> list[dict[str, Any]]:
    """Submit a version that was edited to each shop that sells it; return the results."""
    return [_passed_on(env, product, row) for row in product.publications]


def _passed_on(env: TwinEnv, product: GlobalProduct, row: Publication) -> dict[str, Any]:
    local = env.store.get(Product, row.shop_id, row.product_id)
    if local is None or local.status in _CLOSED:
        reason = {"message": "The product of the shop cannot be edited."}
        return {"region": row.region, "status": "FAILED", "fail_reasons": [reason]}
    content = _content(env, product, local.skus)
    if content != local.content:
        submit(env, local, content)
    return {"region": row.region, "status": "SUCCESS", "fail_reasons": []}


def _shop_in(env: TwinEnv, product: GlobalProduct, region: str) -> Shop:
    shops = env.store.list(Shop)
    shop = next((s for s in shops if (s.account_id, s.region) == (product.open_id, region)), None)
    if shop is None:
        raise PublishError(f"The account has no shop in {region}.")
    if any(row.shop_id == shop.id for row in product.publications):
        raise PublishError(f"The shop in {region} sells the product already.")
    return shop


def _content(env: TwinEnv, product: GlobalProduct, skus: tuple[Sku, ...]) -> Content:
    category = category_of(env, product.category_id)
    return Content(
        title=product.title,
        skus=skus,
        description=product.description,
        category_id=product.category_id,
        category_name=category.name if category else "",
        details=product.details,
    )


def _local_sku(env: TwinEnv, shop: Shop, product: GlobalProduct, row: Mapping[str, Any]) -> Sku:
    ours = product.sku(row["related_global_sku_id"])
    if ours is None:
        raise PublishError(f"Variant {row['related_global_sku_id']} is not the product's.")
    entries = ours.details["sales_attributes"]
    return Sku(
        id=env.mint_id(),
        seller_sku=ours.seller_sku,
        price=_local_price(shop, ours, row.get("price") or {}),
        variant=", ".join(entry["value_name"] for entry in entries),
        variant_name=", ".join(entry["name"] for entry in entries),
        details={"sales_attributes": entries},
        opening_stock=_opening(env, shop, ours, row.get("inventory") or {}),
    )


def _local_price(shop: Shop, ours: GlobalSku, stated: Mapping[str, Any]) -> Price:
    currency = currency_of(shop.region)
    text = stated.get("amount") or stated.get("sale_price")
    if not text:
        # What the platform makes of a price in dollars is not documented; the number stays.
        return Price(amount=round_amount(Decimal(ours.price.amount), currency), currency=currency)
    amount = parse_amount(text, currency)
    if amount is None or stated.get("currency") != currency:
        raise PublishError(f"{text!r} is not an amount in {currency}.")
    return Price(amount=amount, currency=currency)


def _opening(
    env: TwinEnv, shop: Shop, ours: GlobalSku, stated: Mapping[str, Any]
) -> tuple[Shelf, ...]:
    own = [row.id for row in sales_warehouses(env, shop.id)]
    chosen = stated.get("warehouse_id") or (own[0] if own else "")
    if chosen not in own:
        raise PublishError(f"The shop in {shop.region} sells from no warehouse {chosen!r}.")
    units = stated.get("quantity") or sum(ours.inventory.values())
    return (Shelf(warehouse_id=chosen, available=units),)
