"""The shops of the account behind a token.

Source: protocol facts, section 2.3 (documented): the seller API lists ids and regions only, the
authorization API everything needed to address a shop.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.handler import Call, handles

__all__ = ["get_active_shops", "get_authorized_shops"]


@handles("authorization.202309.get_authorized_shops")
def get_authorized_shops(call: Call) -> dict[str, Any]:
    """Return every shop the token is for, with its cipher."""
    return {
        "shops": [
            {
                "id": shop.id,
                "code": shop.code,
                "name": shop.name,
                "region": shop.region,
                "seller_type": shop.seller_type,
                "cipher": shop.cipher,
            }
            for shop in _shops(call)
        ]
    }


@handles("seller.202309.get_active_shops")
def get_active_shops(call: Call) -> dict[str, Any]:
    """Return ids and regions of the token's shops."""
    return {"shops": [{"id": shop.id, "region": shop.region} for shop in _shops(call)]}


def _shops(call: Call) -> list[Shop]:
    return [shop for shop in call.env.store.list(Shop) if shop.account_id == call.open_id]
