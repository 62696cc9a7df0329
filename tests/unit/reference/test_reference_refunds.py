"""Refunds: money goes back once, and counts as given back only when the platform says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.errors import (
    NotRefundableError,
    SyncIncompleteError,
    UnknownOutcomeError,
)

if TYPE_CHECKING:
    from tests.unit.reference.conftest import ScriptedPlatform

CREATE = "/return_refund/202309/returns"
APPROVE = "/returns/301/approve"
CANCEL = "/return_refund/202309/cancellations"
RETURNS, CANCELLATIONS = "/returns/search", "/cancellations/search"
GRANTED = "RETURN_OR_REFUND_REQUEST_SUCCESS"
PENDING = "RETURN_OR_REFUND_REQUEST_PENDING"


def returned(id: str = "301", state: str = GRANTED, total: str = "25.98", **changes: Any) -> Any:
    """Return a row of the search for returns, about order 101."""
    row = {
        "return_id": id,
        "order_id": "101",
        "return_status": state,
        "return_type": "REFUND",
        "update_time": 1_793_000_300,
        "refund_amount": {"currency": "GBP", "refund_total": total},
        "return_line_items": [{"order_line_item_id": "1011"}],
    }
    return row | changes


def page(platform: ScriptedPlatform, *rows: Any) -> httpx.Response:
    return platform.reply({"return_orders": list(rows), "total_count": len(rows)})


def amounts(connector: ReferenceIntegration) -> list[tuple[str, str, str]]:
    return [(row["order_id"], row["amount"], row["currency"]) for row in connector.refunds()]


def keys(platform: ScriptedPlatform, ending: str) -> list[str]:
    return [request.url.params["idempotency_key"] for request in platform.asked(ending)]


@pytest.fixture
def shop(platform: ScriptedPlatform) -> ScriptedPlatform:
    """A platform with one delivered order of two units."""
    platform.place("101", status="DELIVERED")
    return platform


def test_what_others_gave_back_is_read_with_the_orders(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    shop.say(RETURNS, page(shop, returned(), returned("302", PENDING)))

    connector.sync_orders()

    assert amounts(connector) == [("101", "25.98", "GBP")]


def test_a_refund_of_nothing_is_none(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    shop.say(RETURNS, page(shop, returned(total="0")))

    connector.sync_orders()

    assert amounts(connector) == []


def test_a_granted_request_is_not_set_back_by_what_was_read_late(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    late = returned(state=PENDING, update_time=1_793_000_200)
    shop.say(RETURNS, page(shop, returned()), page(shop, late))

    connector.sync_orders()
    connector.sync_orders()

    assert amounts(connector) == [("101", "25.98", "GBP")]


def test_the_mark_stays_where_a_search_failed(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    shop.say(RETURNS, *[httpx.Response(503)] * 4)

    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()
    connector.sync_orders()

    since = [json.loads(request.content)["update_time_ge"] for request in shop.asked(RETURNS)]
    assert set(since) == {0}


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"refund_amount": {}}, id="no-amount"),
        pytest.param({"refund_amount": {"currency": "GBP", "refund_total": 25.98}}, id="a-number"),
        pytest.param({"return_status": None}, id="no-state"),
        pytest.param({"return_line_items": None}, id="no-lines"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_and_not_guessed(
    connector: ReferenceIntegration, shop: ScriptedPlatform, broken: dict[str, Any]
) -> None:
    shop.say(RETURNS, page(shop, returned(**broken)))

    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()

    assert amounts(connector) == []
    assert "mapping" in {alert["cause"] for alert in connector.alerts()}


def test_a_part_is_asked_for_once_for_as_few_units_as_bear_it(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    shop.say(RETURNS, page(shop), page(shop, returned(total="5.00")))
    shop.say(CREATE, shop.reply({"return_id": "301"}))

    connector.refund("101", "5.00")

    (sent,) = [json.loads(request.content) for request in shop.asked(CREATE)]
    assert (sent["refund_total"], sent["currency"]) == ("5.00", "GBP")
    assert sent["order_line_item_ids"] == ["1011"]
    assert amounts(connector) == [("101", "5.00", "GBP")]


def test_an_open_request_of_the_buyer_is_granted(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    shop.say(RETURNS, page(shop, returned(state=PENDING)), page(shop, returned()))
    shop.say(APPROVE, shop.reply())

    connector.refund("101")

    (sent,) = [json.loads(request.content) for request in shop.asked(APPROVE)]
    assert sent == {"decision": "APPROVE_REFUND"}


def test_after_a_lost_answer_it_looks_before_it_sends_the_same_again(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    shop.say(RETURNS, page(shop), page(shop), page(shop, returned()))
    shop.say(CREATE, httpx.ReadError("reset"), shop.reply({"return_id": "301"}))

    connector.refund("101")

    assert len(set(keys(shop, CREATE))) == 1
    assert len(keys(shop, CREATE)) == 2


def test_what_was_done_although_its_answer_was_lost_is_not_sent_again(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    shop.say(RETURNS, page(shop), page(shop, returned()))
    shop.say(CREATE, httpx.ReadError("reset"))

    connector.refund("101")

    assert len(shop.asked(CREATE)) == 1
    assert amounts(connector) == [("101", "25.98", "GBP")]


def test_a_wish_whose_outcome_stays_unknown_keeps_its_key_over_a_restart(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    shop.say(RETURNS, *[page(shop)] * 6, page(shop, returned()))
    shop.say(CREATE, *[httpx.ReadError("reset")] * 4, shop.reply({"return_id": "301"}))

    with pytest.raises(UnknownOutcomeError):
        connector.refund("101")
    connector.restart()
    connector.refund("101")

    assert len(keys(shop, CREATE)) == 5
    assert len(set(keys(shop, CREATE))) == 1


def test_a_second_refund_is_another_decision(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    first, second = returned(total="5.00"), returned("302", total="12.99")
    second["return_line_items"] = [{"order_line_item_id": "1012"}]
    shop.say(RETURNS, page(shop), page(shop, first), page(shop, first), page(shop, first, second))
    shop.say(CREATE, shop.reply(), shop.reply())

    connector.refund("101", "5.00")
    connector.refund("101")

    assert len(set(keys(shop, CREATE))) == 2
    assert sorted(amounts(connector)) == [("101", "12.99", "GBP"), ("101", "5.00", "GBP")]


def test_a_refusal_is_raised_and_nothing_counts_as_given_back(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    shop.say(CREATE, shop.refusal(25001003, "not now"))

    with pytest.raises(Exception, match="not now"):
        connector.refund("101")

    assert amounts(connector) == []


@pytest.mark.parametrize("amount", ["0", "-1", "five", "NaN", "Infinity"])
def test_what_is_no_amount_is_refused_before_anything_is_sent(
    connector: ReferenceIntegration, shop: ScriptedPlatform, amount: str
) -> None:
    with pytest.raises(NotRefundableError, match="no amount"):
        connector.refund("101", amount)

    assert shop.requests == []


def test_an_order_that_was_never_paid_is_not_refunded(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    shop.place("101", paid_time=None)

    with pytest.raises(NotRefundableError, match="never paid"):
        connector.refund("101")


def test_a_cancellation_whose_answer_was_lost_is_looked_after(
    connector: ReferenceIntegration, shop: ScriptedPlatform
) -> None:
    shop.place("101", status="AWAITING_SHIPMENT")
    done = {
        "cancel_id": "401",
        "order_id": "101",
        "cancel_status": "CANCELLATION_REQUEST_SUCCESS",
        "cancel_type": "CANCEL",
        "update_time": 1_793_000_300,
        "refund_amount": {"currency": "GBP", "refund_total": "25.98"},
        "cancel_line_items": [{"order_line_item_id": "1011"}, {"order_line_item_id": "1012"}],
    }
    found = shop.reply({"cancellations": [done], "total_count": 1})
    shop.say(CANCELLATIONS, page(shop), found)
    shop.say(CANCEL, httpx.ReadError("reset"))

    connector.cancel("101")

    assert len(shop.asked(CANCEL)) == 1
    assert amounts(connector) == [("101", "25.98", "GBP")]
