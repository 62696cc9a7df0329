"""The platform as it is when a run begins: an app, accounts, shops, products and orders.

Every part draws from a stream of its own, so that more orders do not change the products.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle, islice

from tts_chaos.contracts.loader import Contracts
from tts_chaos.core.entropy import Entropy
from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.authorization.entities import Account, App, Shop
from tts_chaos.twin.domains.authorization.minting import open_account, open_app, open_shop
from tts_chaos.twin.domains.authorization.tokens import newest_pair
from tts_chaos.twin.domains.order.population import populate_orders
from tts_chaos.twin.domains.product.population import populate_products
from tts_chaos.twin.domains.promotion.coupons import populate_coupons
from tts_chaos.twin.handler import TwinEnv, command

__all__ = ["all_scopes", "open_another_account", "populate"]

OTHER_SHOPS_SHARE = 5
"""Further shops get a fifth of the main shop's orders: enough to be mixed up, not to wait for."""


def populate(
    env: TwinEnv,
    contracts: Contracts,
    entropy: Entropy,
    *,
    orders: int,
    products: int,
    shops: int,
    regions: Sequence[str],
) -> None:
    """Fill an empty platform.

    Args:
        env: The twin's environment.
        contracts: Where the scopes come from.
        entropy: Stream for the parts.
        orders: Orders in the main shop; the others get a share.
        products: Products in each shop.
        shops: Shops of the one account.
        regions: Region codes of the shops, repeated as needed.

    Raises:
        UsageError: If a number is negative, a region is unknown, or there is a population already.
    """
    if env.store.list(App):
        raise UsageError("the twin is populated already; make a new one for another population")
    _check_size(orders=orders, products=products)
    if shops < 1 or not regions:
        raise UsageError(f"populate needs a shop and a region, got {shops=}, {regions=}")
    open_app(env)
    account = open_account(env, regions[0], all_scopes(contracts))
    for ordinal, region in enumerate(islice(cycle(regions), shops)):
        shop = open_shop(env, account, region)
        share = orders if ordinal == 0 else -(-orders // OTHER_SHOPS_SHARE)
        _fill(env, shop, entropy.child(f"shop-{ordinal}"), orders=share, products=products)


@command("open_account")
def open_another_account(
    env: TwinEnv, region: str = "GB", products: int = 3, orders: int = 0
) -> dict[str, str]:
    """Let another seller authorise the app, with one shop of its own.

    Args:
        env: The twin's environment.
        region: Region code of the shop.
        products: Products of the shop.
        orders: Orders of the shop.

    Returns:
        `{"open_id", "shop_id", "shop_cipher", "access_token", "refresh_token"}`.
    """
    _check_size(orders=orders, products=products)
    scopes = env.store.list(Account)[0].scopes
    account = open_account(env, region, scopes)
    shop = open_shop(env, account, region)
    entropy = env.entropy.child(f"account-{shop.id}")
    _fill(env, shop, entropy, orders=orders, products=products)
    pair = newest_pair(env, account.id)
    return {
        "open_id": account.id,
        "shop_id": shop.id,
        "shop_cipher": shop.cipher,
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
    }


def _check_size(*, orders: int, products: int) -> None:
    if orders < 0 or products < 0:
        raise UsageError(f"numbers must not be negative, got {orders=}, {products=}")
    if orders and not products:
        raise UsageError("orders need products, got products=0")


def all_scopes(contracts: Contracts) -> tuple[str, ...]:
    """Return every scope that an operation of the contracts asks for, sorted."""
    return tuple(sorted(set(_scopes(contracts))))


def _scopes(contracts: Contracts) -> Iterable[str]:
    for operation in contracts.operations.values():
        yield from operation.scopes


def _fill(env: TwinEnv, shop: Shop, entropy: Entropy, *, orders: int, products: int) -> None:
    populate_products(env, shop, products, entropy.child("products"))
    populate_coupons(env, shop.id, shop.region, entropy.child("coupons"))
    populate_orders(env, shop, orders, entropy.child("orders"))
