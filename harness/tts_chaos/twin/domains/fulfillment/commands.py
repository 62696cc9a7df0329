"""What a carrier does to parcels."""

from __future__ import annotations

from typing import Any

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.order.commands import find_order
from tts_chaos.twin.domains.order.moves import move_order
from tts_chaos.twin.handler import TwinEnv, command
from tts_chaos.twin.lifecycle import IllegalMoveError

__all__ = ["collect_package", "deliver_package"]


@command("collect_package")
def collect_package(env: TwinEnv, order: str, shop: str = "") -> dict[str, Any]:
    """Let the carrier scan the parcels of an order for the first time.

    Args:
        env: The twin's environment.
        order: An order id, `newest` or `oldest`.
        shop: Shop id; the first shop if empty.
    """
    return _move(env, order, shop, "collect")


@command("deliver_package")
def deliver_package(env: TwinEnv, order: str, shop: str = "") -> dict[str, Any]:
    """Let the carrier hand over the parcels of an order.

    Args:
        env: The twin's environment.
        order: An order id, `newest` or `oldest`.
        shop: Shop id; the first shop if empty.
    """
    return _move(env, order, shop, "deliver")


def _move(env: TwinEnv, order: str, shop: str, event: str) -> dict[str, Any]:
    chosen = find_order(env, order, shop)
    try:
        after = move_order(env, chosen.shop_id, chosen.id, event)
    except IllegalMoveError as illegal:
        raise UsageError(f"{event}_package: order {chosen.id}: {illegal}") from illegal
    return {"order_id": after.id, "status": after.status}
