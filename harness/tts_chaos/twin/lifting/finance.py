"""Statements, payments and withdrawals from recorded answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.twin.domains.finance.entities import (
    LiftedPayment,
    LiftedStatement,
    Payment,
    Statement,
    Transaction,
)
from tts_chaos.twin.domains.finance.operations import WITHDRAWN_AFTER_S
from tts_chaos.twin.lifting.context import Told, amount_of, lifts
from tts_chaos.twin.money import ZERO

__all__: list[str] = []

DAY_S = 86_400
_SUMS = ("revenue_amount", "shipping_cost_amount", "fee_amount")


@lifts("finance.get_statements")
def lift_statements(told: Told) -> None:
    """Store statements by their sums; what is in them is not told here."""
    for row in told.data.get("statements") or ():
        _statement(told, row["id"], row["statement_time"], row, (_balance(told, row, row["id"]),))


@lifts("finance.get_transactionsby_statement")
def lift_transactions(told: Told) -> None:
    """Store a statement with its transactions, of either version."""
    data = told.data
    rows = data.get("statement_transactions") or data.get("transactions") or ()
    at_s = data.get("statement_time") or data.get("create_time") or told.now_s
    transactions = tuple(_transaction(told, row, data.get("currency", "USD")) for row in rows)
    _statement(told, told.path["statement_id"], at_s, data, transactions)


@lifts("finance.get_payments")
def lift_payments(told: Told) -> None:
    """Store payments."""
    for row in told.data.get("payments") or ():
        amount = row.get("amount") or {}
        created_at_s = row.get("create_time") or told.now_s
        _payment(
            told,
            row["id"],
            amount.get("value"),
            amount.get("currency", "USD"),
            created_at_s,
            # A payment told as paid has arrived, whatever the clock of the replay says.
            min(row.get("paid_time") or created_at_s + DAY_S, told.now_s)
            if row.get("status") == "PAID"
            else created_at_s + DAY_S,
        )


@lifts("finance.get_withdrawals")
def lift_withdrawals(told: Told) -> None:
    """A withdrawal presumes the payment that it empties."""
    for row in told.data.get("withdrawals") or ():
        paid_at_s = (row.get("create_time") or told.now_s) - WITHDRAWN_AFTER_S
        _payment(
            told,
            f"{row['id']}1",
            row.get("amount"),
            row.get("currency", "USD"),
            paid_at_s - DAY_S,
            paid_at_s,
        )


def _statement(
    told: Told,
    id: str,
    at_s: int,
    row: Mapping[str, Any],
    transactions: tuple[Transaction, ...],
) -> None:
    known = told.env.store.get(LiftedStatement, told.shop_id, id)
    if known and "payment_status" in row:
        # Its transactions, told elsewhere, say more than its sums.
        transactions = known.statement.transactions
    statement = Statement(
        id=id,
        at_s=at_s,
        currency=row.get("currency", "USD"),
        transactions=transactions,
        payment_id=row.get("payment_id") or "",
        paid_at_s=row.get("payment_time") or 0,
    )
    told.env.store.put(
        LiftedStatement(id=id, shop_id=told.shop_id, statement=statement),
        change="statement.lifted",
    )


def _payment(
    told: Told, id: str, amount: object, currency: str, created_at_s: int, paid_at_s: int
) -> None:
    payment = Payment(
        id=id,
        amount=amount_of(amount),
        currency=currency,
        created_at_s=created_at_s,
        paid_at_s=paid_at_s,
    )
    told.env.store.put(
        LiftedPayment(id=id, shop_id=told.shop_id, payment=payment), change="payment.lifted"
    )


def _balance(told: Told, row: Mapping[str, Any], id: str) -> Transaction:
    """Return one transaction that stands for all of a statement."""
    revenue, shipping, fee = (amount_of(row.get(name)) for name in _SUMS)
    return _plain(told, f"{id}1", "", row.get("currency", "USD"), 0, revenue, shipping, fee)


def _transaction(told: Told, row: Mapping[str, Any], currency: str) -> Transaction:
    return _plain(
        told,
        row["id"],
        row.get("order_id", ""),
        row.get("currency") or currency,
        row.get("order_create_time") or 0,
        amount_of(row.get("revenue_amount")),
        amount_of(row.get("shipping_cost_amount")),
        amount_of(row.get("fee_amount") or row.get("fee_tax_amount")),
    )


def _plain(
    told: Told,
    id: str,
    order_id: str,
    currency: str,
    created_at_s: int,
    revenue: Any,
    shipping: Any,
    fee: Any,
) -> Transaction:
    """Return a transaction of which only the three sums are known."""
    return Transaction(
        id=id,
        shop_id=told.shop_id,
        order_id=order_id,
        currency=currency,
        order_created_at_s=created_at_s,
        order_delivered_at_s=0,
        settled_at_s=told.now_s,
        gross=revenue,
        seller_discount=ZERO,
        gross_refund=ZERO,
        discount_refund=ZERO,
        shipping_actual=shipping,
        shipping_paid=ZERO,
        shipping_by_platform=ZERO,
        referral_fee=fee,
        customer_payment=revenue,
        customer_refund=ZERO,
    )
