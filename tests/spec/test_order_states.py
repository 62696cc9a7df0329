"""The life of an order: every move of the documented table, and no other."""

from __future__ import annotations

import msgspec
import pytest
from tests.support.twin_pair import TwinPair

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.authorization.lookup import find_shop
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.order.moves import ORDER_LIFE, cancel_order, edit_order, move_order
from tts_chaos.twin.domains.order.placing import choose_skus, place_order
from tts_chaos.twin.domains.product.stock import OutOfStockError
from tts_chaos.twin.lifecycle import IllegalMoveError
from tts_chaos.twin.settings import DAY_MS

HOUR_MS = 3_600_000

# Written out by hand after protocol facts, section 7.3, so that the table in the code is held
# against something else than itself.
MOVES = [
    ("UNPAID", "pay", "ON_HOLD"),
    ("UNPAID", "pay_without_hold", "AWAITING_SHIPMENT"),
    ("UNPAID", "cancel", "CANCELLED"),
    ("ON_HOLD", "release_hold", "AWAITING_SHIPMENT"),
    ("ON_HOLD", "cancel", "CANCELLED"),
    ("AWAITING_SHIPMENT", "ship_part", "PARTIALLY_SHIPPING"),
    ("AWAITING_SHIPMENT", "ship", "AWAITING_COLLECTION"),
    ("AWAITING_SHIPMENT", "cancel", "CANCELLED"),
    ("PARTIALLY_SHIPPING", "ship_part", "PARTIALLY_SHIPPING"),
    ("PARTIALLY_SHIPPING", "ship", "AWAITING_COLLECTION"),
    ("PARTIALLY_SHIPPING", "cancel", "CANCELLED"),
    ("AWAITING_COLLECTION", "collect", "IN_TRANSIT"),
    ("AWAITING_COLLECTION", "refund", "COMPLETED"),
    ("AWAITING_COLLECTION", "cancel", "CANCELLED"),
    ("IN_TRANSIT", "deliver", "DELIVERED"),
    ("IN_TRANSIT", "refund", "COMPLETED"),
    ("IN_TRANSIT", "cancel", "CANCELLED"),
    ("DELIVERED", "complete", "COMPLETED"),
    ("DELIVERED", "refund", "COMPLETED"),
]
EVENTS = sorted({event for _, event, _ in MOVES})
WAYS: dict[str, tuple[str, ...]] = {
    "UNPAID": (),
    "ON_HOLD": ("pay",),
    "AWAITING_SHIPMENT": ("pay_without_hold",),
    "PARTIALLY_SHIPPING": ("pay_without_hold", "ship_part"),
    "AWAITING_COLLECTION": ("pay_without_hold", "ship"),
    "IN_TRANSIT": ("pay_without_hold", "ship", "collect"),
    "DELIVERED": ("pay_without_hold", "ship", "collect", "deliver"),
    "COMPLETED": ("pay_without_hold", "ship", "refund"),
    "CANCELLED": ("cancel",),
}
MISSING = [
    (state, event)
    for state in WAYS
    for event in EVENTS
    if (state, event) not in {(source, name) for source, name, _ in MOVES}
]


@pytest.fixture
def pair() -> TwinPair:
    return TwinPair()


def order_in(pair: TwinPair, state: str) -> Order:
    [order_id] = pair.run("place_orders", paid=False, units=2)
    for event in WAYS[state]:
        pair.run("move_order", order=order_id, event=event)
    return now(pair, order_id)


def now(pair: TwinPair, order_id: str) -> Order:
    order = pair.twin.env.store.get(Order, pair.shop_id, order_id)
    assert order is not None
    return order


@pytest.mark.parametrize(
    ("state", "event", "after"), [pytest.param(*row, id=f"{row[0]}-{row[1]}") for row in MOVES]
)
def test_a_documented_move_is_made(pair: TwinPair, state: str, event: str, after: str) -> None:
    order = order_in(pair, state)

    move_order(pair.twin.env, order.shop_id, order.id, event)

    assert now(pair, order.id).status == after


@pytest.mark.parametrize(
    ("state", "event"), [pytest.param(*row, id=f"{row[0]}-not-{row[1]}") for row in MISSING]
)
def test_any_other_move_is_refused_and_changes_nothing(
    pair: TwinPair, state: str, event: str
) -> None:
    order = order_in(pair, state)
    changes = len(pair.changes)

    with pytest.raises(IllegalMoveError, match=f"order in state {state} cannot {event}"):
        move_order(pair.twin.env, order.shop_id, order.id, event)

    assert now(pair, order.id) == order
    assert len(pair.changes) == changes


def test_the_table_has_no_move_beyond_the_documented_ones() -> None:
    assert {(s, e): a for s, e, a in MOVES} == ORDER_LIFE.moves


def test_every_line_follows_its_order(pair: TwinPair) -> None:
    order = order_in(pair, "IN_TRANSIT")

    assert [line.status for line in order.lines] == ["IN_TRANSIT", "IN_TRANSIT"]


def test_a_line_that_was_cancelled_stays_so(pair: TwinPair) -> None:
    order = order_in(pair, "CANCELLED")

    assert {(line.status, line.cancel_user) for line in order.lines} == {("CANCELLED", "SYSTEM")}


# -- what happens by itself ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age_ms", "status"),
    [
        pytest.param(HOUR_MS - 1_000, "ON_HOLD", id="a-second-before-the-hour"),
        pytest.param(HOUR_MS, "AWAITING_SHIPMENT", id="after-the-hour"),
    ],
)
def test_an_order_rests_on_hold_for_an_hour(pair: TwinPair, age_ms: int, status: str) -> None:
    [order_id] = pair.run("place_orders", hold=True)
    pair.advance(age_ms)

    assert now(pair, order_id).status == status


@pytest.mark.parametrize(
    ("state", "wait_ms", "after"),
    [
        pytest.param("UNPAID", DAY_MS, "CANCELLED", id="unpaid-for-a-day"),
        pytest.param("AWAITING_SHIPMENT", 10 * DAY_MS, "CANCELLED", id="never-shipped"),
        pytest.param("DELIVERED", 30 * DAY_MS, "COMPLETED", id="after-sales-period-over"),
        pytest.param("IN_TRANSIT", 90 * DAY_MS, "IN_TRANSIT", id="nothing-moves-a-parcel-by-time"),
    ],
)
def test_the_platform_moves_orders_by_time(
    pair: TwinPair, state: str, wait_ms: int, after: str
) -> None:
    order = order_in(pair, state)
    pair.advance(wait_ms)

    assert now(pair, order.id).status == after


def test_an_order_of_the_platforms_own_cancelling_says_so(pair: TwinPair) -> None:
    order = order_in(pair, "UNPAID")
    pair.advance(DAY_MS)

    [view] = pair.detail(order.id).data["orders"]

    assert view["cancellation_initiator"] == "SYSTEM"


def test_time_that_passed_unseen_is_made_up_for_in_order(pair: TwinPair) -> None:
    ids = [pair.run("place_orders", hold=True)[0]]
    pair.clock.advance(1_000)
    ids.append(pair.run("place_orders", hold=True)[0])
    pair.changes.clear()
    pair.advance(20 * DAY_MS)

    moved = [(c.id, c.what) for c in pair.changes if c.what in ("order.moved", "order.cancelled")]

    assert moved == [
        (ids[0], "order.moved"),
        (ids[1], "order.moved"),
        (ids[0], "order.cancelled"),
        (ids[1], "order.cancelled"),
    ]


def test_a_request_sees_what_was_due_before_it(pair: TwinPair) -> None:
    [order_id] = pair.run("place_orders", hold=True)
    pair.clock.advance(HOUR_MS)

    assert pair.detail(order_id).data["orders"][0]["status"] == "AWAITING_SHIPMENT"


def test_the_next_instant_is_known(pair: TwinPair) -> None:
    start_ms = pair.clock.now_ms()
    pair.run("place_orders", hold=True)

    assert pair.twin.next_due_ms() == start_ms + HOUR_MS


def test_nothing_is_due_on_an_empty_platform(pair: TwinPair) -> None:
    assert pair.twin.next_due_ms() is None


def test_an_order_cancelled_meanwhile_is_not_released(pair: TwinPair) -> None:
    [order_id] = pair.run("place_orders", hold=True)
    pair.run("move_order", order=order_id, event="cancel")
    pair.advance(HOUR_MS)

    assert now(pair, order_id).status == "CANCELLED"


# -- stock -----------------------------------------------------------------------------------------


def stock(pair: TwinPair, sku_id: str) -> dict[str, int]:
    row: dict[str, int] = pair.twin.ledger()["shops"][pair.shop_id]["stock"][sku_id]
    return row


def a_sku(pair: TwinPair) -> str:
    sku_ids: dict[str, object] = pair.twin.ledger()["shops"][pair.shop_id]["stock"]
    return next(iter(sku_ids))


@pytest.mark.parametrize(
    ("events", "available", "committed"),
    [
        pytest.param((), -2, 2, id="ordered"),
        pytest.param(("pay",), -2, 2, id="paid"),
        pytest.param(("cancel",), 0, 0, id="cancelled"),
        pytest.param(("pay_without_hold", "ship"), -2, 0, id="shipped"),
        pytest.param(("pay_without_hold", "ship", "cancel"), -2, 0, id="lost-on-the-way"),
    ],
)
def test_stock_follows_the_order(
    pair: TwinPair, events: tuple[str, ...], available: int, committed: int
) -> None:
    sku_id = a_sku(pair)
    before = stock(pair, sku_id)
    [order_id] = pair.run("place_orders", paid=False, units=2, sku_id=sku_id)
    for event in events:
        pair.run("move_order", order=order_id, event=event)

    after = stock(pair, sku_id)

    assert after["available"] - before["available"] == available
    assert after["committed"] == committed


def test_more_units_than_there_are_cannot_be_ordered(pair: TwinPair) -> None:
    sku_id = a_sku(pair)
    pair.run("set_platform_stock", sku_id=sku_id, quantity=1)
    changes = len(pair.changes)

    with pytest.raises(UsageError, match="1 unit"):
        pair.run("place_orders", units=2, sku_id=sku_id)

    assert len(pair.changes) == changes


def test_cancelling_gives_back_each_unit_once(pair: TwinPair) -> None:
    sku_id = a_sku(pair)
    before = stock(pair, sku_id)
    [order_id] = pair.run("place_orders", units=3, sku_id=sku_id)
    cancel_order(pair.twin.env, pair.shop_id, order_id, by="SELLER", reason="OUT_OF_STOCK")

    assert stock(pair, sku_id) == before


def test_a_line_cancelled_before_gives_back_nothing_more(pair: TwinPair) -> None:
    sku_id = a_sku(pair)
    before = stock(pair, sku_id)
    [order_id] = pair.run("place_orders", units=2, sku_id=sku_id)
    edit_order(
        pair.twin.env, pair.shop_id, order_id, without_first_line, change="order.lines_cancelled"
    )
    half = stock(pair, sku_id)
    pair.run("move_order", order=order_id, event="cancel")

    assert half["committed"] == 1
    assert stock(pair, sku_id) == before


def without_first_line(order: Order) -> Order:
    first, *others = order.lines
    cancelled = msgspec.structs.replace(first, status="CANCELLED", cancel_user="SELLER")
    return msgspec.structs.replace(order, lines=(cancelled, *others))


def test_an_order_that_cannot_be_filled_takes_no_unit_of_what_could(pair: TwinPair) -> None:
    env = pair.twin.env
    shop = find_shop(env, "")
    first, second, *_ = list(pair.twin.ledger()["shops"][pair.shop_id]["stock"])
    wanted = [
        offer
        for sku in (first, second)
        for offer in choose_skus(env, shop, 1, env.entropy, sku_id=sku)
    ]
    pair.run("set_platform_stock", sku_id=second, quantity=0)
    changes = len(pair.changes)

    with pytest.raises(OutOfStockError, match=f"SKU {second} has 0 unit"):
        place_order(env, shop, wanted, "UNPAID")

    assert len(pair.changes) == changes


# -- commands --------------------------------------------------------------------------------------


def test_newest_and_oldest_name_orders_by_their_creation(pair: TwinPair) -> None:
    ids = []
    for _ in range(3):
        ids += pair.run("place_orders")
        pair.clock.advance(1_000)
    pair.run("move_order", order="oldest", event="cancel")
    pair.run("move_order", order="newest", event="ship")

    assert [now(pair, id).status for id in ids] == [
        "CANCELLED",
        "AWAITING_SHIPMENT",
        "AWAITING_COLLECTION",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"order": "577", "event": "ship"}, "no order '577'", id="unknown-order"),
        pytest.param({"order": "newest", "event": "shipp"}, "Did you mean 'ship", id="misspelt"),
        pytest.param({"order": "newest", "event": "deliver"}, "cannot deliver", id="impossible"),
        pytest.param(
            {"order": "newest", "event": "ship", "shop": "7"}, "no shop '7'", id="unknown-shop"
        ),
    ],
)
def test_an_impossible_command_says_why(
    pair: TwinPair, arguments: dict[str, str], words: str
) -> None:
    pair.run("place_orders")

    with pytest.raises(UsageError, match=words):
        pair.run("move_order", **arguments)


def test_an_order_of_another_shop_is_found_by_its_id() -> None:
    pair = TwinPair(shops=2)
    other = pair.credentials.shops[1].id
    [order_id] = pair.run("place_orders", shop=other)

    assert pair.run("move_order", order=order_id, event="ship") == "AWAITING_COLLECTION"


def test_a_changed_address_is_committed_and_told(pair: TwinPair) -> None:
    [order_id] = pair.run("place_orders")
    before = now(pair, order_id).address
    pair.run("subscribe_webhooks", types=[3])
    pair.run("change_address", order=order_id)

    assert now(pair, order_id).address != before
    assert pair.detail(order_id).data["orders"][0]["has_updated_recipient_address"] is True
    assert pair.whats()[-1] == "order.address_changed"
    assert [webhook.type for webhook in pair.twin.drain()] == [3]


def test_moving_an_order_that_is_not_there_is_refused(pair: TwinPair) -> None:
    with pytest.raises(KeyError):
        move_order(pair.twin.env, pair.shop_id, "577", "ship")
