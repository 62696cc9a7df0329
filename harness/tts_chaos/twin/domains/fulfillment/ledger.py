"""The shipments part of the ledger."""

from __future__ import annotations

from tts_chaos.twin.domains.fulfillment.entities import Package
from tts_chaos.twin.handler import TwinEnv

__all__ = ["shipments_ledger"]


def shipments_ledger(env: TwinEnv, shop_id: str) -> list[dict[str, str]]:
    """Return every package that left, oldest first, also where its order was cancelled later."""
    return [
        {
            "order_id": package.order_id,
            "package_id": package.id,
            "tracking_number": package.tracking_number,
        }
        for package in env.store.list(Package, shop_id)
        if package.shipped_at_s
    ]
