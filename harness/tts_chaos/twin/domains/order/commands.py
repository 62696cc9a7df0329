"""What buyers and the platform do to orders."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.authorization.lookup import find_shop
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.order.moves import cancel_order, edit_order
from tts_chaos.twin.domains.order.moves import move_order as move
from tts_chaos.twin.domains.order.placing import choose_skus, invent_address, place_order
from tts_chaos.twin.handler import TwinEnv, command
from tts_chaos.twin.lifecycle import IllegalMoveError
from tts_chaos.twin.regions import region_of
from tts_chaos.wire.webhook import EventType

__all__ = ["change_address", "find_order", "move_order", "place_orders"]

MOST_UNITS = 3
"""Most units of an order where the number is left to chance, as in the sandbox."""

OrderEvent = Literal[
    "pay",
    "pay_without_hold",
    "release_hold",
    "ship_part",
    "ship",
    "collect",
    "deliver",
    "complete",
    "refund",
    "cancel",
]
"""What can happen to an order; each is an event of its table."""


@command("place_orders")
def place_orders(
    env: TwinEnv,
    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1,
    shop: str = "",
    hold: bool = False,
    units: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0,
    sku_id: str = "",
    paid: bool = True,
    shipped_by: Literal["", "platform", "seller"] = "",
) -> list[str]:
    """Let buyers place orders now.

    Args:
        env: The twin's environment.
        count: How many orders.
        shop: Shop id; the first shop if empty.
        hold: Whether paid orders rest in ON_HOLD for an hour; else they await shipment at once.
        units: Units per order; 1 to 3 by chance if 0.
        sku_id: What is bought; by chance if empty.
        paid: Whether the buyers pay at once.
        shipped_by: Whose carriers take the parcels, the platform's or the seller's; by chance if
            empty. A parcel of the seller's needs a tracking number when it is shipped.

    Returns:
        The ids of the orders.
    """
    owner = find_shop(env, shop)
    status = "UNPAID" if not paid else "ON_HOLD" if hold else "AWAITING_SHIPMENT"
    placed = []
    for _ in range(count):
        wanted = units or env.entropy.integer(1, MOST_UNITS)
        bought = choose_skus(env, owner, wanted, env.entropy, sku_id=sku_id)
        placed.append(place_order(env, owner, bought, status, shipped_by=shipped_by).id)
    return placed


@command("move_order")
def move_order(env: TwinEnv, order: str, event: OrderEvent, shop: str = "") -> str:
    """Let an order make one move of its table, whoever it is that makes it.

    Args:
        env: The twin's environment.
        order: An order id, `newest` or `oldest`.
        event: What happens to it.
        shop: Shop id; the first shop if empty.

    Returns:
        The new status.
    """
    chosen = find_order(env, order, shop)
    try:
        if event == "cancel":
            reason = "PLATFORM_CANCELLED"
            return cancel_order(env, chosen.shop_id, chosen.id, by="SYSTEM", reason=reason).status
        return move(env, chosen.shop_id, chosen.id, event).status
    except IllegalMoveError as error:
        raise UsageError(f"move_order: order {chosen.id}: {error}") from error


@command("change_address")
def change_address(env: TwinEnv, order: str, shop: str = "") -> str:
    """Let the buyer of an order move elsewhere; queues webhook 3.

    Args:
        env: The twin's environment.
        order: An order id, `newest` or `oldest`.
        shop: Shop id; the first shop if empty.

    Returns:
        The id of the order.
    """
    chosen = find_order(env, order, shop)
    address = invent_address(region_of(chosen.address.region), env.entropy)
    after = edit_order(
        env,
        chosen.shop_id,
        chosen.id,
        lambda row: msgspec.structs.replace(row, address=address, has_new_address=True),
        change="order.address_changed",
    )
    data = {"order_id": after.id, "update_time": after.updated_at_s}
    env.emit(EventType.RECIPIENT_ADDRESS_UPDATE, after.shop_id, data)
    return after.id


def find_order(env: TwinEnv, order: str, shop: str) -> Order:
    """Return the order a command names.

    Args:
        env: The twin's environment.
        order: An id, or `newest` or `oldest` by time of creation.
        shop: Shop id; the first shop if empty, where an id is looked for in every shop.

    Raises:
        UsageError: If there is none.
    """
    owner = find_shop(env, shop)
    rows = env.store.list(Order, owner.id)
    if order in ("newest", "oldest"):
        if not rows:
            raise UsageError(f"shop {owner.id} has no orders; place_orders makes some")
        ordered = sorted(rows, key=lambda row: row.created_at_s)
        return ordered[-1] if order == "newest" else ordered[0]
    found = next((row for row in rows if row.id == order), None)
    if found is None and not shop:
        found = next((row for row in env.store.list(Order) if row.id == order), None)
    if found is None:
        raise UsageError(
            f"there is no order {order!r} in shop {owner.id}; give an id, 'newest' or 'oldest'"
        )
    return found
