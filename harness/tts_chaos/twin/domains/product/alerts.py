"""What webhooks tell of stock: every change of units (71), and that a SKU runs low or out (27).

Source: webhook events of the contracts, types 27 and 71 (documented fields; ids are JSON numbers in
71). The threshold of 27 is assumed: the platform computes one per SKU and does not say how. So are
the words of `trigger_source`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tts_chaos.twin.domains.product.entities import StockLevel
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.wire.webhook import EventType

__all__ = ["LOW_STOCK_THRESHOLD", "stock_status", "tell_of_change", "tell_of_low_stock"]

LOW_STOCK_THRESHOLD = 5
"""Units at or below which a SKU counts as low. Assumed."""

_SEVERITY = ("SUFFICIENT_STOCK", "LOW_STOCK", "OUT_OF_STOCK")
_SOURCES = {
    "stock.committed": "ORDER",
    "stock.released": "CANCEL",
    "stock.consumed": "SHIPMENT",
    "stock.set": "EDIT",
}


def stock_status(available: int) -> str:
    """Return the documented word for so many sellable units."""
    if available == 0:
        return "OUT_OF_STOCK"
    return "LOW_STOCK" if available <= LOW_STOCK_THRESHOLD else "SUFFICIENT_STOCK"


def tell_of_low_stock(env: TwinEnv, *, before: StockLevel, after: StockLevel) -> None:
    """Emit webhook 27 when a SKU's status got worse; a recovery is not announced."""
    was, now = stock_status(before.available), stock_status(after.available)
    if _SEVERITY.index(now) > _SEVERITY.index(was):
        notice = _low_notice(after, now, env.now_s())
        env.emit(EventType.INVENTORY_STATUS_CHANGE, after.shop_id, notice)


def tell_of_change(env: TwinEnv, change: str, *, before: StockLevel, after: StockLevel) -> None:
    """Emit webhook 71: the units after a change, and by how much they changed.

    Args:
        env: The twin's environment.
        change: Name of the commit.
        before: Units before it.
        after: Units after it.
    """
    was, now = _quantities(before), _quantities(after)
    if was == now:
        return
    event_id = env.mint_id()
    occurred_at = datetime.fromtimestamp(env.now_s(), UTC).isoformat().replace("+00:00", "Z")
    deltas = {f"{name}_delta": now[name] - was[name] for name in now}
    detail = {
        "idempotency_key": f"{event_id}-1",
        "trigger_source": _SOURCES[change],
        "occurred_at": occurred_at,
        **deltas,
    }
    snapshot = {_IN_SNAPSHOT.get(name, name): count for name, count in now.items()}
    notice = {
        "event_id": event_id,
        "occurred_at": occurred_at,
        "shop_id": int(after.shop_id),
        "product_id": int(after.product_id),
        "sku_id": int(after.id),
        "quantity_snapshot_after_change": snapshot,
        "change_detail": [detail],
    }
    env.emit(EventType.INVENTORY_CHANGED_BY_SHOP, after.shop_id, notice)


_IN_SNAPSHOT = {
    "available_quantity": "total_available_quantity",
    "committed_quantity": "total_committed_quantity",
}


def _quantities(level: StockLevel) -> dict[str, int]:
    """Count units as the platform does: what has left is in none of the counts."""
    return {
        "total_quantity": level.available + level.committed,
        "available_quantity": level.available,
        "committed_quantity": level.committed,
        "in_shop_quantity": level.available,
        "campaign_locked_quantity": 0,
        "creator_locked_quantity": 0,
    }


def _low_notice(level: StockLevel, status: str, now_s: int) -> dict[str, Any]:
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
