"""The parts of the ledger about cancellations and returns, and the money they gave back.

Amounts are exact decimals with the digits of their currency, as the API writes them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.return_refund.entities import Cancellation, ReturnRequest
from tts_chaos.twin.domains.return_refund.given_back import amount_given_back, given_back
from tts_chaos.twin.domains.return_refund.lifecycle import CANCEL_COMPLETE, CANCEL_SUCCESS
from tts_chaos.twin.domains.return_refund.refunds import refund_of_cancelled
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.money import ZERO, amount_text, round_amount

__all__ = ["cancellations_ledger", "returns_ledger"]


def cancellations_ledger(env: TwinEnv, shop_id: str) -> list[dict[str, Any]]:
    """Return every cancellation: `id`, `order_id`, `status`, `type`, `role`, `line_ids`, its money.

    `refund_amount`, in `currency`, is what the buyer got or is sure to get; "0" where nothing was
    decided, and where nothing had been paid.
    """
    return [
        _row(env, row, _given_back_by_cancellation) for row in env.store.list(Cancellation, shop_id)
    ]


def returns_ledger(env: TwinEnv, shop_id: str) -> list[dict[str, Any]]:
    """Return every return, in the shape of the cancellations."""
    return [_row(env, row, _given_back_by_return) for row in env.store.list(ReturnRequest, shop_id)]


def _row(env: TwinEnv, row: Any, amount_of: Any) -> dict[str, Any]:
    order = env.store.get(Order, row.shop_id, row.order_id)
    assert order is not None, "a request belongs to an order"
    amount = amount_of(env, order, row)
    told = amount_text(round_amount(amount, order.currency), order.currency) if amount else "0"
    return {
        "id": row.id,
        "order_id": row.order_id,
        "status": row.status,
        "type": row.kind,
        "role": row.role,
        "line_ids": list(row.line_ids),
        "refund_amount": told,
        "currency": order.currency,
    }


def _given_back_by_cancellation(_env: TwinEnv, order: Order, row: Cancellation) -> Decimal:
    if row.status not in (CANCEL_SUCCESS, CANCEL_COMPLETE):
        return ZERO
    return refund_of_cancelled(order, row.line_ids).total


def _given_back_by_return(env: TwinEnv, order: Order, row: ReturnRequest) -> Decimal:
    refunds = (one for one in given_back(env, order) if one.request_id == row.id)
    return sum((amount_given_back(order, one) for one in refunds), ZERO)
