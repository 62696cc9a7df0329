"""Wire shapes of the books.

Every amount that the contract lists and the books do not have is told as "0", as in the examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tts_chaos.twin.domains.finance.entities import Payment, Statement, Transaction
from tts_chaos.twin.money import ZERO, amount_text

__all__ = [
    "filled_up",
    "payment_view",
    "sku_transaction_view",
    "statement_view",
    "sums_of",
    "transaction_view",
    "transaction_view_202309",
    "unsettled_view",
]


def filled_up(schema: Mapping[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Return `value` with "0" for each text of the schema that it lacks, however deep."""
    full = dict(value)
    for name, part in schema.get("properties", {}).items():
        given = value.get(name)
        if part.get("type") == "object" and given is not None:
            full[name] = filled_up(part, given)
        elif part.get("type") == "array" and given:
            full[name] = [filled_up(part["items"], row) for row in given]
        elif part.get("type") == "string" and given is None and _is_amount(name):
            full[name] = "0"
    return full


def _is_amount(name: str) -> bool:
    return name.endswith(("_amount", "_fee", "_subsidy", "_tax", "_before_pit"))


def sums_of(rows: Iterable[Transaction]) -> dict[str, Decimal]:
    """Return the sums of a statement: settlement, revenue, shipping, fee."""
    kept = tuple(rows)
    return {
        "settlement": sum((row.settlement for row in kept), ZERO),
        "revenue": sum((row.revenue for row in kept), ZERO),
        "shipping": sum((row.shipping_cost for row in kept), ZERO),
        "fee": sum((row.referral_fee for row in kept), ZERO),
    }


def statement_view(statement: Statement, now_s: int) -> dict[str, Any]:
    """Return one element of `$.data.statements`."""
    text = _texts(sums_of(statement.transactions), statement.currency)
    shown: dict[str, Any] = {
        "id": statement.id,
        "statement_time": statement.at_s,
        "currency": statement.currency,
        "settlement_amount": text["settlement"],
        "revenue_amount": text["revenue"],
        "net_sales_amount": text["revenue"],
        "fee_amount": text["fee"],
        "shipping_cost_amount": text["shipping"],
        "adjustment_amount": "0",
        "payment_status": "PAID" if 0 < statement.paid_at_s <= now_s else "PROCESSING",
        "payment_id": statement.payment_id,
    }
    if 0 < statement.paid_at_s <= now_s:
        shown["payment_time"] = statement.paid_at_s
    return shown


def transaction_view_202309(row: Transaction) -> dict[str, Any]:
    """Return a transaction as 202309 tells it: every part side by side."""
    text = _texts(_parts(row), row.currency)
    return {
        "id": row.id,
        "type": "ORDER",
        "order_id": row.order_id,
        "order_create_time": row.order_created_at_s,
        "currency": row.currency,
        "settlement_amount": text["settlement"],
        "revenue_amount": text["revenue"],
        "gross_sales_amount": text["gross"],
        "gross_sales_refund_amount": text["gross_refund"],
        "seller_discount_amount": text["seller_discount"],
        "seller_discount_refund_amount": text["discount_refund"],
        "net_sales_amount": text["revenue"],
        "fee_amount": text["fee"],
        "referral_fee_amount": text["fee"],
        "shipping_cost_amount": text["shipping"],
        "actual_shipping_fee_amount": text["shipping_actual"],
        "customer_paid_shipping_fee_amount": text["shipping_paid"],
        "platform_shipping_fee_discount_amount": text["shipping_by_platform"],
        "customer_payment_amount": text["customer_payment"],
        "customer_refund_amount": text["customer_refund"],
    }


def transaction_view(row: Transaction) -> dict[str, Any]:
    """Return a transaction as 202501 tells it: with breakdowns."""
    text = _texts(_parts(row), row.currency)
    return {
        "id": row.id,
        "type": "ORDER",
        "order_id": row.order_id,
        "order_create_time": row.order_created_at_s,
        "settlement_amount": text["settlement"],
        "revenue_amount": text["revenue"],
        "shipping_cost_amount": text["shipping"],
        "fee_tax_amount": text["fee"],
        **_breakdowns(text),
    }


def sku_transaction_view(
    row: Transaction, *, sku: Mapping[str, str], quantity: int, statement_id: str
) -> dict[str, Any]:
    """Return the only SKU row of an order whose units share one transaction."""
    text = _texts(_parts(row), row.currency)
    return {
        **sku,
        "quantity": str(quantity),
        "statement_id": statement_id,
        "settlement_amount": text["settlement"],
        "revenue_amount": text["revenue"],
        "shipping_cost_amount": text["shipping"],
        "fee_tax_amount": text["fee"],
        **_breakdowns(text),
    }


def unsettled_view(row: Transaction) -> dict[str, Any]:
    """Return an estimate."""
    text = _texts(_parts(row), row.currency)
    return {
        "type": "ORDER",
        "id": row.id,
        "status": "UNSETTLED",
        "currency": row.currency,
        "unsettled_reason": "The after-sales period is not over.",
        "order_id": row.order_id,
        "order_create_time": row.order_created_at_s,
        "order_delivery_time": row.order_delivered_at_s,
        "est_settlement_amount": text["settlement"],
        "est_revenue_amount": text["revenue"],
        "est_shipping_cost_amount": text["shipping"],
        "est_fee_tax_amount": text["fee"],
        "est_adjustment_amount": "0",
        **_breakdowns(text),
    }


def payment_view(payment: Payment, now_s: int) -> dict[str, Any]:
    """Return one element of `$.data.payments`."""
    amount = {
        "value": amount_text(payment.amount, payment.currency),
        "currency": payment.currency,
    }
    shown: dict[str, Any] = {
        "id": payment.id,
        "create_time": payment.created_at_s,
        "status": "PAID" if payment.paid_at_s <= now_s else "PROCESSING",
        "amount": amount,
        "settlement_amount": amount,
        "payment_amount_before_exchange": amount,
        "exchange_rate": "1",
        "bank_account": "************4417",
    }
    if payment.paid_at_s <= now_s:
        shown["paid_time"] = payment.paid_at_s
    return shown


def _parts(row: Transaction) -> dict[str, Decimal]:
    return {
        "settlement": row.settlement,
        "revenue": row.revenue,
        "shipping": row.shipping_cost,
        "fee": row.referral_fee,
        "gross": row.gross,
        "gross_refund": row.gross_refund,
        "seller_discount": row.seller_discount,
        "discount_refund": row.discount_refund,
        "shipping_actual": row.shipping_actual,
        "shipping_paid": row.shipping_paid,
        "shipping_by_platform": row.shipping_by_platform,
        "customer_payment": row.customer_payment,
        "customer_refund": row.customer_refund,
    }


def _breakdowns(text: Mapping[str, str]) -> dict[str, Any]:
    return {
        "revenue_breakdown": {
            "subtotal_before_discount_amount": text["gross"],
            "refund_subtotal_before_discount_amount": text["gross_refund"],
            "seller_discount_amount": text["seller_discount"],
            "seller_discount_refund_amount": text["discount_refund"],
        },
        "shipping_cost_breakdown": {
            "actual_shipping_fee_amount": text["shipping_actual"],
            "shipping_fee_discount_amount": text["shipping_by_platform"],
            "customer_paid_shipping_fee_amount": text["shipping_paid"],
            "supplementary_component": {
                "platform_shipping_fee_discount_amount": text["shipping_by_platform"]
            },
        },
        "fee_tax_breakdown": {"fee": {"referral_fee_amount": text["fee"]}, "tax": {}},
        "supplementary_component": {
            "customer_payment_amount": text["customer_payment"],
            "customer_refund_amount": text["customer_refund"],
        },
    }


def _texts(amounts: Mapping[str, Decimal], currency: str) -> dict[str, str]:
    return {name: amount_text(amount, currency) for name, amount in amounts.items()}
