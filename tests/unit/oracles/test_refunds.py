"""Which calls decide about an order's money, when their outcome is known, and what evens out."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.support.histories import START_S, Story

from tts_chaos.oracles.refund_matching import Matched, match
from tts_chaos.oracles.refunds import (
    CANCELLATIONS,
    RETURNS,
    Refund,
    decisions_told,
    open_refunds,
    refund_writes,
    started_by_seller,
)

ORDER = "576400000000000001"
LOST: dict[str, Any] = {"fate": "reset", "code": None, "status": 0}
RETURN = Refund(id="R1", order=ORDER, amount=Decimal(5), currency="GBP", kind=RETURNS)


def refund(amount: int, currency: str = "GBP", id: str = "") -> Refund:
    return Refund(id=id, order=ORDER, amount=Decimal(amount), currency=currency)


def test_an_entry_of_nothing_adds_nothing() -> None:
    assert match([refund(0), refund(5)], [refund(5, id="R1")]) == Matched()


def test_amounts_of_two_currencies_do_not_even_out() -> None:
    assert match([refund(5), refund(3, "EUR")], [refund(8, id="R1")]) != Matched()


def test_amounts_that_name_their_refund_do_not_even_out() -> None:
    given = [refund(4, id="R1"), refund(4, id="R2")]

    matched = match([refund(5, id="R1"), refund(3)], given)

    assert [(told.amount, true.amount) for told, true in matched.unequal] == [
        (Decimal(5), Decimal(4)),
        (Decimal(3), Decimal(4)),
    ]


def test_a_call_is_about_the_order_whose_request_its_path_names() -> None:
    story = Story().call("approve", "R1").call("approve", "R2")
    story.call("approve", path="/return_refund/202309/returns/R1")

    assert [x.call for x in refund_writes(story.history(), ORDER, [RETURN])] == [1, 3]
    assert refund_writes(story.history(), ORDER, [RETURN], kind=CANCELLATIONS) == []


def still_open(story: Story) -> bool:
    """Whether the outcome of a call about the order stays unknown to the end."""
    history = story.history()
    return bool(open_refunds(history, ORDER, [RETURN], at=len(history)))


def approved() -> Story:
    return Story().call("approve", "R1", **LOST).wait(1_000)


def cancelled() -> Story:
    return Story().call("cancel", body={"order_id": ORDER}, **LOST).wait(1_000)


def event(type: int, **data: str) -> dict[str, Any]:
    """Return the fields of a webhook about the order's money."""
    return {"type": type, "body": json.dumps({"data": {"order_id": ORDER, **data}})}


def records_of(id: str) -> Story:
    """Return a story in which the records of a request are read after a lost call."""
    path = f"/return_refund/202309/returns/{id}/records"
    operation = "return_refund.202309.get_return_records"
    return approved().call("stock", operation=operation, method="GET", path=path)


NAMED, FILTERED = {"return_id": "R1"}, {"return_status": "x"}
CLOSING: list[tuple[str, Story]] = [
    ("a webhook of a cancellation", cancelled().webhook(**event(11, cancel_status="SUCCESS"))),
    ("a webhook of a return", approved().webhook(**event(12, return_status="COMPLETE"))),
    ("a search that names the order", approved().call("returns", body={"order_ids": [ORDER]})),
    ("a search that shows the request", approved().call("returns", body=FILTERED, data=NAMED)),
    ("a search of everything", approved().call("returns")),
    ("a search of all since then", approved().call("returns", body={"create_time_ge": START_S})),
    ("the order, cancelled", cancelled().call("detail", query={"ids": ORDER})),
    ("the request's records", records_of("R1")),
]  # fmt: skip
LEAVING_OPEN: list[tuple[str, Story]] = [
    ("nothing", approved()),
    ("a webhook of a return", cancelled().webhook(**event(12, return_status="COMPLETE"))),
    ("a webhook that still waits", approved().webhook(**event(12, return_status="X_PENDING"))),
    ("a webhook about another order", approved().webhook(**event(12, order_id="7"))),
    ("a webhook about nothing", approved().webhook(type=12, body='{"data": ["x"]}')),
    ("a search of the other kind", approved().call("cancellations", data=NAMED)),
    ("a search of some", approved().call("returns", body=FILTERED)),
    ("a search that begins later", approved().call(
        "returns", body={"update_time_ge": START_S + 1})),
    ("one that begins later in one way of two", approved().call(
        "returns", body={"update_time_ge": START_S + 1, "create_time_ge": START_S})),
    ("a search that is not at its end", approved().call("returns", data={"next_page_token": "p"})),
    ("a search without a page", approved().call("returns", data=[])),
    ("the order", approved().call("detail", query={"ids": ORDER})),
    ("another order, cancelled", cancelled().call("detail", query={"ids": "7"})),
    ("another request's records", records_of("R2")),
    ("a read of something else", approved().call("stock", data={"of": [ORDER, "R1"]})),
    ("a search since the second of two calls",
     Story().call("approve", "R1", **LOST).wait(60_000).call("approve", "R1", **LOST)
     .wait(1_000).call("returns", body={"update_time_ge": START_S + 30})),
]  # fmt: skip


@pytest.mark.parametrize("story", [pytest.param(s, id=n.replace(" ", "-")) for n, s in CLOSING])
def test_what_tells_how_a_lost_call_ended(story: Story) -> None:
    assert not still_open(story)


@pytest.mark.parametrize(
    "story", [pytest.param(s, id=n.replace(" ", "-")) for n, s in LEAVING_OPEN]
)
def test_what_does_not_tell_how_a_lost_call_ended(story: Story) -> None:
    assert still_open(story)


def test_decisions_are_told_by_genuine_webhooks_of_two_kinds() -> None:
    story = Story().webhook("N1", **event(11)).webhook("N2", **event(12))
    story.webhook("N3", **event(1)).webhook("N4", **event(12), genuine=False)
    story.webhook("N5", **event(12, order_id="7"))

    told = decisions_told(story.history(), ORDER)
    assert [sent.notification for sent in told] == ["N1", "N2"]


@pytest.mark.parametrize(
    ("after", "order"),
    [
        pytest.param({"role": "SELLER", "order_id": ORDER}, ORDER, id="the-seller"),
        pytest.param({"role": "BUYER", "order_id": ORDER}, "", id="the-buyer"),
        pytest.param("x", "", id="nobody-knows-who"),
    ],
)
def test_who_started_a_refund(after: Any, order: str) -> None:
    assert started_by_seller(after) == order
