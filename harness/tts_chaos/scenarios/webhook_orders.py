"""Scenarios for every order in which the webhooks of one order's life can arrive.

Five changes have 120 orders. Each becomes a scenario of its own, so that a run names those that
break an integration. Source: protocol facts, section 6 (no ordering promise: documented).
"""

from __future__ import annotations

import math
from itertools import permutations

from tts_chaos.errors import UsageError

__all__ = ["MOST_EVENTS", "webhook_orders"]

_LIFE = ("release_hold", "ship", "collect", "deliver", "complete")
MOST_EVENTS = len(_LIFE)

_HEAD = """title = "The webhooks of {count} changes arrive as {order}"
description = "An order moves on {count} times; the webhooks of all moves arrive together, \
in this order."
why = "A late webhook overwrites a newer status where the payload is trusted (pitfall H8)."
tags = ["webhooks", "orders-of-webhooks"]

[twin]
orders = 2
products = 2

[[method]]
platform = "subscribe_webhooks"

[[method]]
platform = "place_orders"
hold = true

[[method]]
action = "sync_orders"

[[method]]
fault = "webhooks_reordered"
permutation = {number}
"""
_MOVE = """
[[method]]
platform = "move_order"
order = "newest"
event = "{event}"
"""
_TAIL = """
[recovery]
canary = false

[expect]
oracles = ["orders_complete", "orders_exact", "status_never_backwards", "newest_status_kept"]
"""


def webhook_orders(count: int) -> dict[str, str]:
    """Return the text of a scenario file for each wrong order of `count` changes, by file name.

    Raises:
        UsageError: If there are not that many changes in an order's life.
    """
    if not 2 <= count <= MOST_EVENTS:
        raise UsageError(f"an order's life has 2 to {MOST_EVENTS} changes to reorder, not {count}")
    moves = "".join(_MOVE.format(event=event) for event in _LIFE[:count])
    places = [str(place) for place in range(1, count + 1)]
    orders = list(permutations(places))
    assert len(orders) == math.factorial(count)
    return {
        f"{'-'.join(order)}.toml": _HEAD.format(count=count, order=", ".join(order), number=number)
        + moves
        + _TAIL
        for number, order in enumerate(orders)
        if number
    }
