"""Stored shape of requests to cancel and to return."""

from __future__ import annotations

from decimal import Decimal

import msgspec

__all__ = ["Cancellation", "ReturnRequest"]


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    """A cancellation of an order or of some of its line items.

    Attributes:
        kind: `BUYER_CANCEL` (needs an answer) or `CANCEL` (by seller or platform).
        role: `BUYER`, `SELLER` or `SYSTEM`.
        status: A state of `lifecycle.CANCELLATION`.
        reason: The platform's key.
        line_ids: Line items to be cancelled.
        deadline_s: Unix seconds after which silence is consent; 0 where no answer is awaited.
        answers: Idempotency keys of the decisions taken, as `<decision> <key>`.
    """

    id: str
    shop_id: str
    order_id: str
    kind: str
    role: str
    status: str
    reason: str
    line_ids: tuple[str, ...]
    created_at_s: int
    updated_at_s: int
    deadline_s: int = 0
    answers: tuple[str, ...] = ()


class ReturnRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A buyer's request to return, be refunded, or get a replacement.

    Attributes:
        kind: `REFUND`, `RETURN_AND_REFUND` or `REPLACEMENT`.
        status: A state of `lifecycle.RETURN`.
        reason: The platform's key.
        line_ids: Line items it is about.
        deadline_s: Unix seconds after which silence is consent; 0 where no answer is awaited.
        offered: Partial refund the seller offered, 0 for none.
        agreed: The part that is given back in place of everything, 0 for everything.
        answers: Idempotency keys of the decisions taken, as `<decision> <key>`.
        trail: What happened so far: event, role, state after it, Unix seconds.
    """

    id: str
    shop_id: str
    order_id: str
    kind: str
    status: str
    reason: str
    line_ids: tuple[str, ...]
    created_at_s: int
    updated_at_s: int
    role: str = "BUYER"
    deadline_s: int = 0
    offered: Decimal = Decimal(0)
    agreed: Decimal = Decimal(0)
    tracking_number: str = ""
    answers: tuple[str, ...] = ()
    trail: tuple[tuple[str, str, str, int], ...] = ()
