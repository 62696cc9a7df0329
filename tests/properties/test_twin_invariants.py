"""Whatever buyers, the platform and the integration do: no unit and no cent is made or lost."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.twin_pair import TwinPair

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.order.moves import ORDER_LIFE
from tts_chaos.twin.domains.product.entities import StockLevel

EVENTS = sorted({event for _, event in ORDER_LIFE.moves})

place = st.tuples(
    st.just("place_orders"),
    st.fixed_dictionaries(
        {"units": st.integers(1, 3), "hold": st.booleans(), "paid": st.booleans()}
    ),
)
move = st.tuples(st.just("move_order"), st.fixed_dictionaries({"event": st.sampled_from(EVENTS)}))
request: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.tuples(
    st.sampled_from(["request_cancellation", "collect_package", "deliver_package"]), st.just({})
)
wait = st.tuples(st.just("wait"), st.fixed_dictionaries({"hours": st.integers(1, 300)}))
ship: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.tuples(st.just("ship"), st.just({}))
steps = st.lists(
    st.tuples(st.one_of(place, move, move, request, wait, ship), st.integers(0, 5)),
    max_size=25,
)


def take(pair: TwinPair, step: str, arguments: dict[str, Any], choice: int) -> None:
    """Do one step to one of the orders; what cannot be done must change nothing."""
    orders = pair.twin.env.store.list(Order, pair.shop_id)
    if step == "wait":
        pair.advance(arguments["hours"] * 3_600_000)
    elif step == "place_orders":
        attempt(pair, step, arguments)
    elif orders and step == "ship":
        ship_first_package(pair, orders[choice % len(orders)])
    elif orders:
        attempt(pair, step, {"order": orders[choice % len(orders)].id, **arguments})


def attempt(pair: TwinPair, command: str, arguments: dict[str, Any]) -> None:
    before = pair.twin.ledger()
    try:
        pair.twin.command(command, arguments)
    except UsageError:
        assert pair.twin.ledger() == before


def ship_first_package(pair: TwinPair, order: Order) -> None:
    package = next((line.package_id for line in order.lines if line.package_id), "1")
    before = pair.twin.ledger()
    pair.renew()
    reply = pair.post(f"/fulfillment/202309/packages/{package}/ship", body={})
    assert reply.code == 0 or pair.twin.ledger() == before


def check(pair: TwinPair, units: dict[str, int], totals: dict[str, Decimal]) -> None:
    orders = pair.twin.env.store.list(Order, pair.shop_id)
    waiting: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    for order in orders:
        for line in order.lines:
            if line.shipped_at_s:
                gone[line.sku_id] += 1
            elif line.status != "CANCELLED":
                waiting[line.sku_id] += 1
        assert order.total == totals.setdefault(order.id, order.total)
        assert (order.status == "CANCELLED") == (not order.open_lines)
    for level in pair.twin.env.store.list(StockLevel, pair.shop_id):
        assert level.committed == waiting[level.id]
        assert level.shipped == gone[level.id]
        assert level.available + level.committed + level.shipped == units[level.id]
        assert level.available >= 0


@settings(max_examples=60)
@given(steps)
def test_units_and_cents_are_conserved(taken: list[tuple[tuple[str, dict[str, Any]], int]]) -> None:
    pair = TwinPair(products=1)
    units = {level.id: level.total for level in pair.twin.env.store.list(StockLevel)}
    totals: dict[str, Decimal] = {}

    for (step, arguments), choice in taken:
        take(pair, step, arguments, choice)
        check(pair, units, totals)


@settings(max_examples=25)
@given(steps)
def test_equal_steps_give_equal_ledgers(
    taken: list[tuple[tuple[str, dict[str, Any]], int]],
) -> None:
    pairs = (TwinPair(products=1), TwinPair(products=1))

    for pair in pairs:
        for (step, arguments), choice in taken:
            take(pair, step, arguments, choice)

    assert pairs[0].twin.ledger() == pairs[1].twin.ledger()
