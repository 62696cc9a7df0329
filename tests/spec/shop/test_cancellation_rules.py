"""What the API promises about cancellations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tts_chaos.errors import UsageError

if TYPE_CHECKING:
    from tests.support.shop_desk import Answer, Desk

    from tts_chaos.twin.domains.order.entities import Order

SEARCH = "return_refund.202309.search_cancellations"
SEARCH_NEWER = "return_refund.202602.search_cancellations"
APPROVE = "return_refund.202309.approve_cancellation"
REJECT = "return_refund.202309.reject_cancellation"
CANCEL = "return_refund.202309.cancel_order"
CANCEL_NEWER = "return_refund.202602.cancel_order"
REASONS = "return_refund.202309.get_reject_reasons"

PACKED = {"reject_reason": "seller_reject_apply_product_has_been_packed"}
SOLD_OUT = "seller_cancel_reason_out_of_stock"


def ask(desk: Desk, order: Order) -> str:
    return str(desk.command("request_cancellation", order=order.id)["cancel_id"])


def cancel(desk: Desk, order: Order, *, version: str = CANCEL, **body: Any) -> Answer:
    return desk.call(version, body={"order_id": order.id, "cancel_reason": SOLD_OUT, **body})


def status_of(desk: Desk, cancel_id: str) -> str:
    (row,) = desk.call(SEARCH, body={"cancel_ids": [cancel_id]}).data["cancellations"]
    return str(row["cancel_status"])


def in_transit(desk: Desk) -> Order:
    order = desk.place()
    for event in ("ship", "collect"):
        desk.command("move_order", order=order.id, event=event)
    return desk.order(order.id)


def test_a_buyers_request_waits_for_the_seller(desk: Desk) -> None:
    order = desk.place()
    ask(desk, order)

    (row,) = desk.call(SEARCH, body={"order_ids": [order.id]}).data["cancellations"]

    assert (row["cancel_type"], row["role"]) == ("BUYER_CANCEL", "BUYER")
    assert row["cancel_status"] == "CANCELLATION_REQUEST_PENDING"
    assert row["seller_next_action_response"] == [
        {"action": "SELLER_RESPOND_CANCEL", "deadline": row["create_time"] + 48 * 3_600}
    ]
    assert desk.order(order.id).status == "AWAITING_SHIPMENT"


def test_the_refund_of_a_request_is_all_that_was_paid(desk: Desk) -> None:
    order = desk.place(units=2)
    ask(desk, order)

    (row,) = desk.call(SEARCH, body={"order_ids": [order.id]}).data["cancellations"]

    assert row["refund_amount"]["refund_total"] == str(order.total)
    assert [item["order_line_item_id"] for item in row["cancel_line_items"]] == [
        line.id for line in order.lines
    ]


def test_approving_cancels_the_order_and_gives_its_units_back(desk: Desk) -> None:
    sku = desk.product().skus[0]
    before = desk.stock(sku)
    order = desk.place(sku=sku.id, units=2)
    cancel_id = ask(desk, order)

    assert desk.call(APPROVE, cancel_id=cancel_id).code == 0

    after = desk.order(order.id)
    assert (after.status, after.cancel_initiator) == ("CANCELLED", "BUYER")
    assert {line.package_status for line in after.lines} == {"CANCELLED"}
    assert desk.stock(sku) == before
    assert status_of(desk, cancel_id) == "CANCELLATION_REQUEST_SUCCESS"


def test_rejecting_lets_the_order_go_on(desk: Desk) -> None:
    order = desk.place()
    cancel_id = ask(desk, order)

    assert desk.call(REJECT, cancel_id=cancel_id, body=PACKED).code == 0

    assert desk.order(order.id).status == "AWAITING_SHIPMENT"
    assert desk.order(order.id).cancel_requested_at_s == 0
    assert status_of(desk, cancel_id) == "CANCELLATION_REQUEST_CANCELLED"


@pytest.mark.parametrize(
    ("hours", "status"),
    [
        pytest.param(47.9, "CANCELLATION_REQUEST_PENDING", id="not-before-48-hours"),
        pytest.param(48, "CANCELLATION_REQUEST_SUCCESS", id="after-48-hours"),
    ],
)
def test_silence_is_consent(desk: Desk, hours: float, status: str) -> None:
    cancel_id = ask(desk, desk.place())

    desk.wait(hours=hours)

    assert status_of(desk, cancel_id) == status


def test_the_refund_arrives_a_day_after_consent(desk: Desk) -> None:
    cancel_id = ask(desk, desk.place())
    desk.wait(hours=48)

    desk.wait(hours=24)

    assert status_of(desk, cancel_id) == "CANCELLATION_REQUEST_COMPLETE"


def test_silence_after_the_order_was_cancelled_anyway_closes_the_request(desk: Desk) -> None:
    order = desk.place()
    cancel_id = ask(desk, order)
    desk.command("move_order", order=order.id, event="cancel")

    desk.wait(hours=48)

    assert status_of(desk, cancel_id) == "CANCELLATION_REQUEST_CANCELLED"


@pytest.mark.parametrize("arguments", [{"paid": False}, {"hold": True}], ids=["unpaid", "on-hold"])
def test_before_the_seller_could_ship_the_platform_accepts_at_once(
    desk: Desk, arguments: dict[str, Any]
) -> None:
    order = desk.place(**arguments)

    cancel_id = ask(desk, order)

    assert desk.order(order.id).status == "CANCELLED"
    assert status_of(desk, cancel_id) == "CANCELLATION_REQUEST_SUCCESS"


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        pytest.param(APPROVE, APPROVE, 25011012, id="approve-twice"),
        pytest.param(APPROVE, REJECT, 25020010, id="reject-what-was-approved"),
        pytest.param(REJECT, APPROVE, 25020009, id="approve-what-was-closed"),
        pytest.param(REJECT, REJECT, 25020009, id="reject-twice"),
    ],
)
def test_a_second_decision_is_told_and_changes_nothing(
    desk: Desk, first: str, second: str, code: int
) -> None:
    order = desk.place()
    cancel_id = ask(desk, order)
    desk.call(first, cancel_id=cancel_id, body=PACKED if first == REJECT else {})
    after = (desk.order(order.id), status_of(desk, cancel_id))

    answer = desk.call(second, cancel_id=cancel_id, body=PACKED if second == REJECT else {})

    assert answer.code == code
    assert (desk.order(order.id), status_of(desk, cancel_id)) == after


def test_a_repeat_with_the_same_idempotency_key_is_answered_alike_and_changes_nothing(
    desk: Desk,
) -> None:
    cancel_id = ask(desk, desk.place())
    query = {"idempotency_key": "one-decision"}
    desk.call(APPROVE, cancel_id=cancel_id, query=query)
    desk.changes.clear()

    again = desk.call(APPROVE, cancel_id=cancel_id, query=query)

    assert (again.code, again.data) == (0, {})
    assert desk.changes == []


@pytest.mark.parametrize(
    ("operation", "key"),
    [
        pytest.param(APPROVE, "another-key", id="another-key"),
        pytest.param(REJECT, "one-decision", id="another-decision"),
    ],
)
def test_a_key_covers_its_own_decision_only(desk: Desk, operation: str, key: str) -> None:
    cancel_id = ask(desk, desk.place())
    desk.call(APPROVE, cancel_id=cancel_id, query={"idempotency_key": "one-decision"})

    answer = desk.call(operation, cancel_id=cancel_id, query={"idempotency_key": key}, body=PACKED)

    assert answer.code != 0


def test_an_idempotency_key_has_at_most_255_characters(desk: Desk) -> None:
    cancel_id = ask(desk, desk.place())

    answer = desk.call(APPROVE, cancel_id=cancel_id, query={"idempotency_key": "k" * 256})

    assert answer.code == 36009004
    assert status_of(desk, cancel_id) == "CANCELLATION_REQUEST_PENDING"


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        pytest.param("no_such_reason", 25001014, id="unknown"),
        pytest.param("reverse_reject_request_reason_3", 25001016, id="one-for-returns"),
    ],
)
def test_a_wrong_reject_reason_is_refused(desk: Desk, reason: str, code: int) -> None:
    cancel_id = ask(desk, desk.place())

    assert desk.call(REJECT, cancel_id=cancel_id, body={"reject_reason": reason}).code == code
    assert status_of(desk, cancel_id) == "CANCELLATION_REQUEST_PENDING"


def test_the_listed_reject_reasons_are_accepted(desk: Desk) -> None:
    cancel_id = ask(desk, desk.place())
    reasons = desk.call(REASONS, query={"return_or_cancel_id": cancel_id}).data["reasons"]

    answer = desk.call(REJECT, cancel_id=cancel_id, body={"reject_reason": reasons[-1]["name"]})

    assert answer.code == 0


def test_reasons_for_an_unknown_request_are_refused(desk: Desk) -> None:
    assert desk.call(REASONS, query={"return_or_cancel_id": "4"}).code == 25020005


def test_an_unknown_request_is_refused(desk: Desk) -> None:
    assert desk.call(APPROVE, cancel_id="4035740000000000000").code == 25020005


def test_a_parcel_on_its_way_cannot_be_stopped(desk: Desk) -> None:
    order = desk.place()
    desk.command("move_order", order=order.id, event="ship")
    cancel_id = ask(desk, order)
    desk.command("collect_package", order=order.id)

    assert desk.call(APPROVE, cancel_id=cancel_id).code == 25001045
    assert desk.order(order.id).status == "IN_TRANSIT"


def test_the_closed_state_is_spelt_in_two_ways(desk: Desk) -> None:
    cancel_id = ask(desk, desk.place())
    desk.call(REJECT, cancel_id=cancel_id, body=PACKED)

    found = desk.call(SEARCH, body={"cancel_status": ["CANCELLATION_REQUEST_CANCEL"]}).data

    assert [row["cancel_status"] for row in found["cancellations"]] == [
        "CANCELLATION_REQUEST_CANCELLED"
    ]


def test_the_newer_search_adds_sub_items(desk: Desk) -> None:
    ask(desk, desk.place())

    older = desk.call(SEARCH).data["cancellations"][0]["cancel_line_items"][0]
    newer = desk.call(SEARCH_NEWER).data["cancellations"][0]["cancel_line_items"][0]

    assert newer == {**older, "cancel_sub_line_items": []}


def test_a_search_gives_ten_where_no_size_is_asked_for(desk: Desk) -> None:
    for _ in range(12):
        ask(desk, desk.place())

    data = desk.call(SEARCH).data

    assert (len(data["cancellations"]), data["total_count"]) == (10, 12)
    rest = desk.call(SEARCH, query={"page_token": data["next_page_token"]}).data
    assert len(rest["cancellations"]) == 2


@pytest.mark.parametrize("size", [0, 51])
def test_a_page_holds_1_to_50_cancellations(desk: Desk, size: int) -> None:
    assert desk.call(SEARCH, query={"page_size": size}).code == 36009004


@pytest.mark.parametrize("version", [CANCEL, CANCEL_NEWER], ids=["202309", "202602"])
def test_the_seller_cancels_without_asking(desk: Desk, version: str) -> None:
    order = desk.place(units=2)
    before = {line.sku_id: desk.stock(line.sku_id).total for line in order.lines}

    answer = cancel(desk, order, version=version)

    assert answer.data["cancel_status"] == "CANCELLATION_REQUEST_SUCCESS"
    assert desk.order(order.id).status == "CANCELLED"
    assert desk.order(order.id).cancel_initiator == "SELLER"
    assert {id: desk.stock(id).available for id in before} == before


def test_the_seller_cancels_some_units_and_the_order_goes_on(desk: Desk) -> None:
    sku = desk.product().skus[0]
    order = desk.place(sku=sku.id, units=3)

    cancel(desk, order, skus=[{"sku_id": sku.id, "quantity": 2}])

    after = desk.order(order.id)
    assert after.status == "AWAITING_SHIPMENT"
    assert [line.status for line in after.lines].count("CANCELLED") == 2
    assert desk.stock(sku).committed == 1


def test_cancelling_the_last_units_cancels_the_order(desk: Desk) -> None:
    order = desk.place(units=2)
    for line in order.lines:
        cancel(desk, order, order_line_item_ids=[line.id])

    assert desk.order(order.id).status == "CANCELLED"


def test_what_is_left_after_a_partial_cancellation_can_be_shipped(desk: Desk) -> None:
    order = desk.place(units=2)
    cancel(desk, order, order_line_item_ids=[order.lines[0].id])

    desk.command("move_order", order=order.id, event="ship")

    after = desk.order(order.id)
    assert [line.status for line in after.lines] == ["CANCELLED", "AWAITING_COLLECTION"]
    assert sum(desk.stock(line.sku_id).committed for line in order.lines) == 0


def test_cancelling_what_was_not_shipped_leaves_a_shipped_order(desk: Desk) -> None:
    order = desk.place(units=2)
    desk.call(
        "fulfillment.202309.mark_package_as_shipped",
        order_id=order.id,
        body={
            "tracking_number": "TRACK12345",
            "shipping_provider_id": desk.carrier(),
            "order_line_item_ids": [order.lines[0].id],
        },
    )

    cancel(desk, order)

    after = desk.order(order.id)
    assert after.status == "AWAITING_COLLECTION"
    assert [line.status for line in after.lines] == ["AWAITING_COLLECTION", "CANCELLED"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"cancel_reason": "no_such_reason"}, 25001014, id="an-unknown-reason"),
        pytest.param(
            {"cancel_reason": "ecom_order_to_ship_canceled_reason_need_to_change_address"},
            25001015,
            id="a-reason-of-buyers",
        ),
        pytest.param({"order_line_item_ids": ["1"]}, 25001001, id="an-unknown-item"),
        pytest.param({"skus": [{"sku_id": "1", "quantity": 1}]}, 25001001, id="an-unknown-sku"),
        pytest.param({"order_id": "577000000000000000"}, 25007006, id="an-unknown-order"),
    ],
)
def test_a_wrong_cancellation_changes_nothing(desk: Desk, body: dict[str, Any], code: int) -> None:
    order = desk.place()

    assert cancel(desk, order, **body).code == code
    assert desk.order(order.id) == order


def test_more_units_than_ordered_cannot_be_cancelled(desk: Desk) -> None:
    order = desk.place(units=1)
    skus = [{"sku_id": order.lines[0].sku_id, "quantity": 2}]

    assert cancel(desk, order, skus=skus).code == 25005011


def test_cancelling_twice_is_told(desk: Desk) -> None:
    order = desk.place()
    cancel(desk, order)

    assert cancel(desk, order).code == 25001011


def test_a_shipped_order_is_cancelled_by_sellers_in_the_us_only(
    make_desk: Callable[..., Desk],
) -> None:
    codes = {}
    for region in ("GB", "US"):
        desk = make_desk(region)
        order = desk.place()
        desk.command("move_order", order=order.id, event="ship")
        codes[region] = cancel(desk, order).code

    assert codes == {"GB": 25001003, "US": 0}


def test_an_order_in_transit_is_not_cancelled_by_the_seller(desk: Desk) -> None:
    assert cancel(desk, in_transit(desk)).code == 25001045


def test_webhook_11_tells_each_state_of_a_request(desk: Desk) -> None:
    desk.listen(11)
    order = desk.place()
    cancel_id = ask(desk, order)
    desk.call(REJECT, cancel_id=cancel_id, body=PACKED)

    told = [row["data"] for row in desk.heard()]

    assert [row["cancel_status"] for row in told] == [
        "CANCELLATION_REQUEST_PENDING",
        "CANCELLATION_REQUEST_CANCELLED",
    ]
    assert {row["cancel_id"] for row in told} == {cancel_id}
    assert {row["order_id"] for row in told} == {order.id}


def test_a_buyer_may_change_their_mind(desk: Desk) -> None:
    order = desk.place()
    cancel_id = ask(desk, order)

    desk.command("withdraw_cancellation", order=order.id)

    assert status_of(desk, cancel_id) == "CANCELLATION_REQUEST_CANCELLED"
    assert desk.order(order.id).cancel_requested_at_s == 0


def test_a_second_request_beside_an_open_one_is_a_mistake(desk: Desk) -> None:
    order = desk.place()
    ask(desk, order)

    with pytest.raises(UsageError, match="a request is open"):
        ask(desk, order)


def test_the_ledger_lists_cancellations(desk: Desk) -> None:
    order = desk.place()
    cancel_id = ask(desk, order)

    (row,) = desk.twin.ledger()["shops"][desk.shop.id]["cancellations"]

    assert (row["id"], row["order_id"], row["type"]) == (cancel_id, order.id, "BUYER_CANCEL")
