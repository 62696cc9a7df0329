"""What a token is good for: category assets, and its end for one shop.

Source: contracts of `authorization.*` (documented shapes); protocol facts, section 2.3. Which
categories an account has is assumed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.twin.domains.authorization.entities import Account, Shop
from tts_chaos.twin.domains.authorization.lookup import account_of
from tts_chaos.twin.domains.authorization.tokens import spoil_tokens
from tts_chaos.twin.handler import Call, TwinEnv, handles
from tts_chaos.twin.regions import region_of
from tts_chaos.wire.tokens import TokenEvent
from tts_chaos.wire.webhook import EventType

__all__ = ["category_cipher_of", "deauthorize_shop", "get_category_assets"]

_CIPHER_LENGTH = 32
_CATEGORY = {"id": 600001, "name": "Home Supplies"}


def category_cipher_of(env: TwinEnv, account: Account) -> str:
    """Return the cipher of the one category asset of an account, always the same."""
    entropy = env.entropy.child(f"category-asset/{account.id}")
    return region_of(account.base_region).token_prefix + entropy.token(_CIPHER_LENGTH)


@handles("authorization.202405.get_authorized_category_assets")
def get_category_assets(call: Call) -> dict[str, Any]:
    """Return the category assets behind the token."""
    account = account_of(call.env.store, call.open_id)
    asset = {
        "cipher": category_cipher_of(call.env, account),
        "target_market": account.base_region,
        "category": _CATEGORY,
    }
    return {"category_assets": [asset]}


@handles("authorization.202403.deauthorize_shop")
def deauthorize_shop(call: Call) -> dict[str, Any]:
    """Take one shop out of the authorisation; with the last one every token dies.

    Webhook 6 tells of it. Source: protocol facts, section 2.2 (documented).
    """
    env, shop_id = call.env, call.shop_id
    message = {"message": "The app was removed by a call."}
    env.emit(EventType.SELLER_DEAUTHORIZATION, shop_id, message)
    env.store.update(
        Shop,
        "",
        shop_id,
        lambda shop: msgspec.structs.replace(shop, account_id=""),
        change="shop.deauthorized",
    )
    if not any(shop.account_id == call.open_id for shop in env.store.list(Shop)):
        for which in ("access", "refresh"):
            spoil_tokens(env, TokenEvent.REVOKE, which=which, change="token.revoked")
    return {}
