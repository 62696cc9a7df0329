"""Packages: reading, shipping, labels."""

from __future__ import annotations

from tests.support.shop_desk import Answer, Desk
from tests.surface.arranging import (
    ask_to_cancel,
    delivered,
    moved,
    of_shipping_type,
    own_shipment,
    package_of,
)
from tests.surface.cases import accepted, refused

from tts_chaos.twin.domains.order.entities import Order

SEARCH = "fulfillment.202309.search_package"
DETAIL = "fulfillment.202309.get_package_detail"
SHIP = "fulfillment.202309.ship_package"
LABEL = "fulfillment.202309.get_package_shipping_document"
TRACKING = "fulfillment.202309.get_tracking"
MARKS = ("fulfillment.202309.mark_package_as_shipped", "fulfillment.202610.mark_package_as_shipped")
AS_LABEL = {"document_type": "SHIPPING_LABEL"}


def mark(desk: Desk, operation: str, order: Order, number: str = "TRACK12345") -> Answer:
    """Tell that the seller shipped an order."""
    own = own_shipment(desk, number)
    body = {**own, "shipping_info_list": [own]} if "202610" in operation else own
    return desk.call(operation, order_id=order.id, body=body)


def ship(desk: Desk, order: Order, **body: object) -> Answer:
    """Ship the first package of an order."""
    return desk.call(SHIP, package_id=package_of(desk, order), body=body)


def label(desk: Desk, order: Order) -> Answer:
    """Ask for the label of an order's first package."""
    return desk.call(LABEL, package_id=package_of(desk, order), query=AS_LABEL)


@accepted(SEARCH)
def finds_packages_by_status(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    answer = desk.call(operation, query={"page_size": 10}, body={"package_status": "PROCESSING"})
    assert [row["orders"][0]["id"] for row in answer.data["packages"]] == [order.id]
    return answer


@accepted(DETAIL)
def tells_a_package(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, package_id=package_of(desk, desk.place()))


@accepted(SHIP)
def ships_by_the_platforms_carrier(desk: Desk, _operation: str) -> Answer:
    order = of_shipping_type(desk, "TIKTOK")
    answer = ship(desk, order, handover_method="DROP_OFF")
    assert desk.order(order.id).status == "AWAITING_COLLECTION"
    return answer


@accepted(LABEL)
def gives_a_label_once_it_is_made(desk: Desk, _operation: str) -> Answer:
    order = of_shipping_type(desk, "TIKTOK")
    ship(desk, order)
    desk.wait(hours=1)
    return label(desk, order)


@accepted(TRACKING)
def tells_where_the_parcel_is(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, order_id=moved(desk, "ship", "collect").id)
    assert len(answer.data["tracking"]) == 2
    return answer


@accepted(*MARKS)
def takes_the_sellers_word(desk: Desk, operation: str) -> Answer:
    return mark(desk, operation, desk.place())


@refused(SHIP, 21011028)
def a_package_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, package_id="1154")


@refused(DETAIL, 21011028)
def a_detail_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, package_id="1154")


@refused(SHIP, 21011006)
def a_package_that_left(desk: Desk, _operation: str) -> Answer:
    order = of_shipping_type(desk, "TIKTOK")
    ship(desk, order)
    return ship(desk, order)


@refused(SHIP, 21011007)
def a_request_to_cancel_is_open(desk: Desk, _operation: str) -> Answer:
    order = of_shipping_type(desk, "TIKTOK")
    ask_to_cancel(desk, order)
    return ship(desk, order)


@refused(SHIP, 21011041)
def a_cancelled_order(desk: Desk, _operation: str) -> Answer:
    order = of_shipping_type(desk, "TIKTOK")
    package_id = package_of(desk, order)
    desk.command("move_order", order=order.id, event="cancel")
    return desk.call(SHIP, package_id=package_id)


@refused(SHIP, 21011044)
def an_order_on_hold(desk: Desk, _operation: str) -> Answer:
    return ship(desk, desk.place(hold=True))


@refused(SHIP, 21011053)
def a_slot_that_is_over(desk: Desk, _operation: str) -> Answer:
    order = of_shipping_type(desk, "TIKTOK")
    slot = {"start_time": 1, "end_time": 2}
    return ship(desk, order, handover_method="PICKUP", pickup_slot=slot)


@refused(SHIP, 21011054)
def no_shipment_where_the_seller_ships(desk: Desk, _operation: str) -> Answer:
    return ship(desk, of_shipping_type(desk, "SELLER"))


@refused(SHIP, 21004012)
def a_tracking_number_with_odd_characters(desk: Desk, _operation: str) -> Answer:
    return ship(desk, desk.place(), self_shipment=own_shipment(desk, "no spaces!"))


@refused(SHIP, 21011022)
def a_carrier_nobody_knows(desk: Desk, _operation: str) -> Answer:
    own = {"tracking_number": "TRACK12345", "shipping_provider_id": "7"}
    return ship(desk, desk.place(), self_shipment=own)


@refused(SHIP, 21011026)
def a_tracking_number_for_too_many_orders(desk: Desk, _operation: str) -> Answer:
    own = own_shipment(desk)
    for _ in range(20):
        ship(desk, desk.place(), self_shipment=own)
    return ship(desk, desk.place(), self_shipment=own)


@refused(MARKS, 21008099)
def an_order_that_left(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    mark(desk, operation, order)
    return mark(desk, operation, order)


@refused(MARKS, 21008044)
def a_request_to_cancel_an_order_is_open(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    ask_to_cancel(desk, order)
    return mark(desk, operation, order)


@refused(MARKS, 21011003)
def an_unpaid_order(desk: Desk, operation: str) -> Answer:
    return mark(desk, operation, desk.place(paid=False))


@refused(MARKS, 21008106, region="TH")
def a_market_without_it(desk: Desk, operation: str) -> Answer:
    return mark(desk, operation, desk.place())


@refused(MARKS, 21011029)
def a_line_of_another_order(desk: Desk, operation: str) -> Answer:
    own = own_shipment(desk)
    body = {**own, "shipping_info_list": [own], "order_line_item_ids": ["5"]}
    if "202610" in operation:
        body = {"shipping_info_list": [own], "order_line_list": [{"order_line_id": "5"}]}
    return desk.call(operation, order_id=desk.place().id, body=body)


@refused(TRACKING, 21008111)
def the_tracking_of_nobodys_order(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id="5770")


@refused(LABEL, 21042104)
def a_label_before_shipping(desk: Desk, _operation: str) -> Answer:
    return label(desk, desk.place())


@refused(LABEL, 11034037)
def a_label_in_the_making(desk: Desk, _operation: str) -> Answer:
    order = of_shipping_type(desk, "TIKTOK")
    ship(desk, order)
    return label(desk, order)


@refused(LABEL, 11034002)
def a_label_of_the_sellers_carrier(desk: Desk, _operation: str) -> Answer:
    order = desk.place()
    ship(desk, order, self_shipment=own_shipment(desk))
    return label(desk, order)


@refused(LABEL, 21042102)
def a_label_after_collection(desk: Desk, _operation: str) -> Answer:
    return label(desk, delivered(desk))


@refused(LABEL, 21023059)
def a_label_of_a_cancelled_package(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    package_id = package_of(desk, order)
    desk.command("move_order", order=order.id, event="cancel")
    return desk.call(operation, package_id=package_id, query=AS_LABEL)
