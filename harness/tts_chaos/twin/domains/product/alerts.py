"""Webhook 27: the stock of a SKU fell to low or to zero.

Source: webhook events of the contracts, type 27 (documented fields). The threshold is assumed: the
platform computes one per SKU and does not say how.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.product.entities import StockLevel
from tts_chaos.twin.handler import TwinEnv

__all__ = ["LOW_STOCK_THRESHOLD", "stock_status", "tell_of_low_stock"]

INVENTORY_STATUS_CHANGE = 27

LOW_STOCK_THRESHOLD = 5
"""Units at or below which a SKU counts as low. Assumed."""

_SEVERITY = ("SUFFICIENT_STOCK", "LOW_STOCK", "OUT_OF_STOCK")


def stock_status(available: int) -> str:
    """Return the documented word for so many sellable units."""
    if available == 0:
        return "OUT_OF_STOCK"
    return "LOW_STOCK" if available <= LOW_STOCK_THRESHOLD else "SUFFICIENT_STOCK"


def tell_of_low_stock(env: TwinEnv, *, before: StockLevel, after: StockLevel) -> None:
    """Emit webhook 27 when a SKU's status got worse; a recovery is not announced."""
    was, now = stock_status(before.available), stock_status(after.available)
    if _SEVERITY.index(now) > _SEVERITY.index(was):
        env.emit(INVENTORY_STATUS_CHANGE, after.shop_id, _notice(after, now, env.now_s()))


def _notice(level: StockLevel, status: str, now_s: int) -> dict[str, Any]:
    return {
        "product_id": level.product_id,
        "sku_id": level.id,
        "trigger_reason": {"alert_type": "REALTIME", "low_stock_threshold": LOW_STOCK_THRESHOLD},
        "current_inventory_status": status,
        "inventory_distribution": {
            "total_quantity": level.available + level.committed,
            "available_quantity": level.available,
            "creator_reserved_quantity": 0,
            "campaign_reserved_quantity": 0,
            "committed_quantity": level.committed,
        },
        "update_time": now_s,
    }
