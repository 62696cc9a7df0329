"""Whatever sellers, buyers and carriers do through the API, every unit is accounted for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.product.entities import StockLevel

if TYPE_CHECKING:
    from tests.support.shop_desk import Desk

MARK = "fulfillment.202309.mark_package_as_shipped"
CANCEL = "return_refund.202309.cancel_order"
ACTS = ("place", "mark_one", "mark_all", "cancel_one", "cancel_all", "ask", "wait", "carry")
stories = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 5)), min_size=1, max_size=25)


def act(desk: Desk, word: str, choice: int, carrier: str) -> None:
    orders = desk.twin.env.store.list(Order, desk.shop.id)
    if word == "place" or not orders:
        desk.place(units=1 + choice % 3, hold=choice == 5)
        return
    order = orders[choice % len(orders)]
    shipment = {"tracking_number": f"T{len(orders)}-{choice}00", "shipping_provider_id": carrier}
    cancellation = {"order_id": order.id, "cancel_reason": "seller_cancel_reason_out_of_stock"}
    one = {"order_line_item_ids": [order.lines[choice % len(order.lines)].id]}
    calls: dict[str, Callable[[], Any]] = {
        "mark_one": lambda: desk.call(MARK, order_id=order.id, body={**shipment, **one}),
        "mark_all": lambda: desk.call(MARK, order_id=order.id, body=shipment),
        "cancel_one": lambda: desk.call(CANCEL, body={**cancellation, **one}),
        "cancel_all": lambda: desk.call(CANCEL, body=cancellation),
        "ask": lambda: desk.command("request_cancellation", order=order.id),
        "wait": lambda: desk.wait(hours=12 * choice),
        "carry": lambda: desk.command("collect_package", order=order.id),
    }
    try:
        calls[word]()
    except UsageError:
        # Buyers and carriers cannot do everything at any time; the attempt must not matter.
        assert desk.order(order.id) == order


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories, region=st.sampled_from(["GB", "US"]))
def test_units_match_the_lines_of_orders_after_any_story(
    make_desk: Callable[..., Desk], story: list[tuple[str, int]], region: str
) -> None:
    desk = make_desk(region)
    carrier = desk.carrier()
    levels = desk.twin.env.store.list(StockLevel, desk.shop.id)
    totals = {level.id: level.total for level in levels}

    for word, choice in story:
        act(desk, word, choice, carrier)

    lines = [line for row in desk.twin.env.store.list(Order, desk.shop.id) for line in row.lines]
    after = desk.twin.env.store.list(StockLevel, desk.shop.id)
    waiting = [line for line in lines if not line.shipped_at_s and line.status != "CANCELLED"]
    assert {level.id: level.total for level in after} == totals
    assert sum(level.committed for level in after) == len(waiting)
    assert sum(level.shipped for level in after) == len([row for row in lines if row.shipped_at_s])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories)
def test_each_shipped_line_travels_in_exactly_one_package(
    make_desk: Callable[..., Desk], story: list[tuple[str, int]]
) -> None:
    desk = make_desk("GB")
    carrier = desk.carrier()

    for word, choice in story:
        act(desk, word, choice, carrier)

    orders = desk.twin.env.store.list(Order, desk.shop.id)
    shipped = {line.package_id for row in orders for line in row.lines if line.shipped_at_s}
    shipments = desk.twin.ledger()["shops"][desk.shop.id]["shipments"]
    listed = [row["package_id"] for row in shipments]
    assert sorted(listed) == sorted(shipped)
    assert {row["order_id"] for row in shipments} == {
        row.id for row in orders if any(line.shipped_at_s for line in row.lines)
    }
