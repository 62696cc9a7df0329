"""How returns, refunds and replacements come to be and move, and what they do to their order.

An order whose every unit is refunded in full is completed. Goods that come back do not raise stock
by themselves: the seller puts them back on sale with an inventory update (assumed).

Source: protocol facts, section 7.5 (documented: 48 h until silence is consent, 24 h for
replacements); webhook events, type 12 (documented). That the deadline after goods came back is the
same 48 h, and when a refund reaches the buyer, is assumed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.order.moves import ORDER_LIFE, move_order
from tts_chaos.twin.domains.return_refund.entities import ReturnRequest
from tts_chaos.twin.domains.return_refund.given_back import (
    REFUNDED,
    given_back,
    refundable_lines,
)
from tts_chaos.twin.domains.return_refund.lifecycle import (
    REPLACEMENT_PENDING,
    RETURN,
    RETURN_PENDING,
)
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.money import ZERO
from tts_chaos.twin.settings import DAY_MS, TwinSettings
from tts_chaos.twin.timers import progresses
from tts_chaos.wire.webhook import EventType

__all__ = ["move_return", "open_return", "open_return_of"]

REFUND_TAKES_MS = DAY_MS
_ANSWER_WITHIN_S = {"REPLACEMENT": 24 * 3600}
_ANSWER_WITHIN_S_OTHERWISE = 48 * 3600

_SUCCESS = "RETURN_OR_REFUND_REQUEST_SUCCESS"
_AWAITING_SELLER = (RETURN_PENDING, REPLACEMENT_PENDING, "BUYER_SHIPPED_ITEM")
_ENDED = (
    "REFUND_OR_RETURN_REQUEST_REJECT",
    "REJECT_RECEIVE_PACKAGE",
    "RETURN_OR_REFUND_REQUEST_CANCEL",
    "REPLACEMENT_REQUEST_REJECT",
    "REPLACEMENT_REQUEST_CANCEL",
    "REPLACEMENT_REQUEST_COMPLETE",
    *REFUNDED,
)
_CONSENT = {
    (RETURN_PENDING, "REFUND"): "approve_refund",
    (RETURN_PENDING, "RETURN_AND_REFUND"): "approve_return",
    (REPLACEMENT_PENDING, "REPLACEMENT"): "approve_replacement",
    ("BUYER_SHIPPED_ITEM", "RETURN_AND_REFUND"): "approve_received",
}


def open_return_of(env: TwinEnv, order: Order) -> ReturnRequest | None:
    """Return the request about an order that has not ended yet, or None."""
    rows = env.store.list(ReturnRequest, order.shop_id)
    return next(
        (row for row in rows if row.order_id == order.id and row.status not in _ENDED), None
    )


def open_return(
    env: TwinEnv,
    order: Order,
    kind: str,
    reason: str,
    *,
    role: str = "BUYER",
    line_ids: tuple[str, ...] = (),
    agreed: Decimal = ZERO,
) -> ReturnRequest:
    """Let somebody ask for `kind` on some units of an order, on all that are left by default.

    `agreed` is the part asked for where it is not everything, 0 for everything.
    """
    now_s = env.now_s()
    status = REPLACEMENT_PENDING if kind == "REPLACEMENT" else RETURN_PENDING
    request = ReturnRequest(
        id=env.mint_id(),
        shop_id=order.shop_id,
        order_id=order.id,
        kind=kind,
        status=status,
        reason=reason,
        role=role,
        agreed=agreed,
        line_ids=line_ids or tuple(line.id for line in refundable_lines(env, order)),
        trail=(("request", role, status, now_s),),
        created_at_s=now_s,
        updated_at_s=now_s,
        deadline_s=now_s + _answer_within_s(kind),
    )
    env.store.put(request, change="return.requested")
    env.emit(EventType.RETURN_STATUS_CHANGE, request.shop_id, _notice(request))
    return request


def move_return(
    env: TwinEnv,
    request: ReturnRequest,
    event: str,
    *,
    answer: str = "",
    role: str = "",
    **changes: Any,
) -> ReturnRequest:
    """Move `request` by an event of `lifecycle.RETURN`; the last unit's refund completes the order.

    Args:
        env: The twin's environment.
        request: What moves.
        event: What happens to it.
        answer: What to remember of a decision for a replay; "" for nothing.
        role: Who did it; by default whoever can.
        **changes: Further fields of the request, in the same commit.

    Raises:
        IllegalMoveError: If the table has no such move; nothing changes.
    """
    status = RETURN.next(request.status, event)
    now_s = env.now_s()
    awaits = status in _AWAITING_SELLER
    changes = {
        "status": status,
        "updated_at_s": now_s,
        "deadline_s": now_s + _answer_within_s(request.kind) if awaits else 0,
        "answers": (*request.answers, answer) if answer else request.answers,
        "trail": (*request.trail, (event, role or _BY.get(event, "SELLER"), status, now_s)),
        **({"agreed": request.offered} if event == "accept_offer" else {}),
        **changes,
    }
    after = env.store.update(
        ReturnRequest,
        request.shop_id,
        request.id,
        lambda current: msgspec.structs.replace(current, **changes),
        change=f"return.{_PAST[event]}",
    )
    env.emit(EventType.RETURN_STATUS_CHANGE, after.shop_id, _notice(after))
    if status in REFUNDED:
        _complete_if_all_is_refunded(env, after)
    return after


_BY = {
    "accept_offer": "BUYER",
    "decline_offer": "BUYER",
    "send_back": "BUYER",
    "withdraw": "BUYER",
    "refund": "SYSTEM",
}
"""Who makes a move, where it is not the seller."""

_PAST = {
    "approve_refund": "approved",
    "approve_return": "approved",
    "approve_received": "approved",
    "approve_replacement": "approved",
    "refund_instead": "approved",
    "reject": "rejected",
    "reject_received": "rejected",
    "offer": "offered",
    "accept_offer": "offer_accepted",
    "decline_offer": "offer_declined",
    "send_back": "sent_back",
    "withdraw": "withdrawn",
    "refund": "refunded",
}


def _due_ms(request: ReturnRequest, _settings: TwinSettings) -> int | None:
    if request.deadline_s:
        return request.deadline_s * 1000
    if request.status == _SUCCESS:
        return request.updated_at_s * 1000 + REFUND_TAKES_MS
    return None


@progresses(ReturnRequest, due_ms=_due_ms)
def progress_return(env: TwinEnv, request: ReturnRequest) -> None:
    """Accept what nobody answered, or tell that the refund has arrived."""
    event = _CONSENT.get((request.status, request.kind), "refund")
    move_return(env, request, event, role="SYSTEM")


def _complete_if_all_is_refunded(env: TwinEnv, request: ReturnRequest) -> None:
    # A part given back by agreement leaves a sale behind, and the order goes on.
    order = env.store.get(Order, request.shop_id, request.order_id)
    if order is None or "refund" not in ORDER_LIFE.events(order.status):
        return
    whole = {id for row in given_back(env, order) if row.is_whole for id in row.line_ids}
    if all(line.id in whole for line in order.open_lines):
        move_order(env, order.shop_id, order.id, "refund")


def _answer_within_s(kind: str) -> int:
    return _ANSWER_WITHIN_S.get(kind, _ANSWER_WITHIN_S_OTHERWISE)


def _notice(request: ReturnRequest) -> dict[str, Any]:
    return {
        "order_id": request.order_id,
        "return_role": request.role,
        "return_type": request.kind,
        "return_status": request.status,
        "return_id": request.id,
        "create_time": request.created_at_s,
        "update_time": request.updated_at_s,
    }
