"""Update Price: all SKUs of the call or none, because the answer has no list of failures.

Source: protocol facts, section 7.6; pitfall I13 (documented: product must be ACTIVATE). Which of
the bad-parameter codes answers a wrong currency or amount is assumed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.twin.domains.product.entities import Product, Sku
from tts_chaos.twin.domains.product.listings import STATE_FORBIDS, product_of
from tts_chaos.twin.domains.product.money import Price, parse_amount
from tts_chaos.twin.domains.promotion.locks import is_in_activity
from tts_chaos.twin.handler import Call, RefusalError, handles

__all__ = ["update_price"]

BAD_PARAMETER = 12052910
EMPTY_LIST = 12052902
DUPLICATE_SKU = 12052553
UNKNOWN_SKU = 12052557
PRICE_MISSING = 12052571
PRICE_LOCKED = 12052038


@handles("product.202309.update_price")
def update_price(call: Call) -> dict[str, Any]:
    """Set the price of some variants; the others keep theirs."""
    product = product_of(call)
    if product.status != "ACTIVATE":
        raise RefusalError(STATE_FORBIDS, f"A product in status {product.status} cannot be priced.")
    prices = _prices(call, product, call.body["skus"])
    call.env.store.update(
        Product,
        product.shop_id,
        product.id,
        lambda current: _repriced(current, prices, call.env.now_s()),
        change="price.set",
    )
    return {}


def _repriced(product: Product, prices: dict[str, Price], now_s: int) -> Product:
    skus = tuple(
        msgspec.structs.replace(sku, price=prices.get(sku.id, sku.price)) for sku in product.skus
    )
    return msgspec.structs.replace(product, skus=skus, updated_at_s=now_s)


def _prices(call: Call, product: Product, rows: list[dict[str, Any]]) -> dict[str, Price]:
    if not rows:
        raise RefusalError(EMPTY_LIST, "skus must not be empty.")
    prices: dict[str, Price] = {}
    for row in rows:
        sku = product.sku(row["id"])
        if sku is None:
            raise RefusalError(UNKNOWN_SKU, f"SKU {row['id']} is not part of the product.")
        if sku.id in prices:
            raise RefusalError(DUPLICATE_SKU, f"SKU {sku.id} is listed twice.")
        if is_in_activity(call.env, product.shop_id, product.id, sku.id):
            raise RefusalError(PRICE_LOCKED, f"SKU {sku.id} is in a promotion; its price stands.")
        prices[sku.id] = _price(sku, row.get("price") or {})
    return prices


def _price(sku: Sku, row: dict[str, Any]) -> Price:
    # `sale_price` replaces `amount` where prices are stated tax included (surface notes, row 5).
    text = row.get("amount") or row.get("sale_price")
    if not text:
        raise RefusalError(PRICE_MISSING, f"The price of SKU {sku.id} is missing.")
    currency = sku.price.currency
    if row.get("currency") != currency:
        raise RefusalError(BAD_PARAMETER, f"The currency of this shop is {currency}.")
    amount = parse_amount(text, currency)
    if amount is None:
        raise RefusalError(BAD_PARAMETER, f"{text!r} is not an amount in {currency}.")
    return Price(amount=amount, currency=currency)
