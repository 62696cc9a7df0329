"""The stock part of the ledger."""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.product.entities import StockLevel
from tts_chaos.twin.handler import TwinEnv

__all__ = ["stock_ledger"]


def stock_ledger(env: TwinEnv, shop_id: str) -> dict[str, Any]:
    """Return `{sku_id: {"available": units, "committed": units}}` of a shop."""
    return {
        level.id: {"available": level.available, "committed": level.committed}
        for level in env.store.list(StockLevel, shop_id)
    }
