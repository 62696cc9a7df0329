"""The parts of the ledger about cancellations and returns."""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.return_refund.entities import Cancellation, ReturnRequest
from tts_chaos.twin.handler import TwinEnv

__all__ = ["cancellations_ledger", "returns_ledger"]


def cancellations_ledger(env: TwinEnv, shop_id: str) -> list[dict[str, Any]]:
    """Return every cancellation: `id`, `order_id`, `status`, `type`, `line_ids`."""
    return [_row(row) for row in env.store.list(Cancellation, shop_id)]


def returns_ledger(env: TwinEnv, shop_id: str) -> list[dict[str, Any]]:
    """Return every return: `id`, `order_id`, `status`, `type`, `line_ids`."""
    return [_row(row) for row in env.store.list(ReturnRequest, shop_id)]


def _row(row: Cancellation | ReturnRequest) -> dict[str, Any]:
    return {
        "id": row.id,
        "order_id": row.order_id,
        "status": row.status,
        "type": row.kind,
        "line_ids": list(row.line_ids),
    }
