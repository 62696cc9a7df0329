"""The platform's truth in its canonical form, for comparison with what an integration believes."""

from __future__ import annotations

from typing import Any

from tts_chaos.core.history import Json
from tts_chaos.twin.domains.authorization.entities import Account, Shop
from tts_chaos.twin.domains.authorization.tokens import newest_pair
from tts_chaos.twin.domains.fulfillment.ledger import shipments_ledger
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.order.render import ledger_order
from tts_chaos.twin.domains.product.ledger import stock_ledger
from tts_chaos.twin.domains.return_refund.ledger import cancellations_ledger, returns_ledger
from tts_chaos.twin.handler import TwinEnv

__all__ = ["make_ledger"]


def make_ledger(env: TwinEnv) -> dict[str, Json]:
    """Return `{"shops": {id: ...}, "tokens": {...}}`; the tokens are the first account's newest.

    What has not changed since the last call is shared with what that returned.
    """
    shops = {shop.id: _shop(env, shop.id) for shop in env.store.list(Shop)}
    return {"shops": shops, "tokens": _tokens(env)}


def _shop(env: TwinEnv, shop_id: str) -> dict[str, Any]:
    return {
        "orders": [
            env.store.derive(order, ledger_order) for order in env.store.list(Order, shop_id)
        ],
        "stock": stock_ledger(env, shop_id),
        "shipments": shipments_ledger(env, shop_id),
        "cancellations": cancellations_ledger(env, shop_id),
        "returns": returns_ledger(env, shop_id),
    }


def _tokens(env: TwinEnv) -> dict[str, Any]:
    accounts = env.store.list(Account)
    if not accounts:
        return {}
    pair = newest_pair(env, accounts[0].id)
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "access_token_expires_at": pair.access_expires_at_s,
        "refresh_token_expires_at": pair.refresh_expires_at_s,
    }
