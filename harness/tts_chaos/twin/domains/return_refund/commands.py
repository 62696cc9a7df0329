"""What buyers do after the sale: ask to cancel or return, change their mind, send goods back."""

from __future__ import annotations

from typing import Any

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.order.commands import find_order
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.return_refund.cancelling import (
    close_cancellation,
    is_stoppable,
    open_cancellation,
)
from tts_chaos.twin.domains.return_refund.entities import Cancellation, ReturnRequest
from tts_chaos.twin.domains.return_refund.given_back import refundable_lines
from tts_chaos.twin.domains.return_refund.lifecycle import CANCEL_PENDING
from tts_chaos.twin.domains.return_refund.reasons import BUYER_CANCEL, RETURN
from tts_chaos.twin.domains.return_refund.returning import (
    move_return,
    open_return,
    open_return_of,
)
from tts_chaos.twin.handler import TwinEnv, command
from tts_chaos.twin.lifecycle import IllegalMoveError

__all__ = [
    "answer_offer",
    "request_cancellation",
    "request_return",
    "send_return_back",
    "withdraw_cancellation",
    "withdraw_return",
]

RETURN_TYPES = ("REFUND", "RETURN_AND_REFUND", "REPLACEMENT")
_RETURNABLE = ("DELIVERED", "COMPLETED")


@command("request_cancellation")
def request_cancellation(env: TwinEnv, order: str, shop: str = "") -> dict[str, Any]:
    """Let the buyer ask to cancel an order; webhook 11 tells of it.

    Args:
        env: The twin's environment.
        order: An order id, `newest` or `oldest`.
        shop: Shop id; the first shop if empty.
    """
    chosen = find_order(env, order, shop)
    if not is_stoppable(chosen) or chosen.cancel_requested_at_s:
        open_already = "a request is open" if chosen.cancel_requested_at_s else "it is too late"
        raise UsageError(
            f"request_cancellation: order {chosen.id} is {chosen.status} and {open_already}; "
            "choose an order that was not collected yet and has no open request"
        )
    cancellation = open_cancellation(env, chosen, next(iter(BUYER_CANCEL)))
    return {"cancel_id": cancellation.id, "cancel_status": cancellation.status}


@command("withdraw_cancellation")
def withdraw_cancellation(env: TwinEnv, order: str, shop: str = "") -> dict[str, Any]:
    """Let the buyer take back an open request to cancel.

    Args:
        env: The twin's environment.
        order: An order id, `newest` or `oldest`.
        shop: Shop id; the first shop if empty.
    """
    chosen = find_order(env, order, shop)
    rows = env.store.list(Cancellation, chosen.shop_id)
    pending = [row for row in rows if row.order_id == chosen.id and row.status == CANCEL_PENDING]
    if not pending:
        raise UsageError(f"withdraw_cancellation: order {chosen.id} has no open request")
    after = close_cancellation(env, pending[-1], "withdraw")
    return {"cancel_id": after.id, "cancel_status": after.status}


@command("request_return")
def request_return(
    env: TwinEnv, order: str, shop: str = "", return_type: str = "RETURN_AND_REFUND"
) -> dict[str, Any]:
    """Let the buyer ask for a return, a refund or a replacement; webhook 12 tells of it.

    Args:
        env: The twin's environment.
        order: An order id, `newest` or `oldest`; it must be delivered.
        shop: Shop id; the first shop if empty.
        return_type: `REFUND`, `RETURN_AND_REFUND` or `REPLACEMENT`.
    """
    if return_type not in RETURN_TYPES:
        known = ", ".join(RETURN_TYPES)
        raise UsageError(f"request_return: expected one of {known}, got {return_type!r}")
    chosen = find_order(env, order, shop)
    if chosen.status not in _RETURNABLE or open_return_of(env, chosen):
        raise UsageError(
            f"request_return: order {chosen.id} is {chosen.status}; choose a delivered order that "
            "has no open return"
        )
    if not refundable_lines(env, chosen):
        raise UsageError(
            f"request_return: every unit of order {chosen.id} is refunded already; choose another"
        )
    request = open_return(env, chosen, return_type, next(iter(RETURN)))
    return {"return_id": request.id, "return_status": request.status}


@command("send_return_back")
def send_return_back(env: TwinEnv, order: str, shop: str = "") -> dict[str, Any]:
    """Let the buyer send the goods of an approved return.

    Args:
        env: The twin's environment.
        order: An order id, `newest` or `oldest`.
        shop: Shop id; the first shop if empty.
    """
    request = _open_request(env, find_order(env, order, shop), "send_return_back")
    number = env.entropy.digits(16)
    return _move(env, request, "send_back", "send_return_back", tracking_number=number)


@command("answer_offer")
def answer_offer(env: TwinEnv, order: str, shop: str = "", accept: bool = True) -> dict[str, Any]:
    """Let the buyer take a partial refund that was offered, or turn it down.

    Args:
        env: The twin's environment.
        order: An order id, `newest` or `oldest`.
        shop: Shop id; the first shop if empty.
        accept: Whether the buyer takes it.
    """
    request = _open_request(env, find_order(env, order, shop), "answer_offer")
    return _move(env, request, "accept_offer" if accept else "decline_offer", "answer_offer")


@command("withdraw_return")
def withdraw_return(env: TwinEnv, order: str, shop: str = "") -> dict[str, Any]:
    """Let the buyer take back an open return.

    Args:
        env: The twin's environment.
        order: An order id, `newest` or `oldest`.
        shop: Shop id; the first shop if empty.
    """
    request = _open_request(env, find_order(env, order, shop), "withdraw_return")
    return _move(env, request, "withdraw", "withdraw_return")


def _open_request(env: TwinEnv, order: Order, name: str) -> ReturnRequest:
    request = open_return_of(env, order)
    if request is None:
        raise UsageError(f"{name}: order {order.id} has no open return; request_return makes one")
    return request


def _move(
    env: TwinEnv, request: ReturnRequest, event: str, name: str, **changes: Any
) -> dict[str, Any]:
    try:
        after = move_return(env, request, event, **changes)
    except IllegalMoveError as illegal:
        raise UsageError(f"{name}: {illegal}") from illegal
    return {"return_id": after.id, "return_status": after.status}
