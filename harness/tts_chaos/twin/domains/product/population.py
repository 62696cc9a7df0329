"""Seeded products of a shop: titles, variants, seller codes, prices and stock."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.domains.logistics.population import (
    Storefront,
    populate_warehouses,
    sales_warehouses,
)
from tts_chaos.twin.domains.product.catalogue import BRANDS, KINDS, MARKET_FACTOR, Kind, brand_id
from tts_chaos.twin.domains.product.entities import Product, Shelf, Sku, StockLevel
from tts_chaos.twin.domains.product.money import CURRENCY_BY_REGION, Price
from tts_chaos.twin.domains.product.taxonomy import LEAF_BASE
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.money import fraction_digits, round_amount

__all__ = ["currency_of", "populate_products"]

FEWEST_UNITS = 40
MOST_UNITS = 400
OLDEST_LISTING_S = 180 * 86_400


def currency_of(region: str) -> str:
    """Return the currency shops of `region` sell in; GBP where the region is not known."""
    return CURRENCY_BY_REGION.get(region, "GBP")


def populate_products(
    env: TwinEnv, shop: Storefront, count: int, entropy: Entropy
) -> list[Product]:
    """List `count` products, each on sale and in stock; opens warehouses where there are none.

    Returns:
        The products, oldest listing first.
    """
    if not sales_warehouses(env, shop.id):
        populate_warehouses(env, shop, entropy=entropy.child("warehouses"))
    made = [_make_product(env, shop, ordinal, entropy) for ordinal in range(1, count + 1)]
    made.sort(key=lambda product: product.created_at_s)
    for product in made:
        env.store.put(product, change="product.listed")
        for sku in product.skus:
            _stock(env, product, sku, entropy)
    return made


def _make_product(env: TwinEnv, shop: Storefront, ordinal: int, entropy: Entropy) -> Product:
    kind = KINDS[(ordinal - 1) % len(KINDS)]
    brand = entropy.choice(BRANDS)
    # Full seconds in the past, so that windows over listing times cut the shop into parts.
    created_at_s = env.now_s() - entropy.integer(3_600, OLDEST_LISTING_S)
    return Product(
        id=(product_id := entropy.digits(19)),
        shop_id=shop.id,
        title=f"{brand} {kind.title}",
        status="ACTIVATE",
        audit="APPROVED",
        skus=_make_skus(kind, ordinal, currency_of(shop.region), entropy),
        description=f"<p>{kind.title} by {brand}.</p>",
        # The same category has one id in every shop.
        category_id=str(LEAF_BASE + KINDS.index(kind)),
        category_name=kind.category,
        details=_details(product_id, brand, shop.region),
        created_at_s=created_at_s,
        updated_at_s=created_at_s,
    )


def _details(product_id: str, brand: str, region: str) -> dict[str, Any]:
    """Return picture, brand, size and weight; nothing is drawn, so that other draws stay."""
    pounds = region == "US"
    side = ("10", "INCH") if pounds else ("25", "CENTIMETER")
    return {
        "main_images": [{"uri": f"tos-twin/{product_id}"}],
        "brand_id": brand_id(brand),
        "package_dimensions": dict.fromkeys(("length", "width", "height"), side[0])
        | {"unit": side[1]},
        "package_weight": {"value": "1.2" if pounds else "0.5"}
        | {"unit": "POUND" if pounds else "KILOGRAM"},
    }


def _make_skus(kind: Kind, ordinal: int, currency: str, entropy: Entropy) -> tuple[Sku, ...]:
    price = Price(amount=_amount(kind, currency, entropy), currency=currency)
    return tuple(
        Sku(
            id=entropy.digits(19),
            seller_sku=_seller_sku(kind, ordinal, variant),
            price=price,
            variant=variant,
            variant_name=kind.variant_name,
        )
        for variant in kind.variants
    )


def _seller_sku(kind: Kind, ordinal: int, variant: str) -> str:
    code = f"{kind.code}-{ordinal:03d}"
    short = "".join(char for char in variant.upper() if char.isalnum())
    return f"{code}-{short}" if short else code


def _amount(kind: Kind, currency: str, entropy: Entropy) -> Decimal:
    whole = entropy.integer(kind.cheapest, kind.dearest) * MARKET_FACTOR.get(currency, 1)
    ending = Decimal(0) if not fraction_digits(currency) else entropy.choice(_ENDINGS)
    return round_amount(whole + ending, currency)


_ENDINGS = (Decimal("0.00"), Decimal("0.49"), Decimal("0.50"), Decimal("0.99"))


def _stock(env: TwinEnv, product: Product, sku: Sku, entropy: Entropy) -> None:
    shelves = tuple(
        Shelf(warehouse_id=warehouse.id, available=entropy.integer(FEWEST_UNITS, MOST_UNITS))
        for warehouse in sales_warehouses(env, product.shop_id)
    )
    level = StockLevel(id=sku.id, shop_id=product.shop_id, product_id=product.id, shelves=shelves)
    env.store.put(level, change="stock.set")
