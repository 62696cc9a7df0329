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


ADD = "order.202406.add_external_order_references"
REFERENCES = "order.202406.get_external_order_references"
FIND = "order.202406.search_order_by_external_order_reference"


def refer(desk: Desk, *, line: str = "") -> tuple[str, Answer]:
    """Tell the platform what a shop system calls an order; return the order's id, too."""
    order = desk.place()
    lines = [{"id": "L1", "origin_id": line or order.lines[0].id}]
    external = {"id": "SO-17", "platform": "SHOPIFY", "line_items": lines}
    body = {"orders": [{"id": order.id, "external_order": external}]}
    return order.id, desk.call(ADD, body=body)


@accepted(ADD)
def keeps_a_reference(desk: Desk, _operation: str) -> Answer:
    _, answer = refer(desk)
    assert answer.data["errors"] == []
    return answer


@accepted(ADD)
def tells_a_line_of_nobody_inside_code_0(desk: Desk, _operation: str) -> Answer:
    order_id, answer = refer(desk, line="5")
    assert [row["detail"]["order_id"] for row in answer.data["errors"]] == [order_id]
    return answer


@accepted(REFERENCES)
def tells_what_a_system_calls_an_order(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, order_id=refer(desk)[0], query={"platform": "SHOPIFY"})
    assert [row["id"] for row in answer.data["external_orders"]] == ["SO-17"]
    return answer


@accepted(FIND)
def finds_an_order_by_its_other_name(desk: Desk, operation: str) -> Answer:
    order_id, _ = refer(desk)
    query = {"platform": "SHOPIFY", "external_order_id": "SO-17"}
    answer = desk.call(operation, query=query)
    assert [row["id"] for row in answer.data["orders"]] == [order_id]
    return answer


@refused(REFERENCES, 36009004, "parameter_invalid")
def references_of_nobodys_order(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id="5770", query={"platform": "SHOPIFY"})
