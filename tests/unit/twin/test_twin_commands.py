"""Commands: what their arguments may be, and how a slip is told."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.twin_pair import TwinPair

from tts_chaos.errors import UsageError
from tts_chaos.twin.handler import COMMANDS


@pytest.fixture(scope="module")
def pair() -> TwinPair:
    return TwinPair()


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        pytest.param("place_order", {}, "Did you mean 'place_orders'", id="misspelt-name"),
        pytest.param("zzz", {}, "Known: add_warehouse", id="name-like-no-other"),
        pytest.param("place_orders", {"cout": 2}, "Did you mean 'count'", id="misspelt-argument"),
        pytest.param("allow_ip", {"xyz": 1}, "It takes: none", id="argument-where-none-is-taken"),
        pytest.param("place_orders", {"count": "2"}, "Expected `int`, got `str`", id="wrong-type"),
        pytest.param("place_orders", {"count": True}, "Expected `int`", id="boolean-for-a-number"),
        pytest.param("place_orders", {"count": 0}, "Expected `int` >= 1, got 0", id="none-at-all"),
        pytest.param("place_orders", {"units": -1}, "`int` >= 0, got -1", id="negative-units"),
        pytest.param("place_orders", {"sku_id": "9"}, "no SKU '9'", id="unknown-sku"),
        pytest.param("place_orders", {"shop": "9"}, "no shop '9'", id="unknown-shop"),
        pytest.param("move_order", {"order": "1"}, "needs the argument event", id="missing"),
        pytest.param("shift_clock", {"offset_ms": 10**12}, "Expected `int` <=", id="slip-of-units"),
        pytest.param("set_profile", {"profile": "x"}, "documented, article", id="no-profile"),
        pytest.param("set_refusal_style", {"style": "x"}, "http, ok", id="no-style"),
        pytest.param("set_rate_limit", {"per_s": -1}, "`int` >= 0, got -1", id="negative-rate"),
        pytest.param("subscribe_webhooks", {"types": [1.5]}, "got `float`", id="wrong-item"),
    ],
)
def test_a_slip_is_told_and_nothing_happens(
    pair: TwinPair, name: str, arguments: dict[str, Any], words: str
) -> None:
    before = len(pair.changes)

    with pytest.raises(UsageError, match=words):
        pair.twin.command(name, arguments)

    assert len(pair.changes) == before


@pytest.mark.parametrize(
    ("pair", "name", "arguments", "words"),
    [
        pytest.param(
            TwinPair(),
            "change_address",
            {"order": "newest"},
            "has no orders; place_orders makes some",
            id="no-orders",
        ),
        pytest.param(
            TwinPair(products=0), "place_orders", {}, "populate products first", id="no-products"
        ),
        pytest.param(
            TwinPair(), "open_account", {"orders": 1, "products": 0}, "products=0", id="no-goods"
        ),
    ],
)
def test_what_is_lacking_is_told(
    pair: TwinPair, name: str, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        pair.twin.command(name, arguments)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(name: str) -> None:
    assert (COMMANDS[name].__doc__ or "").strip()


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param({"paid": False}, "UNPAID", id="unpaid"),
        pytest.param({"hold": True}, "ON_HOLD", id="paid-with-hold"),
        pytest.param({}, "AWAITING_SHIPMENT", id="paid-without-hold"),
    ],
)
def test_orders_are_placed_in_the_state_asked_for(
    pair: TwinPair, arguments: dict[str, bool], status: str
) -> None:
    [order_id] = pair.run("place_orders", **arguments)

    [order] = pair.detail(order_id).data["orders"]
    assert order["status"] == status


def test_the_number_of_units_is_as_asked_for(pair: TwinPair) -> None:
    [order_id] = pair.run("place_orders", units=5)

    assert len(pair.detail(order_id).data["orders"][0]["line_items"]) == 5


def test_the_sku_is_as_asked_for(pair: TwinPair) -> None:
    sku_id = next(iter(pair.twin.ledger()["shops"][pair.shop_id]["stock"]))
    [order_id] = pair.run("place_orders", units=2, sku_id=sku_id)

    lines = pair.detail(order_id).data["orders"][0]["line_items"]
    assert {line["sku_id"] for line in lines} == {sku_id}


def test_the_offset_of_the_clock_is_absolute(pair: TwinPair) -> None:
    pair.run("shift_clock", offset_ms=5_000)
    pair.run("shift_clock", offset_ms=2_000)
    shifted = pair.platform_clock.offset_ms
    pair.run("shift_clock", offset_ms=0)

    assert (shifted, pair.platform_clock.offset_ms) == (2_000, 0)
