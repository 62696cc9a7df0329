"""What the API promises about returns, refunds and replacements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tts_chaos.errors import UsageError

if TYPE_CHECKING:
    from tests.support.shop_desk import Answer, Desk

    from tts_chaos.twin.domains.order.entities import Order

SEARCH = "return_refund.202309.search_returns"
SEARCH_NEWER = "return_refund.202602.search_returns"
APPROVE = "return_refund.202309.approve_return"
REJECT = "return_refund.202309.reject_return"
REJECT_NEWER = "return_refund.202606.reject_return"
REASONS = "return_refund.202309.get_reject_reasons"

PENDING = "RETURN_OR_REFUND_REQUEST_PENDING"
USED = "reverse_reject_request_reason_3"


def delivered(desk: Desk, units: int = 1) -> Order:
    order = desk.place(units=units)
    for event in ("ship", "collect", "deliver"):
        desk.command("move_order", order=order.id, event=event)
    return desk.order(order.id)


def ask(desk: Desk, kind: str = "RETURN_AND_REFUND", order: Order | None = None) -> str:
    chosen = order or delivered(desk)
    return str(desk.command("request_return", order=chosen.id, return_type=kind)["return_id"])


def approve(desk: Desk, return_id: str, decision: str, **body: Any) -> Answer:
    return desk.call(APPROVE, return_id=return_id, body={"decision": decision, **body})


def reject(desk: Desk, return_id: str, decision: str, **body: Any) -> Answer:
    fields = {"decision": decision, "reject_reason": USED, **body}
    return desk.call(REJECT, return_id=return_id, body=fields)


def found(desk: Desk, return_id: str) -> dict[str, Any]:
    (row,) = desk.call(SEARCH, body={"return_ids": [return_id]}).data["return_orders"]
    assert isinstance(row, dict)
    return row


def status_of(desk: Desk, return_id: str) -> str:
    return str(found(desk, return_id)["return_status"])


def test_a_return_goes_from_request_to_refund(desk: Desk) -> None:
    order = delivered(desk)
    return_id = ask(desk, order=order)
    seen = [status_of(desk, return_id)]

    approve(desk, return_id, "APPROVE_RETURN")
    seen.append(status_of(desk, return_id))
    desk.command("send_return_back", order=order.id)
    seen.append(status_of(desk, return_id))
    approve(desk, return_id, "APPROVE_RECEIVED_PACKAGE")
    seen.append(status_of(desk, return_id))
    desk.wait(hours=24)
    seen.append(status_of(desk, return_id))

    assert seen == [
        PENDING,
        "AWAITING_BUYER_SHIP",
        "BUYER_SHIPPED_ITEM",
        "RETURN_OR_REFUND_REQUEST_SUCCESS",
        "RETURN_OR_REFUND_REQUEST_COMPLETE",
    ]
    assert desk.order(order.id).status == "COMPLETED"


def test_goods_that_come_back_do_not_raise_stock_by_themselves(desk: Desk) -> None:
    order = delivered(desk)
    before = desk.stock(order.lines[0].sku_id)
    return_id = ask(desk, order=order)

    approve(desk, return_id, "DIRECT_REFUND")

    assert desk.stock(order.lines[0].sku_id) == before


@pytest.mark.parametrize(
    ("kind", "decision", "status"),
    [
        pytest.param("REFUND", "APPROVE_REFUND", "RETURN_OR_REFUND_REQUEST_SUCCESS", id="refund"),
        pytest.param(
            "REPLACEMENT", "APPROVE_REPLACEMENT", "REPLACEMENT_REQUEST_COMPLETE", id="replacement"
        ),
        pytest.param(
            "REPLACEMENT",
            "ISSUE_REPLACEMENT_REFUND",
            "REPLACEMENT_REQUEST_REFUND_SUCCESS",
            id="refund-instead-of-a-replacement",
        ),
    ],
)
def test_each_kind_has_its_approval(desk: Desk, kind: str, decision: str, status: str) -> None:
    return_id = ask(desk, kind)

    assert approve(desk, return_id, decision).code == 0
    assert status_of(desk, return_id) == status


@pytest.mark.parametrize(
    ("kind", "decision", "status"),
    [
        pytest.param("REFUND", "REJECT_REFUND", "REFUND_OR_RETURN_REQUEST_REJECT", id="refund"),
        pytest.param(
            "RETURN_AND_REFUND", "REJECT_RETURN", "REFUND_OR_RETURN_REQUEST_REJECT", id="return"
        ),
        pytest.param(
            "REPLACEMENT", "REJECT_REPLACEMENT", "REPLACEMENT_REQUEST_REJECT", id="replacement"
        ),
    ],
)
def test_each_kind_has_its_rejection(desk: Desk, kind: str, decision: str, status: str) -> None:
    return_id = ask(desk, kind)

    assert reject(desk, return_id, decision).code == 0
    assert status_of(desk, return_id) == status


@pytest.mark.parametrize(
    ("kind", "decision"),
    [
        ("REFUND", "APPROVE_RETURN"),
        ("RETURN_AND_REFUND", "APPROVE_REFUND"),
        ("RETURN_AND_REFUND", "APPROVE_REPLACEMENT"),
        ("REPLACEMENT", "OFFER_PARTIAL_REFUND"),
    ],
)
def test_a_decision_for_another_kind_changes_nothing(desk: Desk, kind: str, decision: str) -> None:
    return_id = ask(desk, kind)
    before = found(desk, return_id)

    assert approve(desk, return_id, decision).code == 25020004
    assert found(desk, return_id) == before


def test_goods_cannot_be_received_before_they_were_sent(desk: Desk) -> None:
    return_id = ask(desk)

    assert approve(desk, return_id, "APPROVE_RECEIVED_PACKAGE").code == 25020003
    assert status_of(desk, return_id) == PENDING


def test_what_was_approved_cannot_be_rejected(desk: Desk) -> None:
    return_id = ask(desk)
    approve(desk, return_id, "APPROVE_RETURN")

    assert reject(desk, return_id, "REJECT_RETURN").code == 25020010


def test_what_was_received_cannot_be_rejected(desk: Desk) -> None:
    return_id = ask(desk)
    approve(desk, return_id, "DIRECT_REFUND")
    desk.wait(hours=24)

    assert reject(desk, return_id, "REJECT_RETURN").code == 25020011


def test_what_was_withdrawn_cannot_be_decided(desk: Desk) -> None:
    order = delivered(desk)
    return_id = ask(desk, order=order)
    desk.command("withdraw_return", order=order.id)

    assert approve(desk, return_id, "APPROVE_RETURN").code == 25020009


@pytest.mark.parametrize(
    ("kind", "hours", "status"),
    [
        pytest.param("RETURN_AND_REFUND", 47.9, PENDING, id="a-return-not-before-48-hours"),
        pytest.param("RETURN_AND_REFUND", 48, "AWAITING_BUYER_SHIP", id="a-return-after-48-hours"),
        pytest.param(
            "REFUND", 48, "RETURN_OR_REFUND_REQUEST_SUCCESS", id="a-refund-after-48-hours"
        ),
        pytest.param(
            "REPLACEMENT", 23.9, "REPLACEMENT_REQUEST_PENDING", id="a-replacement-not-before-24"
        ),
        pytest.param(
            "REPLACEMENT", 24, "REPLACEMENT_REQUEST_COMPLETE", id="a-replacement-after-24-hours"
        ),
    ],
)
def test_silence_is_consent(desk: Desk, kind: str, hours: float, status: str) -> None:
    return_id = ask(desk, kind)

    desk.wait(hours=hours)

    assert status_of(desk, return_id) == status


def test_silence_after_goods_came_back_is_consent_too(desk: Desk) -> None:
    order = delivered(desk)
    return_id = ask(desk, order=order)
    approve(desk, return_id, "APPROVE_RETURN")
    desk.command("send_return_back", order=order.id)

    desk.wait(hours=48)

    assert status_of(desk, return_id) == "RETURN_OR_REFUND_REQUEST_SUCCESS"


def test_a_part_of_the_money_may_be_offered(desk: Desk) -> None:
    order = delivered(desk)
    return_id = ask(desk, order=order)
    part = {"currency": "GBP", "amount": "1.00"}

    answer = approve(desk, return_id, "OFFER_PARTIAL_REFUND", partial_refund=part)

    assert answer.code == 0
    assert status_of(desk, return_id) == "AWAITING_BUYER_RESPONSE"
    assert found(desk, return_id)["partial_refund"] == part


@pytest.mark.parametrize(
    ("part", "code"),
    [
        pytest.param({"currency": "GBP", "amount": "9999.00"}, 25005005, id="more-than-was-paid"),
        pytest.param({"currency": "USD", "amount": "1.00"}, 25001001, id="another-currency"),
        pytest.param({}, 25001001, id="no-amount"),
    ],
)
def test_an_impossible_offer_changes_nothing(desk: Desk, part: dict[str, str], code: int) -> None:
    return_id = ask(desk)

    answer = approve(desk, return_id, "OFFER_PARTIAL_REFUND", partial_refund=part)

    assert answer.code == code
    assert status_of(desk, return_id) == PENDING


def test_202606_offers_a_part_after_the_goods_came_back(desk: Desk) -> None:
    order = delivered(desk)
    return_id = ask(desk, order=order)
    approve(desk, return_id, "APPROVE_RETURN")
    desk.command("send_return_back", order=order.id)

    answer = desk.call(
        REJECT_NEWER,
        return_id=return_id,
        body={
            "decision": "OFFER_PARTIAL_REFUND_AFTER_RECEIVING_PKG",
            "reject_reason": USED,
            "partial_refund_amount": {"currency": "GBP", "partial_refund_total": "1.00"},
        },
    )

    assert answer.code == 0
    assert status_of(desk, return_id) == "AWAITING_BUYER_RESPONSE"


def test_a_buyer_who_keeps_the_goods_is_refunded_at_once(desk: Desk) -> None:
    return_id = ask(desk)

    approve(desk, return_id, "APPROVE_RETURN", buyer_keep_item=True)

    assert status_of(desk, return_id) == "RETURN_OR_REFUND_REQUEST_SUCCESS"


def test_a_repeat_with_the_same_idempotency_key_changes_nothing(desk: Desk) -> None:
    return_id = ask(desk)
    arguments: dict[str, Any] = {
        "query": {"idempotency_key": "one-decision"},
        "body": {"decision": "APPROVE_RETURN"},
    }
    desk.call(APPROVE, return_id=return_id, **arguments)
    desk.changes.clear()

    again = desk.call(APPROVE, return_id=return_id, **arguments)

    assert (again.code, again.data, desk.changes) == (0, {}, [])


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        pytest.param("no_such_reason", 25001014, id="unknown"),
        pytest.param(
            "seller_reject_apply_product_has_been_packed", 25001016, id="one-for-cancellations"
        ),
    ],
)
def test_a_wrong_reject_reason_is_refused(desk: Desk, reason: str, code: int) -> None:
    return_id = ask(desk)

    assert reject(desk, return_id, "REJECT_RETURN", reject_reason=reason).code == code
    assert status_of(desk, return_id) == PENDING


def test_the_listed_reject_reasons_are_accepted(desk: Desk) -> None:
    return_id = ask(desk)
    reasons = desk.call(REASONS, query={"return_or_cancel_id": return_id}).data["reasons"]

    assert reject(desk, return_id, "REJECT_RETURN", reject_reason=reasons[0]["name"]).code == 0


def test_an_unknown_return_is_refused(desk: Desk) -> None:
    assert approve(desk, "4035740000000000000", "APPROVE_RETURN").code == 25020005


def test_an_order_that_was_not_delivered_cannot_be_returned(desk: Desk) -> None:
    order = desk.place()

    with pytest.raises(UsageError, match="choose a delivered order"):
        desk.command("request_return", order=order.id)


@pytest.mark.parametrize("size", [9, 51])
def test_a_page_holds_10_to_50_returns(desk: Desk, size: int) -> None:
    assert desk.call(SEARCH, query={"page_size": size}).code == 36009004


def test_a_search_filters_by_kind_and_state(desk: Desk) -> None:
    wanted = ask(desk, "REFUND")
    ask(desk, "REPLACEMENT")

    data = desk.call(SEARCH, body={"return_types": ["REFUND"], "return_status": [PENDING]}).data

    assert [row["return_id"] for row in data["return_orders"]] == [wanted]


def test_the_newer_search_adds_sub_items(desk: Desk) -> None:
    ask(desk)

    row = desk.call(SEARCH_NEWER).data["return_orders"][0]

    assert row["return_line_items"][0]["return_sub_line_items"] == []


def test_the_seller_is_told_what_to_do_until_when(desk: Desk) -> None:
    row = found(desk, ask(desk))

    assert row["seller_next_action_response"] == [
        {"action": "SELLER_RESPOND_RETURN", "deadline": row["create_time"] + 48 * 3_600}
    ]


def test_webhook_12_tells_each_state(desk: Desk) -> None:
    desk.listen(12)
    return_id = ask(desk)
    reject(desk, return_id, "REJECT_RETURN")

    told = [row["data"] for row in desk.heard()]

    assert [row["return_status"] for row in told] == [PENDING, "REFUND_OR_RETURN_REQUEST_REJECT"]
    assert {row["return_id"] for row in told} == {return_id}
    assert {row["return_type"] for row in told} == {"RETURN_AND_REFUND"}


def test_the_ledger_lists_returns(desk: Desk) -> None:
    return_id = ask(desk)

    (row,) = desk.twin.ledger()["shops"][desk.shop.id]["returns"]

    assert (row["id"], row["status"]) == (return_id, PENDING)


@pytest.mark.parametrize(
    ("accept", "return_status", "order_status"),
    [
        pytest.param(
            True, "RETURN_OR_REFUND_REQUEST_SUCCESS", "DELIVERED", id="taken-it-ends-the-request"
        ),
        pytest.param(False, PENDING, "DELIVERED", id="turned-down-the-request-is-open-again"),
    ],
)
def test_a_partial_refund_never_completes_the_order(
    desk: Desk, accept: bool, return_status: str, order_status: str
) -> None:
    order = delivered(desk)
    return_id = ask(desk, order=order)
    part = {"currency": "GBP", "amount": "1.00"}
    approve(desk, return_id, "OFFER_PARTIAL_REFUND", partial_refund=part)

    desk.command("answer_offer", order=order.id, accept=accept)

    assert status_of(desk, return_id) == return_status
    assert desk.order(order.id).status == order_status


def test_an_offer_that_was_not_made_cannot_be_answered(desk: Desk) -> None:
    order = delivered(desk)
    ask(desk, order=order)

    with pytest.raises(UsageError, match="cannot accept_offer"):
        desk.command("answer_offer", order=order.id)
