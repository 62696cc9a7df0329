"""Reading stock levels, and spreading a quantity over warehouses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["is_done", "read_levels", "refusal_of", "spread"]


def read_levels(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return {product_id, quantity, committed, warehouses} by SKU id."""
    return {
        sku["id"]: {
            "product_id": product["product_id"],
            "quantity": sku["total_available_quantity"],
            "committed": sku["total_committed_quantity"],
            "warehouses": {
                row["warehouse_id"]: row["available_quantity"] for row in sku["warehouse_inventory"]
            },
        }
        for product in data.get("inventory") or []
        for sku in product["skus"]
    }


def is_done(wish: Mapping[str, Any], level: Mapping[str, Any]) -> bool:
    """Whether the platform holds what was wished, or held it before the sales since the write."""
    before = level["committed"] if wish["committed"] is None else wish["committed"]
    sold = max(0, level["committed"] - before)
    return wish["quantity"] in (level["quantity"], level["quantity"] + sold)


def spread(quantity: int, warehouses: Mapping[str, int]) -> list[dict[str, Any]]:
    """All warehouses of a SKU must be listed; the first takes what the others do not hold."""
    first, *others = warehouses
    shares, left = {}, quantity
    for id in others:
        shares[id] = min(warehouses[id], left)
        left -= shares[id]
    shares = {first: left, **shares}
    return [{"warehouse_id": id, "quantity": shares[id]} for id in shares]


def refusal_of(data: Mapping[str, Any]) -> str:
    """Return why a SKU was refused inside code 0, "" where it was not."""
    for error in data.get("errors") or []:
        return f"refused: {error.get('message')} (code {error.get('code')})"
    return ""
