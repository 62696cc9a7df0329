"""What the API promises about packages and shipping."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.fulfillment.entities import Package

if TYPE_CHECKING:
    from tests.support.shop_desk import Answer, Desk

    from tts_chaos.twin.domains.order.entities import Order

SEARCH = "fulfillment.202309.search_package"
DETAIL = "fulfillment.202309.get_package_detail"
SHIP = "fulfillment.202309.ship_package"
LABEL = "fulfillment.202309.get_package_shipping_document"
TRACKING = "fulfillment.202309.get_tracking"
MARK = "fulfillment.202309.mark_package_as_shipped"
MARK_NEWER = "fulfillment.202610.mark_package_as_shipped"


def package_of(desk: Desk, order: Order) -> Package:
    id = desk.order(order.id).lines[0].package_id
    package = desk.twin.env.store.get(Package, desk.shop.id, id)
    assert package is not None
    return package


def ship(desk: Desk, order: Order, **body: Any) -> Answer:
    """Ship by the platform's carrier, or by the seller's where the order wants that."""
    if not body and order.shipping_type == "SELLER":
        body = {"self_shipment": own(desk)}
    package_id = desk.order(order.id).lines[0].package_id
    return desk.call(SHIP, package_id=package_id, body=body)


def own(desk: Desk, number: str = "TRACK12345") -> dict[str, str]:
    return {"tracking_number": number, "shipping_provider_id": desk.carrier()}


def platform_shipped(desk: Desk, **arguments: Any) -> Order:
    """An order that the platform's carrier takes."""
    return next(
        order
        for order in (desk.place(**arguments) for _ in range(60))
        if order.shipping_type == "TIKTOK"
    )


def seller_shipped(desk: Desk) -> Order:
    """An order that the seller's carrier takes."""
    return next(
        order for order in (desk.place() for _ in range(60)) if order.shipping_type == "SELLER"
    )


@pytest.mark.parametrize(
    ("arguments", "has_package"),
    [
        pytest.param({"paid": False}, False, id="not-while-unpaid"),
        pytest.param({"hold": True}, True, id="from-payment-on"),
        pytest.param({}, True, id="while-it-awaits-shipment"),
    ],
)
def test_outside_the_us_a_package_exists_from_payment_on(
    desk: Desk, arguments: dict[str, Any], has_package: bool
) -> None:
    order = desk.place(**arguments)

    assert bool(order.lines[0].package_id) is has_package


def test_in_the_us_a_package_exists_only_after_shipping(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk("US")
    order = desk.place()
    before = order.lines[0].package_id

    data = desk.call(MARK, order_id=order.id, body=own(desk)).data

    assert before == ""
    assert desk.order(order.id).lines[0].package_id == data["package_id"]


def test_shipping_moves_package_order_and_units(desk: Desk) -> None:
    order = platform_shipped(desk, units=2)
    stock = {line.sku_id: desk.stock(line.sku_id).total for line in order.lines}

    assert ship(desk, order).code == 0

    after = desk.order(order.id)
    assert after.status == "AWAITING_COLLECTION"
    assert package_of(desk, order).status == "FULFILLING"
    assert {line.package_status for line in after.lines} == {"FULFILLING"}
    assert {id: desk.stock(id).total for id in stock} == stock
    assert sum(desk.stock(id).shipped for id in stock) == 2


def test_the_ledger_lists_each_shipment_once(desk: Desk) -> None:
    order = platform_shipped(desk)
    ship(desk, order)
    package = package_of(desk, order)

    assert desk.twin.ledger()["shops"][desk.shop.id]["shipments"] == [
        {
            "order_id": order.id,
            "package_id": package.id,
            "tracking_number": package.tracking_number,
        }
    ]


def test_shipping_twice_is_told_and_changes_nothing(desk: Desk) -> None:
    order = platform_shipped(desk)
    ship(desk, order)
    package = package_of(desk, order)

    assert ship(desk, order).code == 21011006
    assert package_of(desk, order) == package


def test_an_order_on_hold_cannot_be_shipped_until_the_hour_is_over(desk: Desk) -> None:
    order = platform_shipped(desk, hold=True)

    held = ship(desk, order)
    desk.wait(hours=1)
    released = ship(desk, order)

    assert (held.code, released.code) == (21011044, 0)


def test_an_open_request_to_cancel_blocks_shipping(desk: Desk) -> None:
    order = platform_shipped(desk)
    desk.command("request_cancellation", order=order.id)

    shipped = ship(desk, order)
    marked = desk.call(MARK, order_id=order.id, body=own(desk))

    assert (shipped.code, marked.code) == (21011007, 21008044)
    assert desk.order(order.id).status == "AWAITING_SHIPMENT"


def test_a_cancelled_order_cannot_be_shipped(desk: Desk) -> None:
    order = platform_shipped(desk)
    desk.command("move_order", order=order.id, event="cancel")

    assert ship(desk, order).code == 21011041
    assert package_of(desk, order).status == "CANCELLED"


def test_an_unknown_package_is_refused(desk: Desk) -> None:
    assert desk.call(SHIP, package_id="1150000000000000000").code == 21011028


def test_a_seller_who_ships_must_say_how(desk: Desk) -> None:
    order = seller_shipped(desk)

    assert desk.call(SHIP, package_id=package_of(desk, order).id).code == 21011054
    assert package_of(desk, order).status == "PROCESSING"


@pytest.mark.parametrize(
    ("info", "code"),
    [
        pytest.param({"tracking_number": "AB CD"}, 21004012, id="a-blank-in-the-number"),
        pytest.param({"tracking_number": "АВС123"}, 21004012, id="cyrillic-letters"),
        pytest.param({"shipping_provider_id": "1"}, 21011022, id="an-unknown-carrier"),
    ],
)
def test_a_wrong_shipment_is_refused(desk: Desk, info: dict[str, str], code: int) -> None:
    order = seller_shipped(desk)

    answer = ship(desk, order, self_shipment={**own(desk), **info})

    assert answer.code == code
    assert package_of(desk, order).status == "PROCESSING"


def test_a_tracking_number_serves_20_orders_and_no_more(desk: Desk) -> None:
    orders = [desk.place() for _ in range(21)]

    codes = [ship(desk, order, self_shipment=own(desk)).code for order in orders]

    assert codes == [0] * 20 + [21011026]


@pytest.mark.parametrize(
    ("slot", "code"),
    [
        pytest.param((3_600, 7_200), 0, id="a-slot-ahead"),
        pytest.param((-7_200, -3_600), 21011053, id="a-slot-gone-by"),
        pytest.param((7_200, 3_600), 21011053, id="a-slot-that-ends-before-it-begins"),
    ],
)
def test_a_pick_up_slot_must_lie_ahead(desk: Desk, slot: tuple[int, int], code: int) -> None:
    order = platform_shipped(desk)
    now_s = desk.clock.now_ms() // 1000
    body = {
        "handover_method": "PICKUP",
        "pickup_slot": {"start_time": now_s + slot[0], "end_time": now_s + slot[1]},
    }

    assert ship(desk, order, **body).code == code


@pytest.mark.parametrize("operation", [MARK, MARK_NEWER], ids=["202309", "202610"])
def test_marking_ships_with_the_sellers_carrier(desk: Desk, operation: str) -> None:
    order = desk.place(units=2)
    info = own(desk)
    body = {"shipping_info_list": [info]} if operation == MARK_NEWER else info

    data = desk.call(operation, order_id=order.id, body=body).data

    assert data["order_line_item_ids"] == [line.id for line in order.lines]
    assert desk.order(order.id).status == "AWAITING_COLLECTION"
    assert {line.tracking_number for line in desk.order(order.id).lines} == {"TRACK12345"}


def test_marking_twice_is_told_and_changes_nothing(desk: Desk) -> None:
    order = desk.place()
    desk.call(MARK, order_id=order.id, body=own(desk))
    after = desk.order(order.id)

    assert desk.call(MARK, order_id=order.id, body=own(desk)).code == 21008099
    assert desk.order(order.id) == after


def test_marking_some_items_splits_the_package_and_tells_of_it(desk: Desk) -> None:
    desk.listen(4)
    order = desk.place(units=2)
    first, second = order.lines
    body = {**own(desk), "order_line_item_ids": [first.id]}

    data = desk.call(MARK, order_id=order.id, body=body).data

    after = desk.order(order.id)
    assert after.status == "PARTIALLY_SHIPPING"
    assert after.lines[0].package_id == data["package_id"] != after.lines[1].package_id
    assert [bool(line.shipped_at_s) for line in after.lines] == [True, False]
    (told,) = desk.heard()
    assert told["data"]["sc_type"] == "SPLIT"
    assert [row["package_id"] for row in told["data"]["package_list"]] == [
        after.lines[1].package_id,
        data["package_id"],
    ]
    assert second.package_id == after.lines[1].package_id


def test_after_a_split_each_item_lies_in_one_package(desk: Desk) -> None:
    order = desk.place(units=2)
    body = {**own(desk), "order_line_item_ids": [order.lines[0].id]}
    desk.call(MARK, order_id=order.id, body=body)

    packages = desk.call(SEARCH, query={"page_size": 50}).data["packages"]

    contents = [row["order_line_item_ids"] for row in packages]
    assert sorted(contents) == sorted([[line.id] for line in order.lines])


def test_a_shipped_part_of_an_order_cannot_be_shipped_again(desk: Desk) -> None:
    order = desk.place(units=2)
    body = {**own(desk), "order_line_item_ids": [order.lines[0].id]}
    package_id = desk.call(MARK, order_id=order.id, body=body).data["package_id"]

    answer = desk.call(SHIP, package_id=package_id, body={"self_shipment": own(desk)})

    assert answer.code == 21011006
    assert desk.order(order.id).status == "PARTIALLY_SHIPPING"


def test_naming_a_shipped_item_beside_a_new_one_ships_neither(desk: Desk) -> None:
    order = desk.place(units=2)
    ids = [line.id for line in order.lines]
    desk.call(MARK, order_id=order.id, body={**own(desk), "order_line_item_ids": ids[:1]})

    answer = desk.call(MARK, order_id=order.id, body={**own(desk), "order_line_item_ids": ids})

    assert answer.code == 21008099
    assert desk.order(order.id).status == "PARTIALLY_SHIPPING"


def test_the_rest_of_a_split_order_ships_without_naming_it(desk: Desk) -> None:
    order = desk.place(units=2)
    one = {**own(desk), "order_line_item_ids": [order.lines[0].id]}
    desk.call(MARK, order_id=order.id, body=one)

    data = desk.call(MARK, order_id=order.id, body=own(desk, "TRACK67890")).data

    assert data["order_line_item_ids"] == [order.lines[1].id]
    assert desk.order(order.id).status == "AWAITING_COLLECTION"


def test_an_item_shipped_before_cannot_be_marked_again(desk: Desk) -> None:
    order = desk.place(units=2)
    one = {**own(desk), "order_line_item_ids": [order.lines[0].id]}
    desk.call(MARK, order_id=order.id, body=one)

    assert desk.call(MARK, order_id=order.id, body=one).code == 21008099


def test_an_item_of_another_order_cannot_be_marked(desk: Desk) -> None:
    order, other = desk.place(), desk.place()
    body = {**own(desk), "order_line_item_ids": [other.lines[0].id]}

    assert desk.call(MARK, order_id=order.id, body=body).code == 21011029


def test_marking_is_not_offered_in_vietnam(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk("VN")
    order = desk.place()

    assert desk.call(MARK, order_id=order.id, body=own(desk)).code == 21008106


def test_a_label_is_refused_before_shipping_then_in_the_making_then_there(desk: Desk) -> None:
    order = platform_shipped(desk)
    query = {"document_type": "SHIPPING_LABEL"}
    package_id = package_of(desk, order).id

    early = desk.call(LABEL, package_id=package_id, query=query)
    ship(desk, order)
    at_once = desk.call(LABEL, package_id=package_id, query=query)
    desk.clock.advance(2_000)
    later = desk.call(LABEL, package_id=package_id, query=query)

    assert [early.code, at_once.code, later.code] == [21042104, 11034037, 0]
    assert later.data["tracking_number"] == package_of(desk, order).tracking_number


def test_a_label_needs_a_document_type(desk: Desk) -> None:
    order = platform_shipped(desk)

    assert desk.call(LABEL, package_id=package_of(desk, order).id).code == 36009004


def test_there_is_no_label_after_pick_up(desk: Desk) -> None:
    order = platform_shipped(desk)
    ship(desk, order)
    desk.command("collect_package", order=order.id)

    answer = desk.call(
        LABEL, package_id=package_of(desk, order).id, query={"document_type": "SHIPPING_LABEL"}
    )

    assert answer.code == 21042102


def test_the_platform_makes_no_label_for_the_sellers_carrier(desk: Desk) -> None:
    order = desk.place()
    ship(desk, order, self_shipment=own(desk))

    answer = desk.call(
        LABEL, package_id=package_of(desk, order).id, query={"document_type": "SHIPPING_LABEL"}
    )

    assert answer.code == 11034002


def test_tracking_tells_the_latest_first(desk: Desk) -> None:
    order = platform_shipped(desk)
    ship(desk, order)
    desk.wait(hours=5)
    desk.command("collect_package", order=order.id)
    desk.wait(hours=30)
    desk.command("deliver_package", order=order.id)

    events = desk.call(TRACKING, order_id=order.id).data["tracking"]

    instants = [event["update_time_millis"] for event in events]
    assert [now - then for now, then in pairwise(instants)] == [
        30 * 3_600_000,
        5 * 3_600_000,
    ]
    assert package_of(desk, order).status == "COMPLETED"


def test_a_parcel_that_was_not_shipped_cannot_be_collected(desk: Desk) -> None:
    order = desk.place()

    with pytest.raises(UsageError, match="in state AWAITING_SHIPMENT cannot collect"):
        desk.command("collect_package", order=order.id)


def test_a_search_finds_packages_by_state_the_newest_first(desk: Desk) -> None:
    first = desk.place()
    desk.wait(hours=0.1)
    second = desk.place()
    desk.wait(hours=0.1)
    third = platform_shipped(desk)
    ship(desk, third)

    data = desk.call(SEARCH, query={"page_size": 50}, body={"package_status": "PROCESSING"}).data

    waiting = [row["orders"][0]["id"] for row in data["packages"]]
    assert third.id not in waiting
    assert waiting[-2:] == [second.id, first.id]


def test_a_search_can_be_ordered_by_the_instant_of_payment(desk: Desk) -> None:
    late_payer = desk.place(paid=False)
    desk.wait(hours=0.1)
    prompt_payer = desk.place()
    desk.wait(hours=0.1)
    desk.command("move_order", order=late_payer.id, event="pay")

    query = {"page_size": 50, "sort_field": "order_pay_time", "sort_order": "ASC"}
    data = desk.call(SEARCH, query=query).data

    assert [row["orders"][0]["id"] for row in data["packages"]] == [prompt_payer.id, late_payer.id]


@pytest.mark.parametrize("query", [{}, {"page_size": 0}, {"page_size": 51}], ids=str)
def test_a_page_holds_1_to_50_packages(desk: Desk, query: dict[str, int]) -> None:
    assert desk.call(SEARCH, query=query).code == 36009004


def test_a_detail_hides_the_address_while_the_order_is_on_hold(desk: Desk) -> None:
    order = platform_shipped(desk, hold=True)
    package_id = package_of(desk, order).id

    held = desk.call(DETAIL, package_id=package_id).data["recipient_address"]
    desk.wait(hours=1)
    released = desk.call(DETAIL, package_id=package_id).data["recipient_address"]

    assert held == {}
    assert released["postal_code"] == order.address.postal_code
    assert order.address.phone not in released["phone_number"]


def test_units_of_one_sku_are_counted_in_a_package(desk: Desk) -> None:
    sku = desk.product().skus[0]
    order = desk.place(sku=sku.id, units=3)

    data = desk.call(DETAIL, package_id=package_of(desk, order).id).data

    assert data["orders"][0]["skus"][0]["quantity"] == 3
    assert len(data["order_line_item_ids"]) == 3
