"""How an order comes into being: a buyer, an address, lines of one unit each, and a price."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tts_chaos.core.entropy import Entropy
from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.domains.logistics.entities import DeliveryOption
from tts_chaos.twin.domains.logistics.population import delivery_options
from tts_chaos.twin.domains.order.deadlines import mark_paid
from tts_chaos.twin.domains.order.entities import Address, Buyer, LineItem, Order
from tts_chaos.twin.domains.order.moves import ORDER_STATUS_CHANGE, status_change
from tts_chaos.twin.domains.order.people import MESSAGES, NAMES_BY_REGION, NAMES_OF_THE_WORLD
from tts_chaos.twin.domains.order.pricing import charge_delivery, discount_line
from tts_chaos.twin.domains.product.entities import Product, Sku, StockLevel
from tts_chaos.twin.domains.product.stock import OutOfStockError, commit_stock, sellable
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.regions import Region, region_of

__all__ = ["choose_skus", "draft_order", "invent_address", "place_order"]

_SELLER_SHIPPED_EVERY = 4
_IMAGE = "https://p16-oec-general-eu.example.net/tos-{product}.jpeg"


def place_order(
    env: TwinEnv,
    shop: Shop,
    units: Sequence[tuple[Product, Sku]],
    status: str,
    *,
    shipped_by: str = "",
) -> Order:
    """Let a buyer order `units` now: commits stock, stores the order and queues webhook 1.

    Args:
        env: The twin's environment.
        shop: The shop.
        units: What is bought, one entry per unit.
        status: `UNPAID`, `ON_HOLD` or `AWAITING_SHIPMENT` (paid in the same moment).
        shipped_by: `platform` or `seller`; by chance if empty.

    Raises:
        OutOfStockError: If a SKU has too few units; nothing changes.
    """
    counts = _counts(units)
    for sku_id, count in counts.items():
        available = sellable(env, shop.id, sku_id)
        if available < count:
            raise OutOfStockError(sku_id, wanted=count, available=available)
    order = draft_order(
        env,
        shop,
        units,
        created_at_s=env.now_s(),
        entropy=env.entropy,
        shipped_by=shipped_by,
    )
    order = with_status(order, status, env)
    for sku_id, count in counts.items():
        commit_stock(env, shop.id, sku_id, count)
    env.store.put(order, change="order.placed")
    env.emit(ORDER_STATUS_CHANGE, shop.id, status_change(order))
    return env.store.get(Order, shop.id, order.id) or order


def with_status(order: Order, status: str, env: TwinEnv) -> Order:
    """Return a fresh order as it is right after payment, or unpaid."""
    paid_at_s = 0 if status == "UNPAID" else order.created_at_s
    lines = tuple(msgspec.structs.replace(line, status=status) for line in order.lines)
    order = msgspec.structs.replace(order, status=status, lines=lines)
    return mark_paid(order, paid_at_s, env.settings) if paid_at_s else order


def draft_order(
    env: TwinEnv,
    shop: Shop,
    units: Sequence[tuple[Product, Sku]],
    *,
    created_at_s: int,
    entropy: Entropy,
    shipped_by: str = "",
) -> Order:
    """Return an unpaid order that is not stored yet, priced, with buyer and address."""
    region = region_of(shop.region)
    currency = units[0][1].price.currency
    lines = tuple(
        discount_line(_line(product, sku, entropy), region, currency, entropy)
        for product, sku in units
    )
    by_seller = entropy.integer(1, _SELLER_SHIPPED_EVERY) == 1
    # Drawn all the same, so that the rest of the order does not depend on the wish.
    by_seller = shipped_by == "seller" if shipped_by else by_seller
    option = _delivery_option(env, shop.id, by_seller=by_seller)
    return Order(
        id=entropy.digits(18),
        shop_id=shop.id,
        status="UNPAID",
        currency=currency,
        buyer=_invent_buyer(entropy),
        address=invent_address(region, entropy),
        lines=lines,
        shipping=charge_delivery(region, currency, entropy),
        created_at_s=created_at_s,
        updated_at_s=created_at_s,
        payment_method=entropy.choice(region.payment_methods),
        warehouse_id=_warehouse(env, shop.id, units[0][1].id),
        delivery_option_id=option.id,
        delivery_option_name=option.name,
        shipping_type="SELLER" if by_seller else "TIKTOK",
    )


def _delivery_option(env: TwinEnv, shop_id: str, *, by_seller: bool) -> DeliveryOption:
    """Return the option whose carriers can take the parcel; the platform's own come first."""
    options = delivery_options(env, shop_id)
    return next((o for o in options if (o.kind == "SEND_BY_SELLER") == by_seller), options[0])


def choose_skus(
    env: TwinEnv, shop: Shop, count: int, entropy: Entropy, *, sku_id: str = ""
) -> list[tuple[Product, Sku]]:
    """Return `count` units to buy: of one SKU where named, else of those for sale.

    Two units of one SKU are common, because lines are units and not quantities.

    Raises:
        UsageError: If the shop sells nothing, or not that SKU.
    """
    if sku_id:
        return [_offer(env, shop, sku_id)] * count
    on_sale = [
        level.id
        for level in env.store.list(StockLevel, shop.id)
        if level.available >= count and _is_live(env, shop, level)
    ]
    if not on_sale:
        raise UsageError(
            f"shop {shop.id} has no SKU with {count} unit(s) for sale; populate products first, or "
            "raise stock with set_platform_stock"
        )
    first = entropy.choice(on_sale)
    others = [entropy.choice((first, entropy.choice(on_sale))) for _ in range(count - 1)]
    return [_offer(env, shop, chosen) for chosen in (first, *others)]


def invent_address(region: Region, entropy: Entropy) -> Address:
    """Return an address in a market; every second name is from somewhere else in the world."""
    local = NAMES_BY_REGION.get(region.code, NAMES_OF_THE_WORLD)
    first, last = entropy.choice(entropy.choice((local, NAMES_OF_THE_WORLD)))
    *places, postal_code = entropy.choice(region.places)
    districts = tuple(
        (f"L{level}", level_name, name)
        for level, (level_name, name) in enumerate(
            zip(region.levels, (region.name, *places), strict=True)
        )
    )
    number = region.phone.format(f"{entropy.integer(0, 999):03d}")
    return Address(
        first_name=first,
        last_name=last,
        phone=f"({region.calling_code}){number}",
        region=region.code,
        districts=districts,
        line1=entropy.choice(region.streets).format(entropy.integer(1, 240)),
        postal_code=postal_code,
    )


def _invent_buyer(entropy: Entropy) -> Buyer:
    return Buyer(
        id=entropy.digits(19),
        email=f"v4{entropy.token(24)}@scs.example.net",
        nickname=f"user{entropy.digits(8)}",
        message=entropy.choice(MESSAGES),
    )


def _line(product: Product, sku: Sku, entropy: Entropy) -> LineItem:
    return LineItem(
        id=entropy.digits(18),
        product_id=product.id,
        product_name=product.title,
        sku_id=sku.id,
        sku_name=sku.variant or "Default",
        seller_sku=sku.seller_sku,
        original_price=sku.price.amount,
        image_url=_IMAGE.format(product=product.id),
    )


def _offer(env: TwinEnv, shop: Shop, sku_id: str) -> tuple[Product, Sku]:
    level = env.store.get(StockLevel, shop.id, sku_id)
    product = env.store.get(Product, shop.id, level.product_id) if level else None
    sku = product.sku(sku_id) if product else None
    if product is None or sku is None:
        raise UsageError(f"shop {shop.id} has no SKU {sku_id!r}")
    return product, sku


def _is_live(env: TwinEnv, shop: Shop, level: StockLevel) -> bool:
    product = env.store.get(Product, shop.id, level.product_id)
    return (
        product is not None and product.status == "ACTIVATE" and product.sku(level.id) is not None
    )


def _warehouse(env: TwinEnv, shop_id: str, sku_id: str) -> str:
    level = env.store.get(StockLevel, shop_id, sku_id)
    return level.shelves[0].warehouse_id if level and level.shelves else ""


def _counts(units: Sequence[tuple[Product, Sku]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for _, sku in units:
        counts[sku.id] = counts.get(sku.id, 0) + 1
    return counts
