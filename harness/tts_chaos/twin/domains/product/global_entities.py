"""Stored shape of global products: one listing of an account, for shops of many markets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.twin.domains.product.money import Price

__all__ = ["GlobalProduct", "GlobalSku", "Publication"]


class GlobalSku(msgspec.Struct, frozen=True, kw_only=True):
    """A variant of a global product.

    Attributes:
        inventory: Units by global warehouse.
        details: What else the seller stated of it, as on the wire; never changed in place.
    """

    id: str
    seller_sku: str
    price: Price
    inventory: Mapping[str, int] = {}
    details: Mapping[str, Any] = {}


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """The product of a shop that a global product became.

    Attributes:
        skus: Ids of the shop's variants, by those of the global product's.
        follows: Those whose units are the global product's, each with the warehouse that has them.
    """

    region: str
    shop_id: str
    product_id: str
    skus: Mapping[str, str]
    follows: Mapping[str, str] = {}


class GlobalProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A listing of an account.

    Attributes:
        open_id: The account.
        status: UNPUBLISHED, PUBLISHED or DELETED.
        details: What else the seller stated, as on the wire; never changed in place.
        publications: Where it is sold.
        shop_id: Always "", as global products are the account's.
    """

    id: str
    open_id: str
    title: str
    description: str
    category_id: str
    status: str
    skus: tuple[GlobalSku, ...]
    details: Mapping[str, Any] = {}
    publications: tuple[Publication, ...] = ()
    created_at_s: int
    updated_at_s: int
    shop_id: str = ""

    def sku(self, id: str) -> GlobalSku | None:
        """Return the variant with that id, or None."""
        return next((sku for sku in self.skus if sku.id == id), None)
