"""Stock: a wish is kept before it is sent and done once the platform is seen to hold it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.errors import PushPendingError, SettingsError
from tts_chaos.reference.stock import _spread

if TYPE_CHECKING:
    from tests.unit.reference.conftest import ScriptedPlatform

UPDATE = "/inventory/update"
READ = "/inventory/search"


def written(platform: ScriptedPlatform) -> list[int]:
    return [
        json.loads(request.content)["skus"][0]["inventory"][0]["quantity"]
        for request in platform.asked(UPDATE)
    ]


def test_a_push_sets_the_quantity_and_is_believed_once_read_back(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 3

    connector.push_stock({"5001": 37})

    assert platform.levels == {"5001": 37}
    assert connector.stock() == {"5001": 37}


def test_a_push_of_what_is_there_already_writes_nothing(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 37

    connector.push_stock({"5001": 37})

    assert written(platform) == []


def test_a_failing_push_waits_is_told_and_is_made_good_by_a_flush(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 3
    platform.say(UPDATE, platform.refusal(12052901, "not active"))
    with pytest.raises(PushPendingError):
        connector.push_stock({"5001": 37})
    assert connector.stock() == {"5001": 3}
    assert connector.health()["waiting_pushes"] == 1

    connector.flush()

    assert connector.stock() == {"5001": 37}
    assert connector.health()["waiting_pushes"] == 0


def test_a_push_during_an_outage_survives_a_restart(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 3
    platform.say(READ, *[httpx.ConnectError("refused")] * 4)
    with pytest.raises(PushPendingError) as caught:
        connector.push_stock({"5001": 37})
    assert caught.value.cause == "network"

    connector.restart()
    connector.flush()

    assert platform.levels == {"5001": 37}


def test_a_push_whose_answer_is_lost_is_written_once(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 3

    def apply_and_lose(request: httpx.Request) -> httpx.Response:
        platform.levels["5001"] = 37
        raise httpx.ReadError("reset", request=request)

    platform.say(UPDATE, apply_and_lose)

    connector.push_stock({"5001": 37})

    assert written(platform) == [37]
    assert connector.stock() == {"5001": 37}


def test_units_sold_after_a_lost_answer_are_not_put_back_on_sale(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 3

    def apply_sell_and_lose(request: httpx.Request) -> httpx.Response:
        platform.levels["5001"] = 35
        platform.say(READ, lambda _: platform.reply({"inventory": [sold(35, committed=2)]}))
        raise httpx.ReadError("reset", request=request)

    platform.say(UPDATE, apply_sell_and_lose)

    connector.push_stock({"5001": 37})

    assert platform.levels == {"5001": 35}
    assert connector.stock() == {"5001": 35}


def sold(quantity: int, *, committed: int) -> dict[str, Any]:
    row = {"warehouse_id": "800", "available_quantity": quantity}
    sku = {
        "id": "5001",
        "total_available_quantity": quantity,
        "total_committed_quantity": committed,
        "warehouse_inventory": [row],
    }
    return {"product_id": "700", "skus": [sku]}


def test_a_refusal_inside_code_zero_is_no_success(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 3
    error = {"code": 12052393, "message": "locked", "detail": {"sku_id": "5001"}}
    platform.say(UPDATE, platform.reply({"errors": [error]}))

    with pytest.raises(PushPendingError, match="12052393"):
        connector.push_stock({"5001": 37})

    assert connector.stock() == {"5001": 3}
    assert connector.alerts()


def test_a_success_that_changed_nothing_is_no_success(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 3
    platform.say(UPDATE, *[platform.reply({"errors": []})] * 9)

    with pytest.raises(PushPendingError):
        connector.push_stock({"5001": 37})


def test_a_newer_wish_replaces_an_older_one(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 3
    platform.say(READ, *[httpx.ConnectError("refused")] * 4)
    with pytest.raises(PushPendingError):
        connector.push_stock({"5001": 37})

    connector.push_stock({"5001": 20})

    assert written(platform) == [20]


def test_a_wish_that_comes_while_another_is_pushed_is_not_lost(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 3

    def read_while_someone_wishes(_: httpx.Request) -> httpx.Response:
        connector._stock.ask({"5001": 20})
        return platform.reply({"inventory": [sold(37, committed=0)]})

    platform.say(READ, read_while_someone_wishes)

    connector.push_stock({"5001": 37})

    assert platform.levels == {"5001": 20}


def test_a_sku_that_no_shop_sells_is_told_and_stops_no_other(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 3

    with pytest.raises(PushPendingError) as caught:
        connector.push_stock({"5001": 37, "6666": 1})

    assert caught.value.skus == ("6666",)
    assert platform.levels["5001"] == 37


@pytest.mark.parametrize("quantity", [-1, 100_000, 1.5, True, "7", None])
def test_a_quantity_that_is_none_is_refused_and_not_kept(
    connector: ReferenceIntegration, quantity: Any
) -> None:
    with pytest.raises(SettingsError, match="expected 0 to 99999"):
        connector.push_stock({"5001": quantity})

    assert connector.health()["waiting_pushes"] == 0


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        pytest.param(10, [6, 4], id="the-first-gives"),
        pytest.param(3, [0, 3], id="less-than-the-others-hold"),
        pytest.param(0, [0, 0], id="nothing"),
        pytest.param(90, [86, 4], id="the-first-takes"),
    ],
)
def test_a_quantity_is_spread_over_all_warehouses_and_keeps_its_sum(
    quantity: int, expected: list[int]
) -> None:
    rows = _spread(quantity, {"800": 7, "801": 4})

    assert [row["quantity"] for row in rows] == expected


def test_stock_is_read_anew_with_each_synchronisation(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.levels["5001"] = 9
    platform.place("101")
    connector.sync_orders()
    platform.levels["5001"] = 8

    connector.sync_orders()

    assert connector.stock() == {"5001": 8}


def test_a_basket_is_priced_from_what_is_known_while_the_platform_is_away(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    skus = [{"id": "5001", "price": {"currency": "GBP", "tax_exclusive_price": "0.10"}}]
    platform.say("/products/search", platform.reply({"products": [{"id": "700", "skus": skus}]}))
    basket = [{"sku_id": "5001", "quantity": 3}]
    connector.quote_checkout(basket)
    platform.say("/products/search", *[httpx.ConnectError("refused")] * 9)

    started = time.monotonic()
    quote = connector.quote_checkout(basket)

    assert (quote["currency"], quote["total_amount"]) == ("GBP", "0.30")
    assert time.monotonic() - started < 0.5
