"""What is due when, once an order is paid.

Source: protocol facts, section 7.3 (documented that these instants exist and who acts on them); the
lengths are assumed, after the documented sample: 2 days to ship, 3 to hand over, 9 to deliver.
"""

from __future__ import annotations

import msgspec

from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.settings import TwinSettings

__all__ = ["mark_paid"]

SHIP_WITHIN_S = 2 * 86_400
COLLECT_WITHIN_S = 3 * 86_400
DELIVER_WITHIN_S = 9 * 86_400


def mark_paid(order: Order, paid_at_s: int, settings: TwinSettings) -> Order:
    """Return `order` as paid at that instant (Unix seconds), with the deadlines that follow."""
    return msgspec.structs.replace(
        order,
        paid_at_s=paid_at_s,
        updated_at_s=max(order.updated_at_s, paid_at_s),
        ship_by_s=paid_at_s + SHIP_WITHIN_S,
        collect_by_s=paid_at_s + COLLECT_WITHIN_S,
        deliver_by_s=paid_at_s + DELIVER_WITHIN_S,
        cancel_by_s=paid_at_s + settings.ship_deadline_ms // 1000,
    )
