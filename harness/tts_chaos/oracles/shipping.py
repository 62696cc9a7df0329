"""Calls that ship parcels, and what each of them ships.

Source: protocol facts, sections 7.2 and 7.4 (documented): none of these calls has an idempotency
key; a repeat is answered with a state code.
"""

from __future__ import annotations

from collections.abc import Mapping

from tts_chaos.core.history import Exchange
from tts_chaos.oracles.calls import operation_name
from tts_chaos.oracles.stock_writes import decoded

__all__ = ["SHIP_OPERATIONS", "shipped_targets"]

SHIP_OPERATIONS = frozenset(
    {
        "fulfillment.ship_package",
        "fulfillment.batch_ship_packages",
        "fulfillment.mark_package_as_shipped",
    }
)


def shipped_targets(exchange: Exchange) -> tuple[str, ...]:
    """Return what a call ships: `package <id>`, or `order <id>` with the lines it names.

    Packages that the answer names among its errors are left out: they were not shipped.
    """
    name = operation_name(exchange)
    parts = exchange.path.strip("/").split("/")
    if name == "fulfillment.ship_package" and len(parts) > 3:
        return (f"package {parts[3]}",)
    if name == "fulfillment.mark_package_as_shipped" and len(parts) > 3:
        lines = decoded(exchange.body).get("order_line_item_ids") or ()
        named = f" (lines {', '.join(sorted(map(str, lines)))})" if lines else ""
        return (f"order {parts[3]}{named}",)
    if name == "fulfillment.batch_ship_packages":
        return _batch(exchange)
    return ()


def _batch(exchange: Exchange) -> tuple[str, ...]:
    data = decoded(exchange.response_body).get("data")
    errors = str(data.get("errors") or "") if isinstance(data, Mapping) else ""
    packages = decoded(exchange.body).get("packages") or ()
    ids = [str(row.get("id")) for row in packages if isinstance(row, Mapping)]
    return tuple(f"package {id}" for id in ids if id not in errors)
