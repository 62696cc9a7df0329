"""Making keys, accounts and shops, each secret declared before anybody sees it."""

from __future__ import annotations

from tts_chaos.twin.domains.authorization.entities import Account, App, Shop
from tts_chaos.twin.domains.authorization.tokens import issue_pair
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.regions import region_of

__all__ = ["mint_key", "mint_secret", "open_account", "open_app", "open_shop"]

APP_KEY_LENGTH = 12
APP_SECRET_LENGTH = 40
CIPHER_LENGTH = 32

_SELLERS = (
    "Alder & Finch Home",
    "Östlund Möbel",
    "さくら雑貨店",
    "Chợ Nhỏ Xinh",
    "Panadería Ñandú",
    "Toko Kenanga",
)


def mint_key(env: TwinEnv) -> str:
    """Return a fresh app key. It is no secret."""
    return "6" + env.entropy.token(APP_KEY_LENGTH - 1).lower()


def mint_secret(env: TwinEnv) -> str:
    """Return a fresh app secret, declared as `app_secret`, later ones as `app_secret:2` and on."""
    secret = env.entropy.hexadecimal(APP_SECRET_LENGTH)
    env.minted_secrets += 1
    number = env.minted_secrets
    env.declare_secret(secret, "app_secret" if number == 1 else f"app_secret:{number}")
    return secret


def open_app(env: TwinEnv) -> App:
    """Register the app."""
    app = App(app_key=mint_key(env), app_secret=mint_secret(env))
    return env.store.put(app, change="app.registered")


def open_account(env: TwinEnv, region: str, scopes: tuple[str, ...]) -> Account:
    """Open a seller account that has authorised the app, with its first pair of tokens."""
    number = len(env.store.list(Account))
    account = Account(
        id=env.entropy.token(38),
        seller_name=_SELLERS[number % len(_SELLERS)],
        base_region=region_of(region).code,
        scopes=scopes,
    )
    env.store.put(account, change="account.opened")
    issue_pair(env, account)
    return account


def open_shop(env: TwinEnv, account: Account, region: str) -> Shop:
    """Open a shop of an account in a market."""
    market = region_of(region)
    number = len(env.store.list(Shop)) + 1
    shop = Shop(
        id=env.entropy.digits(19),
        cipher=market.token_prefix + env.entropy.token(CIPHER_LENGTH),
        code=f"{market.code}LC{env.entropy.token(6).upper()}",
        name=account.seller_name
        if number == 1
        else f"{account.seller_name} {market.code} {number}",
        region=market.code,
        account_id=account.id,
    )
    return env.store.put(shop, change="shop.opened")
