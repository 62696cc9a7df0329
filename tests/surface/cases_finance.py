"""The books: statements, transactions, estimates, payments, withdrawals."""

from __future__ import annotations

from decimal import Decimal

from tests.support.shop_desk import Answer, Desk
from tests.surface.arranging import delivered, moved
from tests.surface.cases import accepted, refused

STATEMENTS = "finance.202309.get_statements"
BY_STATEMENT = "finance.202501.get_transactionsby_statement"
BY_STATEMENT_202309 = "finance.202309.get_transactionsby_statement"
BY_ORDER = ("finance.202309.get_transactionsby_order", "finance.202501.get_transactionsby_order")
UNSETTLED = "finance.202507.get_unsettled_transactions"
PAYMENTS = "finance.202605.get_payments"
PAYMENTS_202309 = "finance.202309.get_payments"
WITHDRAWALS = "finance.202309.get_withdrawals"
BY_ORDER_TIME = {"sort_field": "order_create_time"}
BY_TIME = {"sort_field": "create_time", "page_size": 20}


def settled(desk: Desk, *, hours: float = 24) -> str:
    """Let an order settle and time pass; return the order's id."""
    order = moved(desk, "ship", "collect", "deliver", "complete", units=2)
    desk.wait(hours=hours)
    return order.id


def statement_id(desk: Desk) -> str:
    """Return the id of the first statement."""
    found = desk.call(STATEMENTS, query={"sort_field": "statement_time"}).data["statements"]
    return str(found[0]["id"])


@accepted(STATEMENTS)
def tells_the_statement_of_a_day(desk: Desk, operation: str) -> Answer:
    settled(desk)
    answer = desk.call(operation, query={"sort_field": "statement_time"})
    (row,) = answer.data["statements"]
    parts = ("revenue_amount", "fee_amount", "shipping_cost_amount", "adjustment_amount")
    assert sum(Decimal(row[part]) for part in parts) == Decimal(row["settlement_amount"])
    return answer


@accepted(BY_STATEMENT)
def takes_a_statement_apart(desk: Desk, operation: str) -> Answer:
    order_id = settled(desk)
    answer = desk.call(operation, statement_id=statement_id(desk), query=BY_ORDER_TIME)
    assert [row["order_id"] for row in answer.data["transactions"]] == [order_id]
    return answer


@accepted(BY_STATEMENT_202309, day="2025-10-01")
def takes_a_statement_apart_flat(desk: Desk, operation: str) -> Answer:
    settled(desk)
    return desk.call(operation, statement_id=statement_id(desk), query=BY_ORDER_TIME)


@accepted(*BY_ORDER)
def tells_what_an_order_brought(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id=settled(desk))


@accepted(UNSETTLED)
def estimates_what_is_delivered(desk: Desk, operation: str) -> Answer:
    order = delivered(desk)
    answer = desk.call(operation, query=BY_ORDER_TIME)
    assert [row["order_id"] for row in answer.data["transactions"]] == [order.id]
    return answer


@accepted(PAYMENTS)
def tells_payments(desk: Desk, operation: str) -> Answer:
    settled(desk, hours=48)
    answer = desk.call(operation, query=BY_TIME)
    assert [row["status"] for row in answer.data["payments"]] == ["PAID"]
    return answer


@accepted(PAYMENTS_202309, day="2026-06-01")
def tells_payments_with_reserves(desk: Desk, operation: str) -> Answer:
    settled(desk, hours=48)
    answer = desk.call(operation, query=BY_TIME)
    assert answer.data["payments"][0]["reserve_amount"]["value"] == "0"
    return answer


@accepted(WITHDRAWALS)
def tells_what_left_the_account(desk: Desk, operation: str) -> Answer:
    settled(desk, hours=49)
    answer = desk.call(operation, query={"types": "WITHDRAW,SETTLE"})
    assert [row["status"] for row in answer.data["withdrawals"]] == ["SUCCESS"]
    return answer


@refused(PAYMENTS_202309, 36009014)
def payments_of_a_version_that_ended(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, query=BY_TIME)


@refused(BY_STATEMENT_202309, 36009014)
def transactions_of_a_version_that_ended(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, statement_id="7411", query=BY_ORDER_TIME)


@refused((STATEMENTS, UNSETTLED, PAYMENTS), 36009004, "parameter_invalid")
def no_field_to_sort_by(desk: Desk, operation: str) -> Answer:
    return desk.call(operation)


@refused(BY_STATEMENT, 36009004, "parameter_invalid")
def a_statement_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, statement_id="7411", query=BY_ORDER_TIME)


@refused(BY_ORDER, 36009004, "parameter_invalid")
def an_order_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id="5770")
