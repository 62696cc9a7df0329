"""Orders that exist at the start: they have lived through the same moves as any other.

The platform's clock is set back, the order is placed, and the clock runs forward from move to move.
So stock, packages, deadlines and times agree without a second set of rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.domains.order.moves import cancel_order, move_order
from tts_chaos.twin.domains.order.placing import choose_skus, place_order
from tts_chaos.twin.domains.product.entities import StockLevel
from tts_chaos.twin.domains.product.stock import set_stock
from tts_chaos.twin.handler import TwinEnv

__all__ = ["populate_orders"]

MINUTE_S = 60
HOUR_S = 3_600
DAY_S = 86_400
MOST_UNITS = 3


class _Life(msgspec.Struct, frozen=True):
    """What has happened to an order: its youngest and oldest age, and (delay, event) since then."""

    youngest_s: int
    oldest_s: int
    events: tuple[tuple[int, str], ...] = ()
    first: str = "ON_HOLD"


_RELEASED = ((HOUR_S, "release_hold"),)
_SHIPPED = (*_RELEASED, (9 * HOUR_S, "ship"))
_COLLECTED = (*_SHIPPED, (7 * HOUR_S, "collect"))
_DELIVERED = (*_COLLECTED, (41 * HOUR_S, "deliver"))

_AWAITING_SHIPMENT = _Life(2 * HOUR_S, 40 * HOUR_S, _RELEASED)
_LIVES = (
    _AWAITING_SHIPMENT,
    _Life(3 * DAY_S, 6 * DAY_S, _COLLECTED),
    _AWAITING_SHIPMENT,
    _Life(2 * MINUTE_S, 50 * MINUTE_S),
    _Life(4 * DAY_S, 20 * DAY_S, _DELIVERED),
    _AWAITING_SHIPMENT,
    _Life(20 * HOUR_S, 3 * DAY_S, _SHIPPED),
    _Life(40 * DAY_S, 70 * DAY_S, (*_DELIVERED, (30 * DAY_S, "complete"))),
    _Life(2 * DAY_S, 9 * DAY_S, (*_RELEASED, (5 * HOUR_S, "cancel"))),
    _Life(5 * MINUTE_S, 3 * HOUR_S, first="UNPAID"),
    _Life(DAY_S, 9 * DAY_S, ((20 * MINUTE_S, "cancel"),)),
)
"""Lives in turn, so that even a few orders are in several states."""

_ON_MIDNIGHT = (1, 4)
_BEFORE_MIDNIGHT = 7
"""Which lives, counted within a round, begin exactly at 00:00:00 UTC, and which a second before:
windows cut along days have an order on either side of their edge, two of them in one second."""


def populate_orders(env: TwinEnv, shop: Shop, count: int, entropy: Entropy) -> None:
    """Let `count` orders have happened in a shop, the oldest first."""
    if not count:
        return
    _stock_up(env, shop, count * MOST_UNITS)
    now_s = env.now_s()
    begun = [
        (_birth_s(ordinal, now_s, entropy), ordinal, _LIVES[ordinal % len(_LIVES)])
        for ordinal in range(count)
    ]
    for created_at_s, ordinal, life in sorted(begun, key=lambda row: row[:2]):
        _live(env, shop, life, created_at_s, ordinal)


def _birth_s(ordinal: int, now_s: int, entropy: Entropy) -> int:
    turn = ordinal % len(_LIVES)
    life = _LIVES[turn]
    born_s = now_s - entropy.integer(life.youngest_s, life.oldest_s)
    if turn in _ON_MIDNIGHT:
        # Three and a half days ago lies within both of these lives.
        return (now_s - 5 * DAY_S) // DAY_S * DAY_S
    if turn == _BEFORE_MIDNIGHT:
        return born_s // DAY_S * DAY_S - 1
    return born_s


def _live(env: TwinEnv, shop: Shop, life: _Life, created_at_s: int, ordinal: int) -> None:
    with _back_in_time(env, created_at_s):
        # Every third order holds two units of one SKU: lines are units, not quantities.
        wanted = 2 if ordinal % 3 == 0 else env.entropy.integer(1, MOST_UNITS)
        bought = choose_skus(env, shop, wanted, env.entropy)
        if ordinal % 3 == 0:
            bought = [bought[0]] * wanted
        order = place_order(env, shop, bought, life.first)
    at_s = created_at_s
    for delay_s, event in life.events:
        at_s += delay_s
        with _back_in_time(env, at_s):
            if event == "cancel":
                cancel_order(env, shop.id, order.id, by="BUYER", reason="BUYER_CHANGED_MIND")
            else:
                move_order(env, shop.id, order.id, event)


@contextmanager
def _back_in_time(env: TwinEnv, at_s: int) -> Iterator[None]:
    offset_ms = env.clock.offset_ms
    env.clock.offset_ms += at_s * 1000 - env.clock.now_ms()
    try:
        yield
    finally:
        env.clock.offset_ms = offset_ms


def _stock_up(env: TwinEnv, shop: Shop, units: int) -> None:
    """Give every SKU enough that a past of any length sold nobody out."""
    for level in env.store.list(StockLevel, shop.id):
        lacking = units - level.available
        if lacking > 0:
            shelf = level.shelves[0]
            set_stock(env, shop.id, level.id, {shelf.warehouse_id: shelf.available + lacking})
