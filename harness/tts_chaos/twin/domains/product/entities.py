"""Stored shape of products and stock. What the wire shows is made in `render`.

Stock lives beside the product, one `StockLevel` per SKU, so that a sale changes nothing but the
units it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.twin.domains.product.money import Price

__all__ = ["Content", "Product", "Shelf", "Sku", "StockLevel"]


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one SKU in one warehouse.

    Attributes:
        available: Sellable units; what `quantity` means on the wire.
        committed: Units promised to orders that were not shipped yet.
        shipped: Units that have left; kept so that every unit stays accounted for.
        backorder: Units that may be sold beyond those; None where nobody said.
        handling_days: Days until such a unit leaves; None where nobody said.
    """

    warehouse_id: str
    available: int
    committed: int = 0
    shipped: int = 0
    backorder: int | None = None
    handling_days: int | None = None


class Sku(msgspec.Struct, frozen=True, kw_only=True):
    """One sellable variant of a product.

    Attributes:
        id: Platform id.
        seller_sku: The seller's own code.
        price: Price before tax, in the shop's currency.
        variant: What sets it apart ("Moss Green"), "" for the only variant.
        variant_name: Kind of difference ("Colour").
        details: What else the seller stated of it, as on the wire; never changed in place.
        opening_stock: Shelves with which it goes on sale.
    """

    id: str
    seller_sku: str
    price: Price
    variant: str = ""
    variant_name: str = ""
    details: Mapping[str, Any] = {}
    opening_stock: tuple[Shelf, ...] = ()


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a seller writes in a listing: one version of it.

    Attributes:
        skus: Its variants, in order of listing; at least one.
        description: HTML text.
        category_id: Leaf category.
        category_name: Name of the leaf category.
        details: What else the seller stated, as on the wire; never changed in place.
    """

    title: str
    skus: tuple[Sku, ...]
    description: str = ""
    category_id: str = ""
    category_name: str = ""
    details: Mapping[str, Any] = {}


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A listing.

    Attributes:
        status: A state of `lifecycle.PRODUCT`.
        audit: A state of `lifecycle.AUDIT`.
        skus: Its variants, in order of listing; at least one.
        description: HTML text.
        category_id: Leaf category.
        category_name: Name of the leaf category.
        details: What else the seller stated, as on the wire; never changed in place.
        review: The version whose audit is not over, where it is not the only one.
        draft: A version that was saved and not submitted, beside what buyers see.
        submitted_at_ms: When the audit that is open began, in Unix milliseconds.
        audit_reason: Why the last audit failed, "" where it did not.
        created_at_s: Unix seconds.
        updated_at_s: Unix seconds.
    """

    id: str
    shop_id: str
    title: str
    status: str
    audit: str
    skus: tuple[Sku, ...]
    description: str = ""
    category_id: str = ""
    category_name: str = ""
    details: Mapping[str, Any] = {}
    review: Content | None = None
    draft: Content | None = None
    submitted_at_ms: int = 0
    audit_reason: str = ""
    created_at_s: int
    updated_at_s: int

    @property
    def content(self) -> Content:
        """The version that buyers see, or would see once it is on sale."""
        return Content(
            title=self.title,
            skus=self.skus,
            description=self.description,
            category_id=self.category_id,
            category_name=self.category_name,
            details=self.details,
        )

    def showing(self, content: Content) -> Product:
        """Return the product with `content` as the version that buyers see."""
        return msgspec.structs.replace(
            self,
            title=content.title,
            skus=content.skus,
            description=content.description,
            category_id=content.category_id,
            category_name=content.category_name,
            details=content.details,
        )

    def sku(self, sku_id: str) -> Sku | None:
        """Return the variant with that id, or None."""
        return next((sku for sku in self.skus if sku.id == sku_id), None)


class StockLevel(msgspec.Struct, frozen=True, kw_only=True):
    """All units of one SKU; its id is the SKU's id.

    Invariants: one shelf per sales warehouse of the SKU, in a fixed order; no count is negative.
    """

    id: str
    shop_id: str
    product_id: str
    shelves: tuple[Shelf, ...]

    @property
    def available(self) -> int:
        """Sellable units in all warehouses."""
        return sum(shelf.available for shelf in self.shelves)

    @property
    def committed(self) -> int:
        """Units promised to orders, in all warehouses."""
        return sum(shelf.committed for shelf in self.shelves)

    @property
    def shipped(self) -> int:
        """Units that have left, from all warehouses."""
        return sum(shelf.shipped for shelf in self.shelves)

    @property
    def total(self) -> int:
        """Every unit ever accounted for: available, committed and shipped."""
        return self.available + self.committed + self.shipped
