"""The books: transactions from orders, statements by day, payments over statements.

    order delivered ──► estimate ── order completed ──► transaction
    transactions of a day ──► statement ── balance above zero ──► payment ──► withdrawal

A refund after that is a transaction of its own on the day it is granted: what was settled, stated
and paid stays as it is. A statement below zero is carried to the next payment, so that every cent
that settles is paid once.

Source: finance examples of the contracts (documented: parts of each amount, daily statements, a
payment that covers a negative statement); protocol facts, section 7.7 (documented: estimates vanish
when settled). When an order settles, the hours of statement and payment, and the share that the
platform keeps are assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

import msgspec

from tts_chaos.twin.domains.finance.entities import (
    LiftedPayment,
    LiftedStatement,
    Payment,
    Statement,
    Transaction,
)
from tts_chaos.twin.domains.order.entities import LineItem, Order
from tts_chaos.twin.domains.return_refund.given_back import (
    GivenBack,
    amount_given_back,
    given_back,
)
from tts_chaos.twin.domains.return_refund.refunds import refund_of
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.money import ZERO, round_amount

__all__ = ["estimates", "payments_of", "statements_of", "transactions_of", "transactions_of_order"]

DAY_S = 86_400
PAYMENT_STARTS_S = 12 * 3_600
PAYMENT_TAKES_S = 12 * 3_600
REFERRAL_SHARE = Decimal("0.06")
_AMOUNTS = (
    "gross",
    "seller_discount",
    "gross_refund",
    "discount_refund",
    "shipping_actual",
    "shipping_paid",
    "shipping_by_platform",
    "referral_fee",
    "customer_payment",
    "customer_refund",
)


def transactions_of_order(env: TwinEnv, order: Order) -> list[Transaction]:
    """Return what an order brought: the sale when it settled, then each later refund."""
    if not order.completed_at_s:
        return []
    refunds = given_back(env, order)
    early = sum(row.at_s <= order.completed_at_s for row in refunds)
    before = _brought(env, order, refunds[:early])
    rows = [before]
    for count, refund in enumerate(refunds[early:], early + 1):
        after = _brought(env, order, refunds[:count])
        rows.append(
            msgspec.structs.replace(
                after,
                id=_id(env, "transaction", f"{order.id}/{refund.request_id}"),
                settled_at_s=refund.at_s,
                **{name: getattr(after, name) - getattr(before, name) for name in _AMOUNTS},
            )
        )
        before = after
    return rows


def _brought(env: TwinEnv, order: Order, refunds: Sequence[GivenBack]) -> Transaction:
    """Return what an order brings in all, if these are all its refunds."""
    sold = order.open_lines
    whole = {id for row in refunds if row.is_whole for id in row.line_ids}
    refunded = [line for line in sold if line.id in whole]
    offered = sum((row.part for row in refunds), ZERO)
    is_whole = any(row.is_whole and len(row.line_ids) == len(order.lines) for row in refunds)
    charge = order.shipping
    gross, discount = _list_prices(sold), -_seller_discounts(sold)
    gross_back, discount_back = -_list_prices(refunded) - offered, _seller_discounts(refunded)
    revenue = gross + discount + gross_back + discount_back
    return Transaction(
        id=_id(env, "transaction", order.id),
        shop_id=order.shop_id,
        order_id=order.id,
        currency=order.currency,
        order_created_at_s=order.created_at_s,
        order_delivered_at_s=order.delivered_at_s,
        settled_at_s=order.completed_at_s,
        gross=gross,
        seller_discount=discount,
        gross_refund=gross_back,
        discount_refund=discount_back,
        shipping_actual=-charge.original,
        shipping_paid=ZERO if is_whole else charge.fee,
        shipping_by_platform=charge.platform_discount,
        referral_fee=-round_amount(max(revenue, ZERO) * REFERRAL_SHARE, order.currency),
        customer_payment=order.total,
        customer_refund=-sum(
            (amount_given_back(order, row) for row in refunds),
            refund_of(order, [line.id for line in order.lines if line not in sold]).total,
        ),
    )


def transactions_of(env: TwinEnv, shop_id: str) -> list[Transaction]:
    """Return every transaction that has settled, in order of settling."""
    orders = env.store.list(Order, shop_id)
    rows = [row for order in orders for row in transactions_of_order(env, order)]
    return sorted(rows, key=lambda row: (row.settled_at_s, row.order_id, row.id))


def estimates(env: TwinEnv, shop_id: str) -> list[Transaction]:
    """Return what delivered orders are going to bring; a row vanishes when its order settles."""
    orders = (row for row in env.store.list(Order, shop_id) if row.status == "DELIVERED")
    return [_brought(env, order, given_back(env, order)) for order in orders]


def statements_of(env: TwinEnv, shop_id: str) -> list[Statement]:
    """Return the statements of all days that are over, in order, each with its payment."""
    bare = [_statement(env, shop_id, day, rows) for day, rows in _by_day(env, shop_id)]
    made = _covered(env, [row for row in bare if row.at_s <= env.now_s()])
    lifted = [row.statement for row in env.store.list(LiftedStatement, shop_id)]
    return sorted([*made, *lifted], key=lambda row: (row.at_s, row.id))


def payments_of(env: TwinEnv, shop_id: str) -> list[Payment]:
    """Return every payment that was begun, in order."""
    lifted = [row.payment for row in env.store.list(LiftedPayment, shop_id)]
    known = {row.id for row in lifted}
    covered = sorted(
        (row for row in statements_of(env, shop_id) if row.payment_id not in {"", *known}),
        key=lambda row: (row.paid_at_s, row.payment_id),
    )
    made = [
        _payment(id, list(rows)) for id, rows in groupby(covered, key=lambda row: row.payment_id)
    ]
    return sorted([*made, *lifted], key=lambda row: (row.created_at_s, row.id))


def _by_day(env: TwinEnv, shop_id: str) -> Iterable[tuple[int, list[Transaction]]]:
    rows = transactions_of(env, shop_id)
    for day, group in groupby(rows, key=lambda row: row.settled_at_s // DAY_S):
        yield day, list(group)


def _statement(env: TwinEnv, shop_id: str, day: int, rows: list[Transaction]) -> Statement:
    return Statement(
        id=_id(env, "statement", f"{shop_id}/{day}"),
        at_s=(day + 1) * DAY_S,
        currency=rows[0].currency,
        transactions=tuple(rows),
    )


def _covered(env: TwinEnv, statements: list[Statement]) -> Iterable[Statement]:
    """Yield statements with the payment that covers them: the first that lifts the balance."""
    waiting: list[Statement] = []
    for statement in statements:
        waiting.append(statement)
        starts_s = statement.at_s + PAYMENT_STARTS_S
        if sum((row.settlement for row in waiting), ZERO) <= 0 or starts_s > env.now_s():
            continue
        id = _id(env, "payment", statement.id)
        for row in waiting:
            yield msgspec.structs.replace(row, payment_id=id, paid_at_s=starts_s + PAYMENT_TAKES_S)
        waiting = []
    yield from waiting


def _payment(id: str, statements: list[Statement]) -> Payment:
    last = statements[-1]
    return Payment(
        id=id,
        amount=sum((row.settlement for row in statements), ZERO),
        currency=last.currency,
        created_at_s=last.paid_at_s - PAYMENT_TAKES_S,
        paid_at_s=last.paid_at_s,
    )


def _list_prices(lines: Iterable[LineItem]) -> Decimal:
    return sum((line.original_price for line in lines), ZERO)


def _seller_discounts(lines: Iterable[LineItem]) -> Decimal:
    return sum((line.seller_discount for line in lines), ZERO)


def _id(env: TwinEnv, kind: str, of: str) -> str:
    """Return the id of a row, always the same for the same thing."""
    return env.entropy.child(f"finance/{kind}/{of}").digits(19)
