"""The platform at the start of a run: seeded, believable, and full of what breaks careless code."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import Any

import pytest
from tests.support.twin_pair import TwinPair

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.core.clock import SIMULATED_EPOCH_MS, ManualClock, SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.product.entities import StockLevel
from tts_chaos.twin.regions import REGIONS
from tts_chaos.twin.twin import Twin

NOW_S = SIMULATED_EPOCH_MS // 1000
DAY_S = 86_400


@pytest.fixture(scope="module")
def pair() -> TwinPair:
    return TwinPair(orders=110, products=8, shops=2, regions=("GB", "JP"))


@pytest.fixture(scope="module")
def orders(pair: TwinPair) -> list[Order]:
    return pair.twin.env.store.list(Order, pair.shop_id)


def test_there_are_as_many_orders_as_asked_for(orders: list[Order]) -> None:
    assert len(orders) == 110


def test_even_a_few_orders_are_in_several_states() -> None:
    few = TwinPair(orders=11).twin.env.store.list(Order)

    assert len({order.status for order in few}) >= 7


def test_no_instant_lies_in_the_future_or_before_the_one_that_led_to_it(
    orders: list[Order],
) -> None:
    for order in orders:
        lived = [
            instant
            for instant in (
                order.created_at_s,
                order.paid_at_s,
                order.shipped_at_s,
                order.collected_at_s,
                order.delivered_at_s,
                order.completed_at_s,
            )
            if instant
        ]
        assert lived == sorted(lived)
        assert max(lived) <= order.updated_at_s <= NOW_S


def test_orders_are_stored_oldest_first(orders: list[Order]) -> None:
    times = [order.created_at_s for order in orders]

    assert times == sorted(times)


def test_some_orders_begin_exactly_at_midnight_and_some_a_second_before(
    orders: list[Order],
) -> None:
    of_day = Counter(order.created_at_s % DAY_S for order in orders)

    assert of_day[0] >= 2
    assert of_day[DAY_S - 1] >= 1


def test_some_orders_begin_in_the_same_second(orders: list[Order]) -> None:
    assert max(Counter(order.created_at_s for order in orders).values()) >= 2


def test_names_are_written_in_many_scripts(orders: list[Order]) -> None:
    letters = {
        letter
        for order in orders
        for letter in order.address.first_name + order.address.last_name
        if letter.isalpha()
    }
    scripts = {unicodedata.name(letter).split()[0] for letter in letters}

    assert {
        "LATIN",
        "CYRILLIC",
        "GREEK",
        "ARABIC",
        "HEBREW",
        "THAI",
        "CJK",
        "HANGUL",
        "DEVANAGARI",
    } <= scripts


def test_buyers_write_beyond_the_basic_plane(orders: list[Order]) -> None:
    assert any(ord(letter) > 0xFFFF for order in orders for letter in order.buyer.message)


def test_ids_are_decimal_texts_too_long_for_a_floating_point_number(orders: list[Order]) -> None:
    ids = [order.id for order in orders] + [line.id for order in orders for line in order.lines]

    assert len(set(ids)) == len(ids)
    assert all(id.isdecimal() and 16 <= len(id) <= 20 for id in ids)
    assert any(str(int(float(id))) != id for id in ids)


def test_stock_promised_is_exactly_what_open_orders_hold(
    pair: TwinPair, orders: list[Order]
) -> None:
    waiting = Counter(
        line.sku_id
        for order in orders
        for line in order.lines
        if line.status != "CANCELLED" and not line.shipped_at_s
    )
    levels = pair.twin.env.store.list(StockLevel, pair.shop_id)

    assert {level.id: level.committed for level in levels if level.committed} == dict(waiting)


def test_parcels_under_way_have_a_package_and_a_number(orders: list[Order]) -> None:
    under_way = [line for o in orders if o.status == "IN_TRANSIT" for line in o.lines]

    assert under_way
    assert all(line.package_id and line.tracking_number for line in under_way)


def test_further_shops_get_a_share_of_the_orders(pair: TwinPair) -> None:
    other = pair.credentials.shops[1].id

    assert len(pair.twin.env.store.list(Order, other)) == 22


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_every_market_can_be_populated(region: str) -> None:
    pair = TwinPair(orders=11, products=2, regions=(region,))

    [shop] = pair.twin.env.store.list(Shop)
    assert shop.region == region
    assert len(pair.search().data["orders"]) == 11


def test_many_orders_do_not_sell_a_shop_out() -> None:
    pair = TwinPair(orders=700, products=1)

    assert all(level.available > 0 for level in pair.twin.env.store.list(StockLevel))


# -- determinism -----------------------------------------------------------------------------------


def wire_of(seed: int) -> list[bytes]:
    """Return the bytes of a small run that uses every part of the twin."""
    pair = TwinPair(seed=seed, orders=12, shops=2, regions=("DE", "US"))
    pair.run("subscribe_webhooks")
    pair.run("place_orders", count=3, hold=True)
    pair.advance(3_600_000)
    answers = [
        pair.twin.handle(pair.signed("POST", "/order/202309/orders/search", [("page_size", "50")])),
        pair.twin.handle(
            pair.token_request("refresh", refresh_token=pair.credentials.refresh_token)
        ),
        pair.twin.handle(pair.signed("GET", "/nowhere")),
    ]
    return [a.response.body for a in answers] + [w.body for w in pair.twin.drain()]


def test_equal_seeds_give_equal_bytes() -> None:
    assert wire_of(3) == wire_of(3)


def test_other_seeds_give_other_bytes() -> None:
    assert wire_of(3) != wire_of(4)


def test_more_orders_do_not_change_the_products() -> None:
    few, many = (TwinPair(orders=n, products=4) for n in (2, 9))

    def titles(pair: TwinPair) -> list[Any]:
        query = [("page_size", "100")]
        found = pair.post("/product/202502/products/search", query, {}).data["products"]
        return sorted(product["title"] for product in found)

    assert titles(few) == titles(many)


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"orders": -1, "products": 1}, "orders=-1", id="negative"),
        pytest.param({"orders": 1, "products": 0}, "products=0", id="nothing-to-sell"),
        pytest.param({"orders": 0, "products": 0, "shops": 0}, "shops=0", id="no-shop"),
        pytest.param({"orders": 0, "products": 1, "regions": ("XX",)}, "'XX'", id="no-market"),
    ],
)
def test_a_population_that_makes_no_sense_is_refused(arguments: dict[str, Any], words: str) -> None:
    twin = Twin(clock=SkewedClock(ManualClock()), entropy=Entropy(1), contracts=load_contracts())

    with pytest.raises(UsageError, match=words):
        twin.populate(**arguments)


def test_a_twin_is_populated_once(pair: TwinPair) -> None:
    with pytest.raises(UsageError, match="populated already"):
        pair.twin.populate(orders=1, products=1)
