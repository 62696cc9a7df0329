"""No unit of stock appears or vanishes, whatever happens to orders."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.core.clock import ManualClock, SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.errors import InternalError, UsageError
from tts_chaos.twin.domains.product.entities import Shelf, StockLevel
from tts_chaos.twin.domains.product.stock import (
    OutOfStockError,
    commit_stock,
    consume_stock,
    find_stock,
    release_stock,
    sellable,
    set_stock,
)
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.store import Change, Store

SHOP, SKU = "7495000000000000001", "1730000000000000001"


def make_env(available: tuple[int, ...], observed: list[Change] | None = None) -> TwinEnv:
    store = Store((observed if observed is not None else []).append)
    env = TwinEnv(
        clock=SkewedClock(ManualClock()),
        entropy=Entropy(1),
        store=store,
        settings=TwinSettings(),
        contracts=load_contracts(),
        emit=lambda _type, _shop, _data: None,
        declare_secret=lambda _value, _label: None,
    )
    shelves = tuple(
        Shelf(warehouse_id=f"W{place}", available=units) for place, units in enumerate(available)
    )
    level = StockLevel(id=SKU, shop_id=SHOP, product_id="1730000000000000002", shelves=shelves)
    store.put(level, change="stock.set")
    return env


def counts(env: TwinEnv) -> tuple[int, int, int]:
    level = find_stock(env, SHOP, SKU)
    return level.available, level.committed, level.shipped


def test_a_sale_a_cancellation_and_a_shipment_move_units() -> None:
    env = make_env((10,))

    commit_stock(env, SHOP, SKU, 4)
    release_stock(env, SHOP, SKU, 1)
    consume_stock(env, SHOP, SKU, 2)

    assert counts(env) == (7, 1, 2)


def test_a_sale_may_take_from_several_warehouses_the_first_before_the_others() -> None:
    env = make_env((2, 5))

    commit_stock(env, SHOP, SKU, 3)

    assert [shelf.available for shelf in find_stock(env, SHOP, SKU).shelves] == [0, 4]


def test_the_last_unit_can_be_sold_and_the_one_after_it_cannot() -> None:
    env = make_env((1,))
    commit_stock(env, SHOP, SKU, 1)

    with pytest.raises(OutOfStockError, match=r"has 0 unit\(s\) for sale, 1 were ordered") as told:
        commit_stock(env, SHOP, SKU, 1)

    assert (told.value.sku_id, told.value.wanted, told.value.available) == (SKU, 1, 0)
    assert counts(env) == (0, 1, 0)


@pytest.mark.parametrize("move", [release_stock, consume_stock])
def test_units_that_nobody_ordered_cannot_move(move: Any) -> None:
    env = make_env((5,))

    with pytest.raises(InternalError, match=r"has 0 committed unit\(s\), 1 were to become"):
        move(env, SHOP, SKU, 1)

    assert counts(env) == (5, 0, 0)


@pytest.mark.parametrize("units", [0, -1])
@pytest.mark.parametrize("move", [commit_stock, release_stock, consume_stock])
def test_a_move_of_no_units_is_a_mistake(move: Any, units: int) -> None:
    env = make_env((5,))

    with pytest.raises(UsageError, match="must be 1 or more"):
        move(env, SHOP, SKU, units)

    assert counts(env) == (5, 0, 0)


def test_an_unknown_sku_is_named_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=f"has no SKU '9'; its first SKUs are: {SKU}"):
        sellable(make_env((5,)), SHOP, "9")


def test_setting_one_warehouse_leaves_the_others() -> None:
    env = make_env((2, 5))

    set_stock(env, SHOP, SKU, {"W1": 9})

    assert [shelf.available for shelf in find_stock(env, SHOP, SKU).shelves] == [2, 9]


def test_each_move_is_one_commit_with_the_units_before_and_after() -> None:
    observed: list[Change] = []
    env = make_env((5,), observed)

    commit_stock(env, SHOP, SKU, 2)

    change = observed[-1]
    assert isinstance(change.before, StockLevel)
    assert isinstance(change.after, StockLevel)
    assert (change.what, change.before.available, change.after.available) == (
        "stock.committed",
        5,
        3,
    )


MOVES = {"sell": commit_stock, "cancel": release_stock, "ship": consume_stock}
steps = st.lists(
    st.tuples(st.sampled_from([*MOVES, "set"]), st.integers(min_value=0, max_value=6)),
    max_size=30,
)


@given(start=st.lists(st.integers(0, 9), min_size=1, max_size=3).map(tuple), story=steps)
def test_units_are_conserved_over_any_story(start: tuple[int, ...], story: list[Any]) -> None:
    env = make_env(start)
    added = 0

    for word, units in story:
        before = find_stock(env, SHOP, SKU)
        if word == "set":
            set_stock(env, SHOP, SKU, {"W0": units})
            added += units - before.shelves[0].available
            continue
        try:
            MOVES[word](env, SHOP, SKU, units)
        except (UsageError, InternalError):
            assert find_stock(env, SHOP, SKU) == before

    level = find_stock(env, SHOP, SKU)
    assert level.available + level.committed + level.shipped == sum(start) + added
    assert all(min(shelf.available, shelf.committed, shelf.shipped) >= 0 for shelf in level.shelves)
