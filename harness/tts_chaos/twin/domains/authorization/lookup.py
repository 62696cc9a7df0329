"""Finding the app, shops and tokens by what a caller knows of them."""

from __future__ import annotations

from tts_chaos.core.registry import nearest
from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.authorization.entities import Account, App, Shop, TokenPair
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.store import Store

__all__ = ["account_of", "find_shop", "pair_of_access_token", "shop_by_cipher", "the_app"]


def the_app(store: Store) -> App:
    """Return the one app of the twin."""
    return store.list(App)[0]


def find_shop(env: TwinEnv, shop_id: str) -> Shop:
    """Return the shop a command names; "" means the first.

    Raises:
        UsageError: If there is no such shop.
    """
    shops = env.store.list(Shop)
    if not shop_id and shops:
        return shops[0]
    found = env.store.get(Shop, "", shop_id)
    if found is None:
        known = [shop.id for shop in shops]
        close = nearest(shop_id, known)
        hint = f"Did you mean {close!r}?" if close else f"Known: {', '.join(known) or 'none'}."
        raise UsageError(f"there is no shop {shop_id!r}. {hint}")
    return found


def account_of(store: Store, open_id: str) -> Account:
    """Return the account with that open id; tokens, codes and shops name none that is missing."""
    account = store.get(Account, "", open_id)
    assert account is not None, "accounts are never removed"
    return account


def shop_by_cipher(store: Store, cipher: str) -> Shop | None:
    """Return the shop that a cipher addresses, or None."""
    return next((shop for shop in store.list(Shop) if shop.cipher == cipher), None)


def pair_of_access_token(store: Store, token: str) -> TokenPair | None:
    """Return the pair with that access token, newest first, or None."""
    pairs = reversed(store.list(TokenPair))
    return next((pair for pair in pairs if pair.access_token == token), None)
