"""Cancellations, returns, refunds, replacements: search, decisions, reasons."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.support.shop_desk import Answer, Desk
from tests.surface.arranging import ask_to_cancel, ask_to_return, delivered, moved
from tests.surface.cases import accepted, refused

from tts_chaos.twin.domains.order.entities import Order

CANCELLATIONS = (
    "return_refund.202309.search_cancellations",
    "return_refund.202602.search_cancellations",
)
RETURNS = ("return_refund.202309.search_returns", "return_refund.202602.search_returns")
CANCELS = ("return_refund.202309.cancel_order", "return_refund.202602.cancel_order")
APPROVE_CANCELLATION = "return_refund.202309.approve_cancellation"
REJECT_CANCELLATION = "return_refund.202309.reject_cancellation"
APPROVE_RETURN = "return_refund.202309.approve_return"
REJECT_RETURNS = ("return_refund.202309.reject_return", "return_refund.202606.reject_return")
REASONS = "return_refund.202309.get_reject_reasons"

PACKED = {"reject_reason": "seller_reject_apply_product_has_been_packed"}
USED = "reverse_reject_request_reason_3"
SOLD_OUT = "seller_cancel_reason_out_of_stock"


def cancel(desk: Desk, operation: str, order: Order, **body: Any) -> Answer:
    """Cancel by the seller."""
    fields = {"order_id": order.id, "cancel_reason": SOLD_OUT, **body}
    return desk.call(operation, body=fields)


def approve(desk: Desk, return_id: str, decision: str, **body: Any) -> Answer:
    """Decide in favour of the buyer."""
    return desk.call(APPROVE_RETURN, return_id=return_id, body={"decision": decision, **body})


def reject(desk: Desk, operation: str, return_id: str, decision: str, **body: Any) -> Answer:
    """Decide against the buyer."""
    fields = {"decision": decision, "reject_reason": USED, **body}
    return desk.call(operation, return_id=return_id, body=fields)


@accepted(*CANCELLATIONS)
def finds_a_request_to_cancel(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    cancel_id = ask_to_cancel(desk, order)
    answer = desk.call(operation, body={"order_ids": [order.id]})
    assert [row["cancel_id"] for row in answer.data["cancellations"]] == [cancel_id]
    return answer


@accepted(*RETURNS)
def finds_a_request_to_return(desk: Desk, operation: str) -> Answer:
    return_id = ask_to_return(desk)
    answer = desk.call(operation, body={"return_ids": [return_id]})
    assert [row["return_id"] for row in answer.data["return_orders"]] == [return_id]
    return answer


@accepted(*CANCELS)
def cancels_for_the_seller(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    answer = cancel(desk, operation, order)
    assert desk.order(order.id).status == "CANCELLED"
    return answer


@accepted(APPROVE_CANCELLATION)
def lets_the_buyer_cancel(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    answer = desk.call(operation, cancel_id=ask_to_cancel(desk, order))
    assert desk.order(order.id).status == "CANCELLED"
    return answer


@accepted(REJECT_CANCELLATION)
def goes_on_against_the_buyers_wish(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    answer = desk.call(operation, cancel_id=ask_to_cancel(desk, order), body=PACKED)
    assert desk.order(order.id).status == "AWAITING_SHIPMENT"
    return answer


@accepted(APPROVE_RETURN)
def lets_the_buyer_send_it_back(desk: Desk, _operation: str) -> Answer:
    return approve(desk, ask_to_return(desk), "APPROVE_RETURN")


@accepted(*REJECT_RETURNS)
def refuses_a_return(desk: Desk, operation: str) -> Answer:
    return reject(desk, operation, ask_to_return(desk), "REJECT_RETURN")


@accepted(REASONS)
def tells_reasons_to_refuse(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, query={"return_or_cancel_id": ask_to_return(desk)})
    assert USED in {row["name"] for row in answer.data["reasons"]}
    return answer


@refused(REASONS, 25020005)
def reasons_for_nobodys_request(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, query={"return_or_cancel_id": "4035"})


@refused(CANCELS, 25007006)
def an_order_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={"order_id": "5770", "cancel_reason": SOLD_OUT})


@refused(CANCELS, 25001011)
def an_order_cancelled_before(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    cancel(desk, operation, order)
    return cancel(desk, operation, order)


@refused(CANCELS, 25001014)
def a_reason_nobody_knows(desk: Desk, operation: str) -> Answer:
    return cancel(desk, operation, desk.place(), cancel_reason="felt_like_it")


@refused(CANCELS, 25001015)
def a_reason_of_buyers(desk: Desk, operation: str) -> Answer:
    reason = "ecom_order_to_ship_canceled_reason_no_longer_needed"
    return cancel(desk, operation, desk.place(), cancel_reason=reason)


@refused(CANCELS, 25001045)
def a_parcel_on_its_way(desk: Desk, operation: str) -> Answer:
    return cancel(desk, operation, moved(desk, "ship", "collect"))


@refused(CANCELS, 25001003)
def an_order_that_waits_for_the_carrier(desk: Desk, operation: str) -> Answer:
    return cancel(desk, operation, moved(desk, "ship"))


@refused(CANCELS, 25001051)
def a_completed_order(desk: Desk, operation: str) -> Answer:
    order = moved(desk, "ship", "collect", "deliver", "complete")
    return cancel(desk, operation, order)


@refused(CANCELS, 25005011)
def more_units_than_are_left(desk: Desk, operation: str) -> Answer:
    order = desk.place(units=2)
    skus = [{"sku_id": order.lines[0].sku_id, "quantity": 3}]
    return cancel(desk, operation, order, skus=skus)


@refused("return_refund.202309.cancel_order", 25001001)
def a_line_of_another_order(desk: Desk, operation: str) -> Answer:
    return cancel(desk, operation, desk.place(), order_line_item_ids=["5"])


@refused((APPROVE_CANCELLATION, REJECT_CANCELLATION), 25020005)
def a_request_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, cancel_id="4035", body=PACKED)


@refused(APPROVE_CANCELLATION, 25011012)
def approved_before(desk: Desk, operation: str) -> Answer:
    cancel_id = ask_to_cancel(desk, desk.place())
    desk.call(operation, cancel_id=cancel_id)
    return desk.call(operation, cancel_id=cancel_id)


@refused(APPROVE_CANCELLATION, 25001045)
def the_parcel_left_meanwhile(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    cancel_id = ask_to_cancel(desk, order)
    for event in ("ship", "collect"):
        desk.command("move_order", order=order.id, event=event)
    return desk.call(operation, cancel_id=cancel_id)


@refused((APPROVE_CANCELLATION, REJECT_CANCELLATION), 25020009)
def withdrawn_before(desk: Desk, operation: str) -> Answer:
    order = desk.place()
    cancel_id = ask_to_cancel(desk, order)
    desk.command("withdraw_cancellation", order=order.id)
    return desk.call(operation, cancel_id=cancel_id, body=PACKED)


@refused(REJECT_CANCELLATION, 25020010)
def approved_already(desk: Desk, operation: str) -> Answer:
    cancel_id = ask_to_cancel(desk, desk.place())
    desk.call(APPROVE_CANCELLATION, cancel_id=cancel_id)
    return desk.call(operation, cancel_id=cancel_id, body=PACKED)


@refused(REJECT_CANCELLATION, 25001014)
def no_such_reason(desk: Desk, operation: str) -> Answer:
    body = {"reject_reason": "felt_like_it"}
    return desk.call(operation, cancel_id=ask_to_cancel(desk, desk.place()), body=body)


@refused(REJECT_CANCELLATION, 25001016)
def a_reason_for_returns(desk: Desk, operation: str) -> Answer:
    body = {"reject_reason": USED}
    return desk.call(operation, cancel_id=ask_to_cancel(desk, desk.place()), body=body)


@refused((APPROVE_RETURN, *REJECT_RETURNS), 25020005)
def a_return_of_nobody(desk: Desk, operation: str) -> Answer:
    if operation == APPROVE_RETURN:
        return approve(desk, "4035", "APPROVE_RETURN")
    return reject(desk, operation, "4035", "REJECT_RETURN")


@refused(APPROVE_RETURN, 25020004)
def a_decision_for_another_kind(desk: Desk, _operation: str) -> Answer:
    return approve(desk, ask_to_return(desk, kind="REFUND"), "APPROVE_REPLACEMENT")


@refused(APPROVE_RETURN, 25020003)
def a_decision_out_of_turn(desk: Desk, _operation: str) -> Answer:
    return approve(desk, ask_to_return(desk), "APPROVE_RECEIVED_PACKAGE")


@refused(APPROVE_RETURN, 25005005)
def more_money_than_was_paid(desk: Desk, _operation: str) -> Answer:
    offer = {"amount": "99999.00", "currency": "GBP"}
    return approve(desk, ask_to_return(desk), "OFFER_PARTIAL_REFUND", partial_refund=offer)


@refused(APPROVE_RETURN, 25001001)
def an_offer_in_foreign_money(desk: Desk, _operation: str) -> Answer:
    offer = {"amount": "1.00", "currency": "USD"}
    return approve(desk, ask_to_return(desk), "OFFER_PARTIAL_REFUND", partial_refund=offer)


@refused((APPROVE_RETURN, *REJECT_RETURNS), 25020009)
def withdrawn_by_the_buyer(desk: Desk, operation: str) -> Answer:
    order = delivered(desk)
    return_id = ask_to_return(desk, order)
    desk.command("withdraw_return", order=order.id)
    if operation == APPROVE_RETURN:
        return approve(desk, return_id, "APPROVE_RETURN")
    return reject(desk, operation, return_id, "REJECT_RETURN")


@refused(REJECT_RETURNS, 25020010)
def a_return_approved_before(desk: Desk, operation: str) -> Answer:
    return_id = ask_to_return(desk)
    approve(desk, return_id, "APPROVE_RETURN")
    return reject(desk, operation, return_id, "REJECT_RETURN")


@refused(REJECT_RETURNS, 25001016)
def a_reason_for_cancellations(desk: Desk, operation: str) -> Answer:
    return reject(desk, operation, ask_to_return(desk), "REJECT_RETURN", **PACKED)


@refused(REJECT_RETURNS, 25001014)
def an_unknown_reason(desk: Desk, operation: str) -> Answer:
    return reject(desk, operation, ask_to_return(desk), "REJECT_RETURN", reject_reason="no")


ELIGIBILITY = (
    "return_refund.202309.get_aftersale_eligibility",
    "return_refund.202512.get_aftersale_eligibility",
    "return_refund.202602.get_aftersale_eligibility",
)
CALCULATE = ("return_refund.202309.calculate_refund", "return_refund.202602.calculate_refund")
CREATE = ("return_refund.202309.create_return", "return_refund.202602.create_return")
DAMAGED = "ecom_order_delivered_refund_and_return_reason_damaged"


def verdicts(answer: Answer) -> dict[str, bool]:
    """Return what is allowed by kind of request, for the only SKU."""
    (sku,) = answer.data["sku_eligibility"]
    return {row["request_type"]: row["eligible"] for row in sku["line_item_eligibility"]}


@accepted(*ELIGIBILITY)
def allows_a_return_after_delivery(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, order_id=delivered(desk).id)
    assert verdicts(answer)["RETURN_AND_REFUND"]
    assert not verdicts(answer)["CANCEL"]
    return answer


@accepted(*ELIGIBILITY)
def allows_to_cancel_before_shipping(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, order_id=desk.place().id)
    assert verdicts(answer)["CANCEL"]
    assert not verdicts(answer)["RETURN_AND_REFUND"]
    return answer


@refused(ELIGIBILITY, 25007006)
def eligibility_of_nobodys_order(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id="5770")


def back(order: Order, **body: Any) -> dict[str, Any]:
    """Return the body of a request for money back."""
    return {"order_id": order.id, "reason_name": DAMAGED, "request_type": "REFUND", **body}


@accepted(*CALCULATE)
def works_out_a_refund(desk: Desk, operation: str) -> Answer:
    order = delivered(desk, units=2)
    skus = [{"sku_id": order.lines[0].sku_id, "quantity": 1}]
    answer = desk.call(operation, body=back(order, skus=skus))
    price = Decimal(answer.data["order_refund_amount"]["refund_subtotal"])
    assert price == order.lines[0].sale_price
    return answer


@refused(CALCULATE, 25001014)
def a_refund_for_no_known_reason(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body=back(delivered(desk), reason_name="felt_like_it"))


@refused(CALCULATE, 25007006)
def a_refund_of_nobodys_order(desk: Desk, operation: str) -> Answer:
    body = {"order_id": "5770", "reason_name": DAMAGED, "request_type": "REFUND"}
    return desk.call(operation, body=body)


def create(desk: Desk, operation: str, order: Order, **body: Any) -> Answer:
    """Start a return by the seller."""
    fields = {"return_reason": DAMAGED, "return_type": "REFUND", **body}
    return desk.call(operation, body={"order_id": order.id, **fields})


@accepted(*CREATE)
def gives_money_back_by_the_sellers_will(desk: Desk, operation: str) -> Answer:
    order = delivered(desk)
    answer = create(desk, operation, order)
    assert answer.data["return_status"] == "RETURN_OR_REFUND_REQUEST_SUCCESS"
    assert desk.order(order.id).status == "COMPLETED"
    return answer


@accepted(*CREATE)
def creates_one_return_for_one_key(desk: Desk, operation: str) -> Answer:
    order = delivered(desk)
    body = {
        "order_id": order.id,
        "return_reason": DAMAGED,
        "return_type": "RETURN_AND_REFUND",
    }
    first = desk.call(operation, query={"idempotency_key": "k1"}, body=body)
    again = desk.call(operation, query={"idempotency_key": "k1"}, body=body)
    assert first.data == again.data
    return again


@refused(CREATE, 25001003)
def a_return_before_delivery(desk: Desk, operation: str) -> Answer:
    return create(desk, operation, desk.place())


@refused(CREATE, 25005005)
def a_refund_above_what_was_paid(desk: Desk, operation: str) -> Answer:
    return create(desk, operation, delivered(desk), refund_total="99999.00", currency="GBP")


@refused(CREATE, 25001001)
def a_return_of_no_known_kind(desk: Desk, operation: str) -> Answer:
    return create(desk, operation, delivered(desk), return_type="GIFT")


@refused(CREATE, 25001014)
def a_return_for_no_known_reason(desk: Desk, operation: str) -> Answer:
    return create(desk, operation, delivered(desk), return_reason="felt_like_it")


@refused(CREATE, 25007006)
def a_return_of_nobodys_order(desk: Desk, operation: str) -> Answer:
    body = {"order_id": "5770", "return_reason": DAMAGED, "return_type": "REFUND"}
    return desk.call(operation, body=body)


RECORDS = "return_refund.202309.get_return_records"
DECISIONS = "return_refund.202601.get_decision_eligibility"
BY_LINE = "return_refund.202606.get_available_review_decisions"


@accepted(RECORDS)
def tells_what_happened_to_a_return(desk: Desk, operation: str) -> Answer:
    order = delivered(desk)
    return_id = ask_to_return(desk, order)
    approve(desk, return_id, "APPROVE_RETURN")
    desk.command("send_return_back", order=order.id)
    answer = desk.call(operation, return_id=return_id)
    assert [row["role"] for row in answer.data["records"]] == ["BUYER", "SELLER", "BUYER"]
    return answer


@accepted(DECISIONS)
def tells_which_decisions_are_open(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, query={"return_or_cancel_id": ask_to_return(desk)})
    open_now = {row["decision"] for row in answer.data["decisions"] if row["eligible"]}
    assert open_now == {"APPROVE_RETURN", "DIRECT_REFUND", "REJECT_RETURN"}
    return answer


@accepted(DECISIONS)
def tells_which_answers_a_buyer_may_get(desk: Desk, operation: str) -> Answer:
    query = {"return_or_cancel_id": ask_to_cancel(desk, desk.place())}
    answer = desk.call(operation, query=query)
    assert [row["eligible"] for row in answer.data["decisions"]] == [True, True]
    return answer


@accepted(BY_LINE)
def tells_decisions_for_each_unit(desk: Desk, operation: str) -> Answer:
    return_id = ask_to_return(desk, delivered(desk, units=2))
    query = {"return_or_cancel_id": return_id, "seller_id": 7}
    answer = desk.call(operation, query=query)
    assert len(answer.data["line_items"]) == 2
    return answer


@refused(RECORDS, 25020005)
def records_of_nobodys_return(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, return_id="4035")


@refused((DECISIONS, BY_LINE), 25020005)
def decisions_on_nobodys_return(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, query={"return_or_cancel_id": "4035", "seller_id": 7})
