"""What happens to orders by themselves, as time passes."""

from __future__ import annotations

from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.order.moves import cancel_order, move_order
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.timers import progresses

__all__ = ["order_due_ms"]

PAYMENT_TIMED_OUT = "PAYMENT_OVERDUE"
SHIPMENT_OVERDUE = "SHIPMENT_OVERDUE"
"""Reasons the platform gives for cancelling by itself. Assumed: their wire spelling is unknown."""


def order_due_ms(order: Order, settings: TwinSettings) -> int | None:
    """Return when an order next moves by itself, in Unix milliseconds; None for never.

    Source: protocol facts, section 7.3 (documented: who moves what; an hour of hold). The payment
    time-out and the after-sales period are assumed lengths.
    """
    if order.status == "UNPAID":
        return order.created_at_s * 1000 + settings.payment_timeout_ms
    if order.status == "ON_HOLD":
        return order.paid_at_s * 1000 + settings.hold_ms
    if order.status == "AWAITING_SHIPMENT" and order.cancel_by_s:
        return order.cancel_by_s * 1000
    if order.status == "DELIVERED":
        return order.delivered_at_s * 1000 + settings.after_sales_ms
    return None


@progresses(Order, due_ms=order_due_ms)
def progress_order(env: TwinEnv, order: Order) -> None:
    """Move an order that is due."""
    if order.status == "UNPAID":
        cancel_order(env, order.shop_id, order.id, by="SYSTEM", reason=PAYMENT_TIMED_OUT)
    elif order.status == "ON_HOLD":
        move_order(env, order.shop_id, order.id, "release_hold")
    elif order.status == "AWAITING_SHIPMENT":
        cancel_order(env, order.shop_id, order.id, by="SYSTEM", reason=SHIPMENT_OVERDUE)
    else:
        move_order(env, order.shop_id, order.id, "complete")
