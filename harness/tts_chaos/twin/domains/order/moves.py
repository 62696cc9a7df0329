"""How an order moves: the documented state machine as a table, and the only function that moves it.

    UNPAID ── pay ─► ON_HOLD ── release_hold ─► AWAITING_SHIPMENT ── ship ─► AWAITING_COLLECTION
       │ pay_without_hold ────────────────────────►│  └ ship_part ► PARTIALLY_SHIPPING ┘  │ collect
       └ cancel ► CANCELLED (from every state      ▼                                     ▼
                  before DELIVERED)             CANCELLED      COMPLETED ◄ DELIVERED ◄ IN_TRANSIT
                                                                complete   deliver

`refund` is a full refund: it completes an order that is under way or delivered.

Stock follows by itself, so callers never touch it: a line whose shipment gets arranged
(`shipped_at_s` set) lets its unit leave, a line cancelled before that gives its unit back. Packages
follow orders, too.

Source: protocol facts, section 7.3 (documented); the names of the events are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tts_chaos.twin.domains.order.deadlines import mark_paid
from tts_chaos.twin.domains.order.entities import LineItem, Order
from tts_chaos.twin.domains.product.stock import consume_stock, release_stock
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.lifecycle import Lifecycle

__all__ = ["ORDER_LIFE", "OrderEdit", "cancel_order", "edit_order", "move_order", "status_change"]

ORDER_LIFE = Lifecycle(
    "order",
    {
        ("UNPAID", "pay"): "ON_HOLD",
        ("UNPAID", "pay_without_hold"): "AWAITING_SHIPMENT",
        ("UNPAID", "cancel"): "CANCELLED",
        ("ON_HOLD", "release_hold"): "AWAITING_SHIPMENT",
        ("ON_HOLD", "cancel"): "CANCELLED",
        ("AWAITING_SHIPMENT", "ship_part"): "PARTIALLY_SHIPPING",
        ("AWAITING_SHIPMENT", "ship"): "AWAITING_COLLECTION",
        ("AWAITING_SHIPMENT", "cancel"): "CANCELLED",
        ("PARTIALLY_SHIPPING", "ship_part"): "PARTIALLY_SHIPPING",
        ("PARTIALLY_SHIPPING", "ship"): "AWAITING_COLLECTION",
        ("PARTIALLY_SHIPPING", "cancel"): "CANCELLED",
        ("AWAITING_COLLECTION", "collect"): "IN_TRANSIT",
        ("AWAITING_COLLECTION", "cancel"): "CANCELLED",
        ("AWAITING_COLLECTION", "refund"): "COMPLETED",
        ("IN_TRANSIT", "deliver"): "DELIVERED",
        ("IN_TRANSIT", "cancel"): "CANCELLED",
        ("IN_TRANSIT", "refund"): "COMPLETED",
        ("DELIVERED", "complete"): "COMPLETED",
        ("DELIVERED", "refund"): "COMPLETED",
    },
)
"""Every move an order can make. Source: protocol facts, section 7.3 (documented)."""

OrderEdit = Callable[[Order], Order]

_STAMPS = {
    "AWAITING_COLLECTION": "shipped_at_s",
    "IN_TRANSIT": "collected_at_s",
    "DELIVERED": "delivered_at_s",
    "COMPLETED": "completed_at_s",
    "CANCELLED": "cancelled_at_s",
}
"""Field that keeps the instant at which a state was reached."""

_PAYMENTS = ("pay", "pay_without_hold")

_WEBHOOK_WORDS = {"CANCELLED": "CANCEL"}
"""States that webhook 1 spells otherwise than the API. Source: webhook events (documented)."""

_CHANGES = {"cancel": "order.cancelled"}

ORDER_STATUS_CHANGE = 1
"""Webhook type. Source: webhooks (documented)."""


def move_order(
    env: TwinEnv, shop_id: str, order_id: str, event: str, edit: OrderEdit | None = None
) -> Order:
    """Move one order along its table, in one commit, and queue webhook 1.

    Args:
        env: The twin's environment.
        shop_id: Shop of the order.
        order_id: The order.
        event: An event of `ORDER_LIFE`.
        edit: Further change of the order in the same commit, made after the move (packages,
            tracking numbers, statuses of single lines).

    Raises:
        KeyError: If there is no such order.
        IllegalMoveError: If the order cannot make this move; nothing has changed then.
    """
    now_s = env.now_s()

    def moved(order: Order) -> Order:
        after = _moved(order, event, now_s)
        if event in _PAYMENTS:
            after = mark_paid(after, now_s, env.settings)
        return edit(after) if edit else after

    order = edit_order(env, shop_id, order_id, moved, change=_CHANGES.get(event, "order.moved"))
    env.emit(ORDER_STATUS_CHANGE, shop_id, status_change(order))
    return order


def edit_order(env: TwinEnv, shop_id: str, order_id: str, edit: OrderEdit, *, change: str) -> Order:
    """Change an order without moving it, in one commit; stock follows its lines.

    Raises:
        KeyError: If there is no such order.
    """
    before = env.store.get(Order, shop_id, order_id)
    if before is None:
        raise KeyError((shop_id, order_id))
    after = env.store.update(
        Order,
        shop_id,
        order_id,
        lambda order: msgspec.structs.replace(edit(order), updated_at_s=env.now_s()),
        change=change,
    )
    _settle_stock(env, before, after)
    # Packages follow orders and have noted themselves on the lines meanwhile.
    return env.store.get(Order, shop_id, order_id) or after


def cancel_order(
    env: TwinEnv, shop_id: str, order_id: str, *, by: str, reason: str, event: str = "cancel"
) -> Order:
    """Cancel a whole order: every line is cancelled and its reserved stock is given back.

    Args:
        env: The twin's environment.
        shop_id: Shop of the order.
        order_id: The order.
        by: `BUYER`, `SELLER` or `SYSTEM`.
        reason: The platform's key of the reason.
        event: Event of `ORDER_LIFE` that leads to CANCELLED.

    Raises:
        KeyError: If there is no such order.
        IllegalMoveError: If the order can no longer be cancelled.
    """

    def marked(order: Order) -> Order:
        lines = tuple(
            msgspec.structs.replace(line, cancel_reason=reason, cancel_user=by)
            if not line.cancel_user
            else line
            for line in order.lines
        )
        return msgspec.structs.replace(
            order,
            lines=lines,
            cancel_initiator=by,
            cancel_reason=reason,
            cancel_requested_at_s=0,
        )

    return move_order(env, shop_id, order_id, event, marked)


def _moved(order: Order, event: str, now_s: int) -> Order:
    status = ORDER_LIFE.next(order.status, event)
    changes: dict[str, object] = {"status": status, "updated_at_s": now_s}
    if status in _STAMPS:
        changes[_STAMPS[status]] = now_s
    if event != "ship_part":
        changes["lines"] = tuple(_moved_line(line, status, now_s) for line in order.lines)
    return msgspec.structs.replace(order, **changes)


def _moved_line(line: LineItem, status: str, now_s: int) -> LineItem:
    if line.status == "CANCELLED":
        return line
    shipped = now_s if status == "AWAITING_COLLECTION" and not line.shipped_at_s else 0
    return msgspec.structs.replace(line, status=status, shipped_at_s=line.shipped_at_s or shipped)


def _settle_stock(env: TwinEnv, before: Order, after: Order) -> None:
    for old, new in zip(before.lines, after.lines, strict=True):
        if old.status == "CANCELLED" or old.shipped_at_s:
            continue
        if new.status == "CANCELLED":
            release_stock(env, after.shop_id, new.sku_id, 1)
        elif new.shipped_at_s:
            consume_stock(env, after.shop_id, new.sku_id, 1)


def status_change(order: Order) -> dict[str, Any]:
    """Return the data of webhook 1. It tells ids and states, never content."""
    return {
        "order_id": order.id,
        "order_status": _WEBHOOK_WORDS.get(order.status, order.status),
        "is_on_hold_order": order.status == "ON_HOLD",
        "update_time": order.updated_at_s,
    }
