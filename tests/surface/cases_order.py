"""Orders: search, detail, prices."""

from __future__ import annotations

from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import accepted, refused

SEARCH = "order.202309.get_order_list"
DETAILS = ("order.202309.get_order_detail", "order.202507.get_order_detail")
PRICES = "order.202407.get_price_detail"


@accepted(SEARCH)
def finds_what_was_placed(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    answer = desk.call(operation, query={"page_size": 10}, body={"order_status": order.status})
    assert [row["id"] for row in answer.data["orders"]] == [order.id]
    return answer


@accepted(*DETAILS)
def tells_an_order_by_its_id(desk: Desk, operation: str) -> Answer:
    order = desk.place(units=2)
    answer = desk.call(operation, query={"ids": order.id})
    assert len(answer.data["orders"][0]["line_items"]) == 2
    return answer


@accepted(PRICES)
def takes_a_price_apart(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id=desk.place(units=2).id)


@refused(SEARCH, 36009004, "parameter_invalid")
def more_than_a_page_may_hold(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, query={"page_size": 101})


@refused(DETAILS, 36009004, "parameter_invalid")
def more_than_fifty_ids(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, query={"ids": ",".join(map(str, range(51)))})


@refused(PRICES, 36009004, "parameter_invalid")
def an_order_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id="5770")
