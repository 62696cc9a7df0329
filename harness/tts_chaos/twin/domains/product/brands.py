"""Brands: those that every seller may name, and those that an account made.

Source: contracts of the operations (documented fields; `UNAUTHORIEZD` is the wire's own spelling).
That a brand an account made is authorised for it, that a known one is not, and that names are
unique without regard to case are assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.domains.product.catalogue import BRANDS, brand_id
from tts_chaos.twin.handler import Call, RefusalError, TwinEnv, handles
from tts_chaos.twin.listing import page_of

__all__ = ["Brand", "brand_named", "brands_of", "create_brand", "get_brands", "suggest_brands"]

NAME_MISSING = 12052190
NAME_TOO_LONG = 12052189
NAME_TAKEN = 12052191
LONGEST_NAME = 50


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """A brand that an account made; `shop_id` is "" because it is the account's."""

    id: str
    name: str
    open_id: str
    shop_id: str = ""


_KNOWN = tuple(Brand(id=brand_id(name), name=name, open_id="") for name in BRANDS)


def brands_of(env: TwinEnv, open_id: str) -> Sequence[Brand]:
    """Return the brands that an account may name, known ones first."""
    own = [row for row in env.store.list(Brand) if row.open_id == open_id]
    return (*_KNOWN, *own)


def brand_named(env: TwinEnv, id: str) -> Brand | None:
    """Return the brand with that id, whoever may name it, or None."""
    known = next((row for row in _KNOWN if row.id == id), None)
    return known or env.store.get(Brand, "", id)


@handles("product.202309.get_brands")
def get_brands(call: Call) -> dict[str, Any]:
    """Return brands by name and authorisation; every category has all of them."""
    shop = call.env.store.get(Shop, "", call.shop_id)
    rows = brands_of(call.env, shop.account_id if shop else call.open_id)
    name = (call.query.get("brand_name") or "").lower()
    authorized = call.query.get("is_authorized")
    found = [
        row
        for row in rows
        if name in row.name.lower() and (authorized is None or authorized == bool(row.open_id))
    ]
    page = page_of(call, found, sizes=(1, 100), default_size=20)
    return {
        "brands": [_shown(row) for row in page.items],
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


@handles("product.202309.create_custom_brands")
def create_brand(call: Call) -> dict[str, Any]:
    """Make a brand of the account's own."""
    name = call.body["name"].strip()
    if not name:
        raise RefusalError(NAME_MISSING, "The name of the brand is missing.")
    if len(name) > LONGEST_NAME:
        raise RefusalError(NAME_TOO_LONG, f"A brand's name has at most {LONGEST_NAME} characters.")
    if any(row.name.lower() == name.lower() for row in brands_of(call.env, call.open_id)):
        raise RefusalError(NAME_TAKEN, f"There is a brand {name} already.")
    brand = Brand(id=call.env.mint_id(), name=name, open_id=call.open_id)
    return {"id": call.env.store.put(brand, change="brand.created").id}


@handles("product.202609.suggest_brands")
def suggest_brands(call: Call) -> dict[str, Any]:
    """Return the brands whose names occur in title or description."""
    text = f"{call.body['product_title']} {call.body.get('description') or ''}".lower()
    shop = call.env.store.get(Shop, "", call.shop_id)
    rows = brands_of(call.env, shop.account_id if shop else call.open_id)
    found = [row for row in rows if row.name.lower() in text]
    return {
        "brands": [
            {"id": row.id, "name": row.name, "is_authorized": bool(row.open_id)} for row in found
        ]
    }


def _shown(row: Brand) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "authorized_status": "AUTHORIZED" if row.open_id else "UNAUTHORIEZD",
        "brand_status": "AVAILABLE",
        "is_t1_brand": False,
    }
