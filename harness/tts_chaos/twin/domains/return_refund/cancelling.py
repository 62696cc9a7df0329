"""How cancellations come to be and move, and what they do to their order.

A buyer's request on a paid order waits for the seller's answer and blocks shipping meanwhile; on an
order that is unpaid or on hold the platform accepts it at once. Nobody answering is consent.

Source: protocol facts, section 7.5 (documented: 48 h, ON_HOLD requests are accepted by the
platform); webhook events, type 11 (documented). When a refund reaches the buyer is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tts_chaos.twin.domains.fulfillment.packages import drop_lines
from tts_chaos.twin.domains.order.entities import LineItem, Order
from tts_chaos.twin.domains.order.moves import ORDER_LIFE, cancel_order, edit_order, move_order
from tts_chaos.twin.domains.return_refund.entities import Cancellation
from tts_chaos.twin.domains.return_refund.lifecycle import (
    CANCEL_PENDING,
    CANCEL_SUCCESS,
    CANCELLATION,
)
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.settings import DAY_MS, TwinSettings
from tts_chaos.twin.timers import progresses
from tts_chaos.wire.webhook import EventType

__all__ = [
    "ANSWER_WITHIN_S",
    "approve_cancellation",
    "cancel_now",
    "close_cancellation",
    "is_stoppable",
    "open_cancellation",
]

ANSWER_WITHIN_S = 48 * 3600
REFUND_TAKES_MS = DAY_MS
_BLAMED = {"BUYER_CANCEL": "BUYER", "CANCEL": "SELLER"}


def is_stoppable(order: Order) -> bool:
    """Whether the order can still be cancelled: nothing of it is under way to the buyer."""
    return order.status != "IN_TRANSIT" and "cancel" in ORDER_LIFE.events(order.status)


def open_cancellation(env: TwinEnv, order: Order, reason: str) -> Cancellation:
    """Let the buyer ask to cancel; accepted at once while the order is unpaid or on hold."""
    lines = [line.id for line in order.open_lines if not line.shipped_at_s] or [
        line.id for line in order.open_lines
    ]
    cancellation = _put(env, order, lines, kind="BUYER_CANCEL", role="BUYER", reason=reason)
    edit_order(
        env,
        order.shop_id,
        order.id,
        lambda current: msgspec.structs.replace(current, cancel_requested_at_s=env.now_s()),
        change="order.cancel_requested",
    )
    if order.status in ("UNPAID", "ON_HOLD"):
        return approve_cancellation(env, cancellation)
    return cancellation


def cancel_now(
    env: TwinEnv, order: Order, lines: Iterable[str], *, role: str, reason: str
) -> Cancellation:
    """Cancel line items without asking anyone."""
    cancellation = _put(env, order, lines, kind="CANCEL", role=role, reason=reason)
    return approve_cancellation(env, cancellation)


def approve_cancellation(
    env: TwinEnv, cancellation: Cancellation, *, answer: str = ""
) -> Cancellation:
    """Accept a cancellation: its line items are cancelled and their units given back.

    Args:
        env: The twin's environment.
        cancellation: A pending one.
        answer: What to remember of the decision for a replay; "" for nothing.

    Raises:
        IllegalMoveError: If it is not pending; nothing changes.
    """
    CANCELLATION.next(cancellation.status, "approve")
    order = env.store.get(Order, cancellation.shop_id, cancellation.order_id)
    if order is not None:
        _cancel_lines(env, order, cancellation)
    return _move(env, cancellation, "approve", answer=answer)


def close_cancellation(
    env: TwinEnv, cancellation: Cancellation, event: str, *, answer: str = ""
) -> Cancellation:
    """Let a request end without effect: `reject` by the seller, `withdraw` by the buyer.

    Raises:
        IllegalMoveError: If it is not pending; nothing changes.
    """
    after = _move(env, cancellation, event, answer=answer)
    order = env.store.get(Order, after.shop_id, after.order_id)
    if order is not None and order.cancel_requested_at_s:
        edit_order(
            env,
            after.shop_id,
            after.order_id,
            lambda current: msgspec.structs.replace(current, cancel_requested_at_s=0),
            change="order.cancel_request_closed",
        )
    return after


def _due_ms(cancellation: Cancellation, _settings: TwinSettings) -> int | None:
    if cancellation.status == CANCEL_PENDING and cancellation.deadline_s:
        return cancellation.deadline_s * 1000
    if cancellation.status == CANCEL_SUCCESS:
        return cancellation.updated_at_s * 1000 + REFUND_TAKES_MS
    return None


@progresses(Cancellation, due_ms=_due_ms)
def progress_cancellation(env: TwinEnv, cancellation: Cancellation) -> None:
    """Accept a request nobody answered, or tell that the refund has arrived."""
    if cancellation.status == CANCEL_SUCCESS:
        _move(env, cancellation, "refund")
        return
    order = env.store.get(Order, cancellation.shop_id, cancellation.order_id)
    if order is not None and is_stoppable(order):
        approve_cancellation(env, cancellation)
    else:
        close_cancellation(env, cancellation, "withdraw")


def _put(
    env: TwinEnv, order: Order, lines: Iterable[str], *, kind: str, role: str, reason: str
) -> Cancellation:
    now_s = env.now_s()
    cancellation = Cancellation(
        id=env.mint_id(),
        shop_id=order.shop_id,
        order_id=order.id,
        kind=kind,
        role=role,
        status=CANCEL_PENDING,
        reason=reason,
        line_ids=tuple(lines),
        created_at_s=now_s,
        updated_at_s=now_s,
        deadline_s=now_s + ANSWER_WITHIN_S if kind == "BUYER_CANCEL" else 0,
    )
    env.store.put(cancellation, change="cancellation.requested")
    # A cancellation that needs no answer is never seen pending, so nobody is told of that state.
    if kind == "BUYER_CANCEL":
        env.emit(EventType.CANCELLATION_STATUS_CHANGE, cancellation.shop_id, _notice(cancellation))
    return cancellation


def _move(
    env: TwinEnv, cancellation: Cancellation, event: str, *, answer: str = ""
) -> Cancellation:
    status = CANCELLATION.next(cancellation.status, event)
    answers = (*cancellation.answers, answer) if answer else cancellation.answers
    after = env.store.update(
        Cancellation,
        cancellation.shop_id,
        cancellation.id,
        lambda current: msgspec.structs.replace(
            current, status=status, updated_at_s=env.now_s(), deadline_s=0, answers=answers
        ),
        change=f"cancellation.{_PAST[event]}",
    )
    env.emit(EventType.CANCELLATION_STATUS_CHANGE, after.shop_id, _notice(after))
    return after


_PAST = {
    "approve": "approved",
    "reject": "rejected",
    "withdraw": "withdrawn",
    "refund": "refunded",
}


def _cancel_lines(env: TwinEnv, order: Order, cancellation: Cancellation) -> None:
    by = _BLAMED[cancellation.kind] if cancellation.role != "SYSTEM" else "SYSTEM"
    chosen = set(cancellation.line_ids)
    kept = [line for line in order.open_lines if line.id not in chosen]
    if not kept:
        cancel_order(env, order.shop_id, order.id, by=by, reason=cancellation.reason)
        return
    edit_order(
        env,
        order.shop_id,
        order.id,
        lambda current: _without_lines(current, chosen, by=by, reason=cancellation.reason),
        change="order.lines_cancelled",
    )
    drop_lines(env, order, chosen)
    # CANCELLED is reached only when every line is; what is left may have been shipped already.
    if order.status == "PARTIALLY_SHIPPING" and all(line.shipped_at_s for line in kept):
        move_order(env, order.shop_id, order.id, "ship")


def _without_lines(order: Order, chosen: set[str], *, by: str, reason: str) -> Order:
    def cancelled(line: LineItem) -> LineItem:
        if line.id not in chosen:
            return line
        return msgspec.structs.replace(
            line, status="CANCELLED", cancel_user=by, cancel_reason=reason
        )

    lines = tuple(cancelled(line) for line in order.lines)
    return msgspec.structs.replace(order, lines=lines, cancel_requested_at_s=0)


def _notice(cancellation: Cancellation) -> dict[str, Any]:
    return {
        "order_id": cancellation.order_id,
        "cancellations_role": cancellation.role,
        "cancel_status": cancellation.status,
        "cancel_id": cancellation.id,
        "create_time": cancellation.created_at_s,
    }
