"""Orders: every page, every detail, every field, and never back to an older state."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.errors import SyncIncompleteError
from tts_chaos.reference.settings import ReferenceSettings, Shop

if TYPE_CHECKING:
    from tests.unit.reference.conftest import ScriptedPlatform

SEARCH = "/orders/search"
DETAIL = "/orders"


def page(ids: list[str], *, token: str = "", total: int | None = None) -> dict[str, Any]:
    counted = {} if total is None else {"total_count": total}
    return {"orders": [{"id": id} for id in ids], "next_page_token": token, **counted}


def known(connector: ReferenceIntegration) -> list[str]:
    return sorted(order["id"] for order in connector.orders())


def causes(connector: ReferenceIntegration) -> set[str]:
    return {alert["cause"] for alert in connector.alerts()}


def since(request: httpx.Request) -> int:
    value: int = json.loads(request.content)["update_time_ge"]
    return value


def test_every_page_is_read_with_its_token_in_the_query(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    for id in ("101", "102", "103"):
        platform.place(id)
    platform.say(
        SEARCH,
        platform.reply(page(["101"], token="a+b/c==", total=3)),
        platform.reply(page(["102"], token="d", total=3)),
        platform.reply(page(["103"], total=3)),
    )

    connector.sync_orders()

    assert known(connector) == ["101", "102", "103"]
    tokens = [request.url.params.get("page_token") for request in platform.asked(SEARCH)]
    assert tokens == [None, "a+b/c==", "d"]


def test_one_line_is_one_unit_even_of_one_sku(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101")

    connector.sync_orders()

    assert [line["sku_id"] for line in connector.orders()[0]["lines"]] == ["5001", "5001"]


def _discounted(total: str) -> dict[str, str]:
    """Return a payment of which the platform pays what the lines come to."""
    return {"currency": "GBP", "total_amount": total, "platform_discount": "25.98"}


@pytest.mark.parametrize("total", ["2598.00", "0.25"])
def test_a_total_in_another_unit_than_its_lines_is_refused(
    connector: ReferenceIntegration, platform: ScriptedPlatform, total: str
) -> None:
    platform.place("101", payment={"currency": "GBP", "total_amount": total})

    with pytest.raises(Exception, match="seems to count another unit"):
        connector.sync_orders()

    assert connector.orders() == []
    assert [alert["cause"] for alert in connector.alerts()] == ["mapping"]


def test_money_stays_the_text_it_came_as(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101", payment=_discounted("0.10"))

    connector.sync_orders()

    assert connector.orders()[0]["total_amount"] == "0.10"


def test_a_failing_page_keeps_the_pages_before_it_and_the_watermark(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101")
    platform.say(
        SEARCH,
        platform.reply(page(["101"], token="next")),
        *[httpx.Response(503)] * 4,
    )
    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()
    platform.place("102")

    connector.sync_orders()

    assert known(connector) == ["101", "102"]
    assert {since(request) for request in platform.asked(SEARCH)} == {0}


def test_the_watermark_moves_after_a_complete_run_and_leaves_an_overlap(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    connector.sync_orders()

    connector.sync_orders()

    mark = since(platform.asked(SEARCH)[-1])
    assert time.time() - 960 < mark <= time.time() - 900


def test_an_order_left_out_by_the_detail_call_fails_the_run_and_is_told(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101")
    platform.say(SEARCH, platform.reply(page(["101", "102"])))

    with pytest.raises(SyncIncompleteError, match="leaves out order 102"):
        connector.sync_orders()

    assert known(connector) == ["101"]
    assert causes(connector) == {"mapping"}


def test_an_order_left_out_once_is_asked_for_again(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101")
    platform.say(DETAIL, platform.reply({"orders": []}))

    connector.sync_orders()

    assert known(connector) == ["101"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"status": None}, id="no-status"),
        pytest.param({"status": 111}, id="a-status-that-is-a-number"),
        pytest.param({"update_time": "1793000100"}, id="a-time-in-text"),
        pytest.param({"update_time": 1_793_000_100_000}, id="a-time-in-milliseconds"),
        pytest.param({"payment": {"currency": "GBP"}}, id="no-total"),
        pytest.param({"payment": {"currency": "GBP", "total_amount": 25.98}}, id="money-as-number"),
        pytest.param({"line_items": []}, id="no-lines"),
        pytest.param({"line_items": [{"id": "1", "sale_price": "1"}]}, id="a-line-without-sku"),
    ],
)
def test_a_field_the_business_needs_is_missed_at_once_and_the_rest_is_kept(
    connector: ReferenceIntegration, platform: ScriptedPlatform, change: dict[str, Any]
) -> None:
    platform.place("101")
    platform.place("102", **change)

    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()

    assert known(connector) == ["101"]
    assert causes(connector) == {"mapping"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"brand_new": {"field": 1}}, id="a-new-field"),
        pytest.param({"recipient_address": None}, id="no-address"),
        pytest.param({"packages": None}, id="no-packages"),
        pytest.param({"status": "AWAITING_MOON"}, id="a-new-status"),
    ],
)
def test_what_the_business_can_do_without_stops_nothing(
    connector: ReferenceIntegration, platform: ScriptedPlatform, change: dict[str, Any]
) -> None:
    platform.place("101", **change)

    connector.sync_orders()

    assert known(connector) == ["101"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(("IN_TRANSIT", 200), ("AWAITING_COLLECTION", 100), "IN_TRANSIT", id="older"),
        pytest.param(("IN_TRANSIT", 200), ("AWAITING_COLLECTION", 200), "IN_TRANSIT", id="tie"),
        pytest.param(("IN_TRANSIT", 200), ("DELIVERED", 200), "DELIVERED", id="same-second"),
        pytest.param(("IN_TRANSIT", 200), ("DELIVERED", 100), "DELIVERED", id="clock-set-back"),
        pytest.param(("UNPAID", 100), ("CANCELLED", 300), "CANCELLED", id="cancelled"),
    ],
)
def test_a_status_only_moves_on(
    connector: ReferenceIntegration,
    platform: ScriptedPlatform,
    before: tuple[str, int],
    after: tuple[str, int],
    expected: str,
) -> None:
    platform.place("101", status=before[0], update_time=before[1])
    connector.sync_orders()
    platform.place("101", status=after[0], update_time=after[1])

    connector.sync_orders()

    assert connector.orders()[0]["status"] == expected


def test_an_older_reading_of_the_same_status_changes_nothing(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101", update_time=200)
    connector.sync_orders()
    platform.place("101", update_time=100, buyer_email="old@relay.example.net")

    connector.sync_orders()

    assert connector.orders()[0]["buyer_email"] == "buyer101@relay.example.net"


def test_fewer_orders_than_counted_are_looked_for_again(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101")
    platform.place("102")
    platform.say(SEARCH, platform.reply(page(["101"], total=2)))

    connector.sync_orders()

    assert known(connector) == ["101", "102"]


def test_fewer_orders_than_counted_for_good_fail_the_run(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101")
    platform.say(SEARCH, *[platform.reply(page(["101"], total=2))] * 2)

    with pytest.raises(SyncIncompleteError, match="counts 2 changed orders and shows 1"):
        connector.sync_orders()


def test_pages_that_go_round_in_circles_end(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101")
    platform.say(SEARCH, *[platform.reply(page(["101"], token="again"))] * 50)

    with pytest.raises(SyncIncompleteError, match="do not end"):
        connector.sync_orders()

    assert len(platform.asked(SEARCH)) == 4


def test_details_are_asked_for_fifty_at_a_time_in_one_parameter(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    for number in range(60):
        platform.place(str(1000 + number))

    connector.sync_orders()

    sizes = [len(request.url.params["ids"].split(",")) for request in platform.asked(DETAIL)]
    assert sizes == [50, 10]
    assert len(known(connector)) == 60


@pytest.mark.parametrize(
    "refusal", [(36009014, "x"), (36009004, "Invalid API version."), (36009009, "x")]
)
def test_a_retired_version_of_the_detail_call_is_replaced_and_told(
    connector: ReferenceIntegration, platform: ScriptedPlatform, refusal: tuple[int, str]
) -> None:
    platform.place("101")
    platform.say("/order/202507/orders", platform.refusal(refusal[0], refusal[1], status=400))

    connector.sync_orders()

    assert known(connector) == ["101"]
    assert platform.asked("/order/202309/orders")
    assert connector.alerts()


def test_trouble_with_one_shop_does_not_starve_the_other(
    platform: ScriptedPlatform, settings: ReferenceSettings
) -> None:
    shops = (Shop(id="7001", cipher="one"), Shop(id="7002", cipher="two"))
    platform.place("101")
    platform.say(SEARCH, *[httpx.Response(503)] * 4)
    transport = httpx.MockTransport(platform)

    with ReferenceIntegration(replace(settings, shops=shops), transport=transport) as connector:
        with pytest.raises(SyncIncompleteError):
            connector.sync_orders()
        orders = connector.orders()

    assert [(order["shop_id"], order["id"]) for order in orders] == [("7002", "101")]


def test_each_shop_is_called_with_its_own_cipher(
    platform: ScriptedPlatform, settings: ReferenceSettings
) -> None:
    shops = (Shop(id="7001", cipher="one"), Shop(id="7002", cipher="two"))
    transport = httpx.MockTransport(platform)

    with ReferenceIntegration(replace(settings, shops=shops), transport=transport) as connector:
        connector.sync_orders()

    ciphers = [request.url.params["shop_cipher"] for request in platform.asked(SEARCH)]
    assert ciphers == ["one", "two"]


def test_a_conversion_is_a_paid_order_of_the_last_four_weeks_with_a_contact(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    now_s = int(time.time())
    platform.place("101")
    platform.place("102", buyer_email="")
    platform.place("103", paid_time=now_s - 29 * 86_400)
    platform.place("104", status="CANCELLED")
    platform.place("105", status="UNPAID", paid_time=None)
    platform.place("106", buyer_email="", recipient_address={"phone_number": "+44 7700 900123"})
    connector.sync_orders()

    records = connector.conversions()

    assert [record["order_id"] for record in records] == ["101", "106"]
    assert records[0]["email"] == "buyer101@relay.example.net"
    assert records[1]["phone"] == "+44 7700 900123"
    assert causes(connector) == {"mapping"}


def test_a_conversion_has_everything_a_record_needs(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101")
    connector.sync_orders()

    (record,) = connector.conversions()

    assert set(record) == {
        "order_id",
        "email",
        "transaction_category",
        "timestamp",
        "amount",
        "currency",
    }
    assert (record["amount"], record["currency"]) == ("25.98", "GBP")


def test_hundreds_of_amounts_add_up_to_the_cent(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    for cents in range(1, 301):
        text = f"{cents // 100}.{cents % 100:02d}"
        platform.place(str(1000 + cents), payment=_discounted(text))

    connector.sync_orders()

    amounts = (Decimal(order["total_amount"]) for order in connector.orders())
    assert sum(amounts) == Decimal(300 * 301 // 2) / 100


def test_two_walks_over_the_same_orders_count_no_change(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101")

    counts = [connector.sync_orders()["changed"] for _ in range(2)]

    assert counts == [1, 0]
    assert known(connector) == ["101"]
