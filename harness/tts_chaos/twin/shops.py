"""What several domains ask of a shop."""

from __future__ import annotations

from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.handler import TwinEnv

__all__ = ["region_of_shop"]


def region_of_shop(env: TwinEnv, shop_id: str) -> str:
    """Return the region code of a shop, "" where the shop is not known."""
    shop = env.store.get(Shop, "", shop_id)
    return shop.region if shop else ""
