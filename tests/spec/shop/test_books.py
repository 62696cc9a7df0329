"""What the API promises about money: every cent is told once, and adds up."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.return_refund.reasons import RETURN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shop_desk import Desk

STATEMENTS = "finance.202309.get_statements"
TRANSACTIONS = "finance.202501.get_transactionsby_statement"
UNSETTLED = "finance.202507.get_unsettled_transactions"
PAYMENTS = "finance.202605.get_payments"
BY_ORDER = "finance.202501.get_transactionsby_order"
CREATE_RETURN = "return_refund.202602.create_return"


def deliver(desk: Desk, units: int = 1) -> Order:
    order = desk.place(units=units)
    for event in ("ship", "collect", "deliver"):
        desk.command("move_order", order=order.id, event=event)
    return desk.order(order.id)


def complete(desk: Desk, units: int = 1) -> Order:
    order = deliver(desk, units)
    desk.command("move_order", order=order.id, event="complete")
    return desk.order(order.id)


def refund(desk: Desk, order: Order) -> None:
    asked = desk.command("request_return", order=order.id, return_type="REFUND")
    body = {"decision": "APPROVE_REFUND"}
    desk.call("return_refund.202309.approve_return", return_id=asked["return_id"], body=body)


def request_of(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "return_type": "REFUND",
        "return_reason": next(iter(RETURN)),
    }


def read(
    desk: Desk, operation: str, rows: str, *, sort: str, statement_id: str = ""
) -> list[dict[str, Any]]:
    answer = desk.call(operation, query={"sort_field": sort}, statement_id=statement_id)
    found: list[dict[str, Any]] = answer.data[rows]
    return found


def statements(desk: Desk) -> list[dict[str, Any]]:
    return read(desk, STATEMENTS, "statements", sort="statement_time")


def transactions(desk: Desk, statement: dict[str, Any]) -> list[dict[str, Any]]:
    id = statement["id"]
    return read(desk, TRANSACTIONS, "transactions", sort="order_create_time", statement_id=id)


def total(rows: list[dict[str, Any]], field: str = "settlement_amount") -> Decimal:
    return sum((Decimal(row[field]) for row in rows), Decimal(0))


@pytest.mark.parametrize("region", ["GB", "US", "JP", "VN"])
def test_statements_add_up_to_what_orders_brought(
    make_desk: Callable[..., Desk], region: str
) -> None:
    desk = make_desk(region)
    for day in range(3):
        for units in range(1, 3 + day):
            complete(desk, units)
        if day != 1:
            refund(desk, deliver(desk))
        desk.wait(hours=24)

    rows = statements(desk)

    assert len(rows) == 3
    for row in rows:
        assert total(transactions(desk, row)) == Decimal(row["settlement_amount"])


def test_payments_cover_every_statement_once(desk: Desk) -> None:
    lossy = next(
        order
        for order in (deliver(desk) for _ in range(40))
        if order.shipping.original > order.shipping.platform_discount
    )
    refund(desk, lossy)
    desk.wait(hours=24)
    complete(desk, units=3)
    desk.wait(hours=72)

    rows = statements(desk)
    payments = read(desk, PAYMENTS, "payments", sort="create_time")

    assert Decimal(rows[0]["settlement_amount"]) < 0
    assert {row["payment_id"] for row in rows} == {payment["id"] for payment in payments}
    paid = sum(Decimal(payment["amount"]["value"]) for payment in payments)
    assert paid == total(rows)


def test_a_day_that_is_not_over_has_no_statement(desk: Desk) -> None:
    complete(desk)

    assert statements(desk) == []


def test_an_estimate_vanishes_when_its_order_settles(desk: Desk) -> None:
    order = deliver(desk)
    before = read(desk, UNSETTLED, "transactions", sort="order_create_time")

    desk.command("move_order", order=order.id, event="complete")

    assert [row["order_id"] for row in before] == [order.id]
    assert read(desk, UNSETTLED, "transactions", sort="order_create_time") == []


def test_an_order_that_has_not_settled_brought_nothing_yet(desk: Desk) -> None:
    assert "settlement_amount" not in desk.call(BY_ORDER, order_id=deliver(desk).id).data


def test_a_refund_takes_the_sale_back(desk: Desk) -> None:
    order = deliver(desk, units=2)
    refund(desk, order)

    data = desk.call(BY_ORDER, order_id=order.id).data

    assert Decimal(data["revenue_amount"]) == 0
    assert Decimal(data["fee_and_tax_amount"]) == 0


def test_cancelled_units_bring_nothing(desk: Desk) -> None:
    order = desk.place(units=2)
    lines = [order.lines[0].id]
    body = {
        "order_id": order.id,
        "cancel_reason": "seller_cancel_reason_out_of_stock",
        "order_line_item_ids": lines,
    }
    desk.call("return_refund.202309.cancel_order", body=body)
    for event in ("ship", "collect", "deliver", "complete"):
        desk.command("move_order", order=order.id, event=event)

    (row,) = desk.call(BY_ORDER, order_id=order.id).data["sku_transactions"]

    assert row["quantity"] == "1"


def test_what_the_books_lack_is_told_as_zero(desk: Desk) -> None:
    complete(desk)
    desk.wait(hours=24)

    (row,) = transactions(desk, statements(desk)[0])

    assert row["fee_tax_breakdown"]["fee"]["affiliate_commission_amount"] == "0"


def test_equal_books_have_equal_ids(make_desk: Callable[..., Desk]) -> None:
    first, second = make_desk(), make_desk()
    for desk in (first, second):
        complete(desk)
        desk.wait(hours=72)

    assert statements(first) == statements(second)


def test_a_refund_after_the_payment_leaves_statement_and_payment_as_they_were(desk: Desk) -> None:
    order = complete(desk, units=2)
    desk.wait(hours=72)
    before = statements(desk), read(desk, PAYMENTS, "payments", sort="create_time")

    refund(desk, order)
    desk.wait(hours=24)

    rows = statements(desk)
    assert rows[:1] == before[0]
    assert read(desk, PAYMENTS, "payments", sort="create_time") == before[1]
    (taken_back,) = transactions(desk, rows[1])
    assert Decimal(taken_back["settlement_amount"]) < 0
    assert taken_back["order_id"] == order.id


def test_units_are_refunded_once(desk: Desk) -> None:
    order = complete(desk)
    refund(desk, order)

    answer = desk.call(CREATE_RETURN, body=request_of(order))

    assert answer.code == 25001003
    with pytest.raises(UsageError, match=r"every unit of order .* is refunded already"):
        desk.command("request_return", order=order.id, return_type="REFUND")


def test_a_part_given_back_settles_the_matter(desk: Desk) -> None:
    order = complete(desk)
    asked = desk.command("request_return", order=order.id, return_type="REFUND")
    offer = {"amount": "0.50", "currency": order.currency}
    body = {"decision": "OFFER_PARTIAL_REFUND", "partial_refund": offer}
    desk.call("return_refund.202309.approve_return", return_id=asked["return_id"], body=body)
    desk.command("answer_offer", order=order.id)

    with pytest.raises(UsageError, match="is refunded already"):
        desk.command("request_return", order=order.id, return_type="REFUND")
    told = desk.twin.ledger()["shops"][desk.shop.id]["returns"]
    assert [(row["refund_amount"], row["currency"]) for row in told] == [("0.50", order.currency)]


def test_an_order_is_completed_when_its_last_unit_is_refunded(desk: Desk) -> None:
    order = deliver(desk, units=2)
    states = []
    for line in order.lines:
        desk.call(CREATE_RETURN, body={**request_of(order), "order_line_item_ids": [line.id]})
        states.append(desk.order(order.id).status)

    assert states == ["DELIVERED", "COMPLETED"]


@pytest.mark.parametrize(("region", "nothing"), [("GB", "0.00"), ("JP", "0"), ("VN", "0")])
def test_nothing_is_told_in_the_currency_of_the_shop(
    make_desk: Callable[..., Desk], region: str, nothing: str
) -> None:
    answer = make_desk(region).call(UNSETTLED, query={"sort_field": "order_create_time"})

    assert answer.data["sum_est_settlement_amount"] == nothing


def test_an_offer_that_was_declined_leaves_the_full_refund(desk: Desk) -> None:
    order = deliver(desk)
    asked = desk.command("request_return", order=order.id, return_type="REFUND")
    offer = {"amount": "0.50", "currency": order.currency}
    body = {"decision": "OFFER_PARTIAL_REFUND", "partial_refund": offer}
    desk.call("return_refund.202309.approve_return", return_id=asked["return_id"], body=body)
    desk.command("answer_offer", order=order.id, accept=False)

    body = {"decision": "APPROVE_REFUND"}
    desk.call("return_refund.202309.approve_return", return_id=asked["return_id"], body=body)

    (row,) = desk.twin.ledger()["shops"][desk.shop.id]["returns"]
    assert Decimal(row["refund_amount"]) == order.total
    assert desk.order(order.id).status == "COMPLETED"


def test_a_seller_may_give_back_a_part(desk: Desk) -> None:
    order = deliver(desk)
    body = {**request_of(order), "refund_total": "0.50", "currency": order.currency}

    desk.call(CREATE_RETURN, body=body)

    (row,) = desk.twin.ledger()["shops"][desk.shop.id]["returns"]
    (told,) = desk.call("return_refund.202602.search_returns").data["return_orders"]
    assert (row["refund_amount"], told["refund_amount"]["refund_total"]) == ("0.50", "0.50")
    assert desk.order(order.id).status == "DELIVERED"
