"""Categories and brands.

Source: contracts of `product.202309.get_categories` and `..._brands` (documented shapes). The tree
and the brands are invented; that brands of a shop's own are available at once is assumed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.twin.domains.product.catalogue import BRANDS, KINDS
from tts_chaos.twin.handler import Call, handles
from tts_chaos.twin.listing import page_of

__all__ = ["Brand", "category_named", "create_brand", "get_brands", "get_categories"]

_FIRST_ID = 600_100
_ROOT = {"id": "600001", "local_name": "Everything"}


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """A brand that a seller made. `shop_id` is "" as brands belong to the account."""

    id: str
    name: str
    account_id: str
    shop_id: str = ""


def category_named(id: str) -> str | None:
    """Return the name of a leaf category, or None."""
    return _LEAVES.get(id)


_LEAVES = {str(_FIRST_ID + number): kind.category for number, kind in enumerate(KINDS)}


@handles("product.202309.get_categories")
def get_categories(call: Call) -> dict[str, Any]:
    """Return the tree, or the part of it that a keyword names."""
    keyword = (call.query.get("keyword") or "").casefold()
    root = {**_ROOT, "parent_id": "0", "is_leaf": False, "permission_statuses": ["AVAILABLE"]}
    leaves = [
        {
            "id": id,
            "parent_id": _ROOT["id"],
            "local_name": name,
            "is_leaf": True,
            "permission_statuses": ["AVAILABLE"],
        }
        for id, name in _LEAVES.items()
    ]
    found = [row for row in [root, *leaves] if keyword in str(row["local_name"]).casefold()]
    return {"categories": found}


@handles("product.202309.get_brands")
def get_brands(call: Call) -> dict[str, Any]:
    """Return the platform's brands and the seller's own, by name."""
    own = [row for row in call.env.store.list(Brand) if row.account_id == call.open_id]
    rows = [*_platform_brands(), *own]
    wanted = (call.query.get("brand_name") or "").casefold()
    found = [row for row in rows if wanted in row.name.casefold()]
    page = page_of(call, found, sizes=(1, 100), default_size=20)
    return {
        "brands": [_view(row) for row in page.items],
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


@handles("product.202309.create_custom_brands")
def create_brand(call: Call) -> dict[str, Any]:
    """Make a brand; one of the same name is the same brand."""
    name = call.body["name"].strip()
    rows = [*_platform_brands(), *call.env.store.list(Brand)]
    known = next(
        (row for row in rows if row.name == name and row.account_id in ("", call.open_id)), None
    )
    if known is None:
        brand = Brand(id=call.env.mint_id(), name=name, account_id=call.open_id)
        known = call.env.store.put(brand, change="brand.created")
    return {"id": known.id}


def _platform_brands() -> list[Brand]:
    return [
        Brand(id=str(7_000_001 + number), name=name, account_id="")
        for number, name in enumerate(BRANDS)
    ]


def _view(brand: Brand) -> dict[str, Any]:
    return {
        "id": brand.id,
        "name": brand.name,
        # The misspelling is the wire's. Source: contract (documented).
        "authorized_status": "AUTHORIZED" if brand.account_id else "UNAUTHORIEZD",
        "is_t1_brand": False,
        "brand_status": "AVAILABLE",
    }
