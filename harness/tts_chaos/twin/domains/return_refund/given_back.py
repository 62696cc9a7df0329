"""What buyers got back for an order so far, and which units money can still be asked back for.

Units whose money was given back, in full or in part by agreement, are not asked for again. Source:
protocol facts, section 7.5 (documented: decisions); that an accepted part settles the matter is
assumed.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tts_chaos.twin.domains.order.entities import LineItem, Order
from tts_chaos.twin.domains.return_refund.entities import ReturnRequest
from tts_chaos.twin.domains.return_refund.refunds import refund_of
from tts_chaos.twin.handler import TwinEnv

__all__ = ["REFUNDED", "GivenBack", "amount_given_back", "given_back", "refundable_lines"]

REFUNDED = frozenset(
    {
        "RETURN_OR_REFUND_REQUEST_SUCCESS",
        "RETURN_OR_REFUND_REQUEST_COMPLETE",
        "REPLACEMENT_REQUEST_REFUND_SUCCESS",
    }
)
"""States in which the buyer gets, or has got, money back."""


class GivenBack(msgspec.Struct, frozen=True, kw_only=True):
    """One refund.

    Attributes:
        request_id: The request that led to it.
        at_s: Unix seconds of the decision.
        line_ids: Units it is about.
        part: The part agreed upon, 0 where everything for these units is given back.
    """

    request_id: str
    at_s: int
    line_ids: tuple[str, ...]
    part: Decimal

    @property
    def is_whole(self) -> bool:
        """Whether everything for its units is given back."""
        return not self.part


def given_back(env: TwinEnv, order: Order) -> list[GivenBack]:
    """Return the refunds of an order, the earliest first."""
    rows = [
        GivenBack(
            request_id=row.id,
            at_s=_decided_at_s(row),
            line_ids=row.line_ids,
            part=row.agreed,
        )
        for row in env.store.list(ReturnRequest, order.shop_id)
        if row.order_id == order.id and row.status in REFUNDED
    ]
    return sorted(rows, key=lambda row: (row.at_s, row.request_id))


def refundable_lines(env: TwinEnv, order: Order) -> tuple[LineItem, ...]:
    """Return the units for which nothing was given back yet."""
    done = {id for row in given_back(env, order) for id in row.line_ids}
    return tuple(line for line in order.open_lines if line.id not in done)


def amount_given_back(order: Order, refund: GivenBack) -> Decimal:
    """Return what the buyer gets by one refund, in the order's currency."""
    return refund.part or refund_of(order, refund.line_ids).total


def _decided_at_s(request: ReturnRequest) -> int:
    return next((at_s for *_, status, at_s in request.trail if status in REFUNDED), None) or (
        request.updated_at_s
    )
