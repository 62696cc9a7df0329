"""Rows of the books. Amounts are in the shop's currency; what costs the seller is negative."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tts_chaos.twin.money import ZERO

__all__ = ["LiftedPayment", "LiftedStatement", "Payment", "Statement", "Transaction"]


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """What one order brings the seller, or what a refund after its settling takes back.

    Attributes:
        gross: List prices of the units sold.
        seller_discount: Discounts the seller gave, negative.
        gross_refund: List prices given back, negative.
        discount_refund: Seller discounts that fall away with a refund.
        shipping_actual: What the carrier takes, negative.
        shipping_paid: What the buyer pays for the delivery, after refunds.
        shipping_by_platform: What the platform adds to the delivery.
        referral_fee: The platform's share, negative.
        settled_at_s: Unix seconds; 0 while it is an estimate.
    """

    id: str
    shop_id: str
    order_id: str
    currency: str
    order_created_at_s: int
    order_delivered_at_s: int
    settled_at_s: int
    gross: Decimal
    seller_discount: Decimal
    gross_refund: Decimal
    discount_refund: Decimal
    shipping_actual: Decimal
    shipping_paid: Decimal
    shipping_by_platform: Decimal
    referral_fee: Decimal
    customer_payment: Decimal
    customer_refund: Decimal

    @property
    def revenue(self) -> Decimal:
        """Sales after the seller's discounts and refunds."""
        return self.gross + self.seller_discount + self.gross_refund + self.discount_refund

    @property
    def shipping_cost(self) -> Decimal:
        """What the delivery costs the seller, negative."""
        return self.shipping_actual + self.shipping_paid + self.shipping_by_platform

    @property
    def settlement(self) -> Decimal:
        """What the seller gets."""
        return self.revenue + self.shipping_cost + self.referral_fee


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that settled on one day.

    Attributes:
        at_s: Unix seconds of the statement.
        payment_id: Payment that covers it, "" while there is none.
        paid_at_s: When that payment arrives, 0 while there is none.
    """

    id: str
    at_s: int
    currency: str
    transactions: tuple[Transaction, ...]
    payment_id: str = ""
    paid_at_s: int = 0

    @property
    def settlement(self) -> Decimal:
        """Sum of its transactions."""
        return sum((row.settlement for row in self.transactions), ZERO)


class LiftedStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that a recording tells; it stands beside those that follow from orders."""

    id: str
    shop_id: str
    statement: Statement


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way to the seller's bank. Instants in Unix seconds."""

    id: str
    amount: Decimal
    currency: str
    created_at_s: int
    paid_at_s: int


class LiftedPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that a recording tells."""

    id: str
    shop_id: str
    payment: Payment
