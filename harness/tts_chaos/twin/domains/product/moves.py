"""The only function that moves a product, and the notices that go with a move.

Source: webhook events, type 5 (documented: sent when the platform changed the state, when the first
audit was passed and when an audit failed, not when the seller changed something; `product_id` is a
JSON number there, which loses digits in floating point).
"""

from __future__ import annotations

import msgspec

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.product.entities import Product
from tts_chaos.twin.domains.product.lifecycle import PRODUCT
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.wire.webhook import EventType

__all__ = ["find_product", "move_product", "tell_of_platform_change"]


def find_product(env: TwinEnv, shop_id: str, product_id: str) -> Product:
    """Return a product.

    Raises:
        UsageError: If the shop has no such product.
    """
    product = env.store.get(Product, shop_id, product_id)
    if product is None:
        known = ", ".join(row.id for row in env.store.list(Product, shop_id)[:5]) or "none"
        raise UsageError(
            f"shop {shop_id} has no product {product_id!r}; its first products are: {known}"
        )
    return product


def move_product(env: TwinEnv, product: Product, event: str, *, change: str) -> Product:
    """Move `product` by an event of `lifecycle.PRODUCT` and report `change`.

    Raises:
        IllegalMoveError: If the table has no such move; nothing changes.
    """
    status = PRODUCT.next(product.status, event)
    return env.store.update(
        Product,
        product.shop_id,
        product.id,
        lambda current: msgspec.structs.replace(current, status=status, updated_at_s=env.now_s()),
        change=change,
    )


def tell_of_platform_change(
    env: TwinEnv, product: Product, reason: str, *, status: str = "PRODUCT_STATUS_CHANGED"
) -> None:
    """Emit webhook 5 for a change the platform made, or for the end of an audit."""
    env.emit(
        EventType.PRODUCT_STATUS_CHANGE,
        product.shop_id,
        {
            "product_id": int(product.id),
            "status": status,
            "suspended_reason": reason,
            "update_time": env.now_s(),
        },
    )
