"""What the ledger tells of money given back: to the minor unit, once, and as the API tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tts_chaos.twin.domains.return_refund.reasons import RETURN, SELLER_CANCEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shop_desk import Answer, Desk

    from tts_chaos.twin.domains.order.entities import Order

CANCEL = "return_refund.202309.cancel_order"
CREATE = "return_refund.202309.create_return"


def delivered(desk: Desk, units: int = 3) -> Order:
    order = desk.place(units=units)
    for event in ("ship", "collect", "deliver"):
        desk.command("move_order", order=order.id, event=event)
    return desk.order(order.id)


def told(desk: Desk, name: str, order: Order) -> list[dict[str, Any]]:
    shop = desk.twin.ledger()["shops"][desk.shop.id]
    return [row for row in shop[name] if row["order_id"] == order.id]


def start(desk: Desk, order: Order, key: str = "", **body: Any) -> Answer:
    fields = {"order_id": order.id, "return_type": "REFUND", "return_reason": next(iter(RETURN))}
    query = {"idempotency_key": key} if key else {}
    return desk.call(CREATE, query=query, body=fields | body)


def shown(desk: Desk, name: str, order: Order) -> list[str]:
    rows = {"returns": "return_orders"}.get(name, name)
    answer = desk.call(f"return_refund.202309.search_{name}", body={"order_ids": [order.id]})
    return [row["refund_amount"]["refund_total"] for row in answer.data[rows]]


@pytest.mark.parametrize(("region", "digits"), [("GB", 2), ("JP", 0)])
def test_a_whole_refund_is_what_the_buyer_paid_to_the_minor_unit(
    make_desk: Callable[..., Desk], region: str, digits: int
) -> None:
    desk = make_desk(region)
    order = delivered(desk)

    start(desk, order)

    (row,) = told(desk, "returns", order)
    assert len(row["refund_amount"].partition(".")[2]) == digits
    assert row["currency"] == order.currency
    assert row["role"] == "SELLER"
    assert [row["refund_amount"]] == shown(desk, "returns", order)


def test_a_part_is_told_as_the_part(desk: Desk) -> None:
    order = delivered(desk)

    start(desk, order, refund_total="1.25", currency="GBP")

    assert [row["refund_amount"] for row in told(desk, "returns", order)] == ["1.25"]


def test_a_request_that_waits_gives_nothing(desk: Desk) -> None:
    order = delivered(desk)
    desk.command("request_return", order=order.id, return_type="REFUND")

    assert [row["refund_amount"] for row in told(desk, "returns", order)] == ["0"]


def test_a_cancelled_order_gives_back_what_was_paid(desk: Desk) -> None:
    order = desk.place(units=2)

    desk.call(CANCEL, body={"order_id": order.id, "cancel_reason": next(iter(SELLER_CANCEL))})

    (row,) = told(desk, "cancellations", order)
    assert [row["refund_amount"]] == shown(desk, "cancellations", order)
    assert float(row["refund_amount"]) > 0


def test_an_order_that_was_never_paid_gives_nothing_back(desk: Desk) -> None:
    order = desk.place(units=1, paid=False)

    desk.command("request_cancellation", order=order.id)

    assert [row["refund_amount"] for row in told(desk, "cancellations", order)] == ["0"]
    assert {float(amount) for amount in shown(desk, "cancellations", order)} == {0.0}


def test_a_refund_that_is_sent_again_under_its_key_is_given_once(desk: Desk) -> None:
    order = delivered(desk)
    unit = {"skus": [{"sku_id": order.lines[0].sku_id, "quantity": 1}]}

    first = start(desk, order, "k1", **unit)
    again = start(desk, order, "k1", **unit)

    assert first.data["return_id"] == again.data["return_id"]
    assert len(told(desk, "returns", order)) == 1


def test_a_refund_under_another_key_is_another_refund(desk: Desk) -> None:
    order = delivered(desk)

    for place, key in enumerate(("k1", "k2")):
        start(desk, order, key, order_line_item_ids=[order.lines[place].id])

    assert len(told(desk, "returns", order)) == 2
