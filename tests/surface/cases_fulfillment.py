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


BATCH = "fulfillment.202309.batch_ship_packages"
CREATES = ("fulfillment.202309.create_packages", "fulfillment.202512.create_packages")
SERVICES = "fulfillment.202309.get_eligible_shipping_service"
SLOTS = "fulfillment.202309.get_package_handover_time_slots"
ORDER_SLOTS = "fulfillment.202309.get_handover_timeslots"
ATTRIBUTES = "fulfillment.202309.get_order_split_attributes"
SPLIT = "fulfillment.202309.split_orders"
CORRECT = "fulfillment.202309.update_shipping_info"
CORRECTS = (
    "fulfillment.202309.update_package_shipping_info",
    "fulfillment.202610.update_package_shipping_info",
)
REPORT = "fulfillment.202309.update_package_delivery_status"
IMAGE = "fulfillment.202309.fulfillment_upload_delivery_image"
FILE = "fulfillment.202309.fulfillment_upload_delivery_file"
PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\x02\0\0\0\x01" + b"\x08\x06\0\0\0"


@accepted(BATCH)
def ships_what_it_can_and_tells_the_rest(desk: Desk, operation: str) -> Answer:
    good = package_of(desk, of_shipping_type(desk, "TIKTOK"))
    answer = desk.call(operation, body={"packages": [{"id": good}, {"id": "1154"}]})
    errors = [(row["code"], row["detail"]["package_id"]) for row in answer.data["errors"]]
    assert errors == [(21011028, "1154")]
    return answer


def make_package(desk: Desk, operation: str, order: Order, **body: object) -> Answer:
    """Make a package of an order."""
    kind = {"ship_type": "SHIP"} if "202512" in operation else {}
    return desk.call(operation, body={"order_id": order.id, **kind, **body})


@accepted(*CREATES, region="US")
def makes_the_package_that_is_shipped_then(desk: Desk, operation: str) -> Answer:
    order = of_shipping_type(desk, "TIKTOK", units=2)
    answer = make_package(desk, operation, order)
    desk.call(SHIP, package_id=answer.data["package_id"], body={})
    assert desk.order(order.id).status == "AWAITING_COLLECTION"
    return answer


@refused(CREATES, 21004008, region="US")
def a_package_of_nobodys_order(desk: Desk, operation: str) -> Answer:
    kind = {"ship_type": "SHIP"} if "202512" in operation else {}
    return desk.call(operation, body={"order_id": "5770", **kind})


@refused(CREATES, 21011037, region="US")
def a_package_of_what_left(desk: Desk, operation: str) -> Answer:
    return make_package(desk, operation, moved(desk, "ship"))


@refused(CREATES, 11003011, region="US")
def a_package_by_no_known_service(desk: Desk, operation: str) -> Answer:
    return make_package(desk, operation, desk.place(), shipping_service_id="7")


@refused("fulfillment.202309.create_packages", 11001002, region="US")
def a_package_of_a_foreign_line(desk: Desk, operation: str) -> Answer:
    return make_package(desk, operation, desk.place(), order_line_item_ids=["5"])


@accepted(SERVICES)
def tells_the_services_for_an_order(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, order_id=desk.place().id)
    assert [row["is_default"] for row in answer.data["shipping_services"]].count(True) == 1
    return answer


@refused(SERVICES, 21004008)
def services_for_nobodys_order(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id="5770")


@accepted(SLOTS)
def tells_when_a_package_is_picked_up(desk: Desk, operation: str) -> Answer:
    order = of_shipping_type(desk, "TIKTOK")
    answer = desk.call(operation, package_id=package_of(desk, order))
    slot = answer.data["pickup_slots"][0]
    window = {"start_time": slot["start_time"], "end_time": slot["end_time"]}
    assert ship(desk, order, handover_method="PICKUP", pickup_slot=window).code == 0
    return answer


@accepted(ORDER_SLOTS)
def tells_when_an_order_is_picked_up(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id=desk.place().id)


@refused(SLOTS, 21011028)
def slots_for_nobodys_package(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, package_id="1154")


@refused(ORDER_SLOTS, 21004008)
def slots_for_nobodys_order(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id="5770")


@accepted(ATTRIBUTES)
def tells_what_may_be_split(desk: Desk, operation: str) -> Answer:
    ids = f"{desk.place(units=2).id},{desk.place().id}"
    answer = desk.call(operation, query={"order_ids": ids})
    assert [row["can_split"] for row in answer.data["split_attributes"]] == [True, False]
    return answer


def split(desk: Desk, order: Order, *groups: list[str]) -> Answer:
    """Split an order into groups of line items."""
    rows = [{"id": str(n), "order_line_item_ids": ids} for n, ids in enumerate(groups)]
    return desk.call(SPLIT, order_id=order.id, body={"splittable_groups": rows})


@accepted(SPLIT)
def splits_an_order_in_two(desk: Desk, _operation: str) -> Answer:
    order = desk.place(units=3)
    first, second, third = (line.id for line in order.lines)
    answer = split(desk, order, [first, second], [third])
    now = desk.order(order.id)
    assert now.lines[0].package_id == now.lines[1].package_id != now.lines[2].package_id
    return answer


@refused(SPLIT, 21011035)
def splits_a_single_unit(desk: Desk, _operation: str) -> Answer:
    order = desk.place()
    return split(desk, order, [order.lines[0].id])


@refused(SPLIT, 21011005)
def splits_one_unit_into_two_groups(desk: Desk, _operation: str) -> Answer:
    order = desk.place(units=2)
    return split(desk, order, [order.lines[0].id], [order.lines[0].id])


def self_shipped(desk: Desk) -> Order:
    """Return an order that the seller shipped with a carrier of their own."""
    order = desk.place()
    ship(desk, order, self_shipment=own_shipment(desk))
    return order


def correct(desk: Desk, operation: str, order: Order, number: str = "TRACK99999") -> Answer:
    """Tell another tracking number."""
    own = own_shipment(desk, number)
    if operation == CORRECT:
        return desk.call(operation, order_id=order.id, body=own)
    body = {"shipping_info_list": [own]} if "202610" in operation else own
    return desk.call(operation, package_id=package_of(desk, order), body=body)


@accepted(CORRECT, *CORRECTS)
def corrects_a_tracking_number(desk: Desk, operation: str) -> Answer:
    order = self_shipped(desk)
    answer = correct(desk, operation, order)
    assert desk.order(order.id).lines[0].tracking_number == "TRACK99999"
    return answer


@refused(CORRECT, 21011051)
def corrects_an_order_twice(desk: Desk, operation: str) -> Answer:
    order = self_shipped(desk)
    correct(desk, operation, order)
    return correct(desk, operation, order)


@refused(CORRECTS, 21011052)
def corrects_a_package_twice(desk: Desk, operation: str) -> Answer:
    order = self_shipped(desk)
    correct(desk, operation, order)
    return correct(desk, operation, order)


@refused((CORRECT, *CORRECTS), 21011050)
def corrects_after_three_days(desk: Desk, operation: str) -> Answer:
    order = self_shipped(desk)
    desk.wait(hours=73)
    return correct(desk, operation, order)


@refused((CORRECT, *CORRECTS), 21011049)
def corrects_the_platforms_number(desk: Desk, operation: str) -> Answer:
    order = of_shipping_type(desk, "TIKTOK")
    ship(desk, order)
    return correct(desk, operation, order)


@refused((CORRECT, *CORRECTS), 21011043)
def corrects_before_shipping(desk: Desk, operation: str) -> Answer:
    return correct(desk, operation, desk.place())


@refused((CORRECT, *CORRECTS), 10007002)
def corrects_after_delivery(desk: Desk, operation: str) -> Answer:
    order = self_shipped(desk)
    for event in ("collect", "deliver"):
        desk.command("move_order", order=order.id, event=event)
    return correct(desk, operation, order)


@refused(CORRECT, 21011041)
def corrects_a_cancelled_order(desk: Desk, operation: str) -> Answer:
    return correct(desk, operation, moved(desk, "cancel"))


@refused(CORRECT, 21011028)
def corrects_nobodys_order(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id="5770", body=own_shipment(desk))


@accepted(REPORT)
def takes_word_of_a_delivery(desk: Desk, operation: str) -> Answer:
    order = self_shipped(desk)
    row = {"id": package_of(desk, order), "delivery_type": "DELIVERY_SUCCESS"}
    answer = desk.call(operation, body={"packages": [row]})
    assert desk.order(order.id).status == "DELIVERED"
    return answer


@accepted(REPORT)
def takes_no_word_of_a_parcel_that_has_not_left(desk: Desk, operation: str) -> Answer:
    row = {"id": package_of(desk, desk.place()), "delivery_type": "DELIVERY_SUCCESS"}
    answer = desk.call(operation, body={"packages": [row]})
    assert [error["code"] for error in answer.data["errors"]] == [21011030]
    return answer


@accepted(IMAGE)
def keeps_a_picture(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, files={"data": ("proof.png", PIXEL, "image/png")})
    assert (answer.data["width"], answer.data["height"]) == (2, 1)
    return answer


@accepted(FILE)
def keeps_a_file(desk: Desk, operation: str) -> Answer:
    files = {"data": ("proof.pdf", b"%PDF-1.7", "application/pdf")}
    return desk.call(operation, files=files, body={"name": "proof.pdf"})


@refused(IMAGE, 12038002)
def a_picture_that_is_none(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, files={"data": ("proof.png", b"hello", "image/png")})


@refused((IMAGE, FILE), 12038004)
def an_empty_file(desk: Desk, operation: str) -> Answer:
    files = {"data": ("proof.png", b"", "image/png")}
    return desk.call(operation, files=files, body={"name": "x"} if operation == FILE else None)
