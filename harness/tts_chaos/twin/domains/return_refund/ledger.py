"""The parts of the ledger about cancellations and returns."""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.return_refund.entities import Cancellation, ReturnRequest
from tts_chaos.twin.domains.return_refund.given_back import amount_given_back, given_back
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.money import ZERO, amount_text, round_amount

__all__ = ["cancellations_ledger", "returns_ledger"]


def cancellations_ledger(env: TwinEnv, shop_id: str) -> list[dict[str, Any]]:
    """Return every cancellation: `id`, `order_id`, `status`, `type`, `line_ids`."""
    return [_row(row) for row in env.store.list(Cancellation, shop_id)]


def returns_ledger(env: TwinEnv, shop_id: str) -> list[dict[str, Any]]:
    """Return every return: as cancellations, and `refund_amount` with its `currency`.

    `refund_amount` is what the buyer got or is sure to get, "0" where nothing was decided.
    """
    return [{**_row(row), **_refund(env, row)} for row in env.store.list(ReturnRequest, shop_id)]


def _refund(env: TwinEnv, row: ReturnRequest) -> dict[str, Any]:
    order = env.store.get(Order, row.shop_id, row.order_id)
    assert order is not None, "a return belongs to an order"
    refunds = (one for one in given_back(env, order) if one.request_id == row.id)
    amount = sum((amount_given_back(order, one) for one in refunds), ZERO)
    told = amount_text(round_amount(amount, order.currency), order.currency) if amount else "0"
    return {"refund_amount": told, "currency": order.currency}


def _row(row: Cancellation | ReturnRequest) -> dict[str, Any]:
    return {
        "id": row.id,
        "order_id": row.order_id,
        "status": row.status,
        "type": row.kind,
        "line_ids": list(row.line_ids),
    }
