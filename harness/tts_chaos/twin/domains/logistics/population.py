"""Seeded warehouses, delivery options and carriers of a shop."""

from __future__ import annotations

from typing import Protocol

from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.domains.logistics.entities import (
    RETURN,
    SALES,
    Carrier,
    DeliveryOption,
    Warehouse,
)
from tts_chaos.twin.domains.logistics.markets import market_of
from tts_chaos.twin.handler import TwinEnv

__all__ = [
    "Storefront",
    "delivery_options",
    "make_warehouse",
    "populate_warehouses",
    "sales_warehouses",
]


class Storefront(Protocol):
    """What this package needs to know of a shop."""

    @property
    def id(self) -> str:
        """Shop id."""
        ...

    @property
    def region(self) -> str:
        """Two-letter region code."""
        ...


def populate_warehouses(
    env: TwinEnv, shop: Storefront, *, entropy: Entropy, sales: int = 1
) -> list[Warehouse]:
    """Give a shop sales warehouses, one return warehouse and two delivery options.

    Args:
        env: The twin's environment.
        shop: The shop.
        entropy: Stream of ids.
        sales: How many sales warehouses; the first is the default.

    Returns:
        The sales warehouses.
    """
    opened = [
        make_warehouse(env, shop, SALES, ordinal=ordinal, entropy=entropy)
        for ordinal in range(1, sales + 1)
    ]
    make_warehouse(env, shop, RETURN, ordinal=1, entropy=entropy)
    carriers = tuple(
        Carrier(id=entropy.digits(19), name=name) for name in market_of(shop.region).carriers
    )
    for name, kind in (("Standard Shipping", "STANDARD"), ("Shipped by seller", "SEND_BY_SELLER")):
        option = DeliveryOption(
            id=entropy.digits(19), shop_id=shop.id, name=name, kind=kind, carriers=carriers
        )
        env.store.put(option, change="delivery_option.opened")
    return opened


def make_warehouse(
    env: TwinEnv, shop: Storefront, kind: str, *, ordinal: int, entropy: Entropy
) -> Warehouse:
    """Open one warehouse. Sales and return warehouses share an address and never an id.

    Source: protocol facts, section 7.6 (documented: different ids even at one address).
    """
    market = market_of(shop.region)
    role = "Warehouse" if kind == SALES else "Returns"
    warehouse = Warehouse(
        id=entropy.digits(19),
        shop_id=shop.id,
        name=f"{market.city} {role}" + (f" {ordinal}" if ordinal > 1 else ""),
        kind=kind,
        region=shop.region,
        country=market.country,
        state=market.state,
        city=market.city,
        street=f"{80 + 2 * ordinal} {market.street}",
        postal_code=market.postal_code,
        phone=market.phone,
        is_default=ordinal == 1,
    )
    return env.store.put(warehouse, change="warehouse.opened")


def sales_warehouses(env: TwinEnv, shop_id: str) -> list[Warehouse]:
    """Return the sales warehouses of a shop in order of opening."""
    return [row for row in env.store.list(Warehouse, shop_id) if row.kind == SALES]


def delivery_options(env: TwinEnv, shop_id: str) -> list[DeliveryOption]:
    """Return the delivery options of a shop: the platform's first, then the seller's own."""
    return env.store.list(DeliveryOption, shop_id)
