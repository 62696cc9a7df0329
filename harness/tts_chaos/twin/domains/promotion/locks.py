"""What running activities forbid: the price of a variant in one stands, its stock cannot sink.

Source: error table, 12052038 and 12052393 (documented meanings); pitfall I10. That every running
activity with products locks both is assumed.
"""

from __future__ import annotations

from tts_chaos.twin.domains.promotion.entities import Activity, holds, status_of
from tts_chaos.twin.handler import TwinEnv

__all__ = ["is_in_activity"]


def is_in_activity(env: TwinEnv, shop_id: str, product_id: str, sku_id: str) -> bool:
    """Whether a variant is in an activity that runs now."""
    now_s = env.now_s()
    return any(
        status_of(row, now_s) == "ONGOING" and holds(row, product_id, sku_id)
        for row in env.store.list(Activity, shop_id)
    )
