"""What a buyer gets back for some line items of an order.

The delivery is refunded only when the whole order is. Source: return_refund examples of the
contracts (documented fields: subtotal, tax and shipping add up to the total); the rule about the
delivery is assumed, and so is that an order which was never paid tells a refund of nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from tts_chaos.twin.domains.order.entities import LineItem, Order
from tts_chaos.twin.money import ZERO, amount_text, round_amount

__all__ = [
    "Refund",
    "line_refund",
    "part_of",
    "refund_of",
    "refund_of_cancelled",
    "render_refund",
]


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Parts of a refund, in the order's currency."""

    currency: str
    subtotal: Decimal
    tax: Decimal
    shipping: Decimal

    @property
    def total(self) -> Decimal:
        """Everything the buyer gets back."""
        return self.subtotal + self.tax + self.shipping


def refund_of(order: Order, line_ids: Iterable[str]) -> Refund:
    """Return the refund for those line items together."""
    chosen = set(line_ids)
    lines = [line for line in order.lines if line.id in chosen]
    is_whole = len(lines) == len(order.lines)
    charge = order.shipping
    return Refund(
        currency=order.currency,
        subtotal=sum((line.sale_price for line in lines), ZERO),
        tax=sum((line.tax for line in lines), ZERO) + (charge.tax if is_whole else ZERO),
        shipping=charge.fee if is_whole else ZERO,
    )


def refund_of_cancelled(order: Order, line_ids: Iterable[str]) -> Refund:
    """Return what the buyer gets back for cancelled line items: nothing where nothing was paid."""
    if order.paid_at_s:
        return refund_of(order, line_ids)
    return Refund(currency=order.currency, subtotal=ZERO, tax=ZERO, shipping=ZERO)


def part_of(refund: Refund, agreed: Decimal) -> Refund:
    """Return a refund of the part agreed upon, 0 for all of it; how it divides is assumed."""
    if not agreed:
        return refund
    return Refund(currency=refund.currency, subtotal=agreed, tax=ZERO, shipping=ZERO)


def line_refund(order: Order, line: LineItem) -> Refund:
    """Return the refund for one line item, without a share of the delivery."""
    return Refund(currency=order.currency, subtotal=line.sale_price, tax=line.tax, shipping=ZERO)


def render_refund(refund: Refund) -> dict[str, Any]:
    """Return the wire shape of `refund_amount`."""

    def text(amount: Decimal) -> str:
        return amount_text(round_amount(amount, refund.currency), refund.currency)

    return {
        "currency": refund.currency,
        "refund_total": text(refund.total),
        "refund_subtotal": text(refund.subtotal),
        "refund_shipping_fee": text(refund.shipping),
        "refund_tax": text(refund.tax),
        "retail_delivery_fee": "0",
    }
