"""Stored shape of products and stock. What the wire shows is made in `render`.

Stock lives beside the product, one `StockLevel` per SKU, so that a sale changes nothing but the
units it takes.
"""

from __future__ import annotations

import msgspec

from tts_chaos.twin.domains.product.money import Price

__all__ = ["Product", "ProductEdit", "Shelf", "Sku", "StockLevel"]


class Sku(msgspec.Struct, frozen=True, kw_only=True):
    """One sellable variant of a product.

    Attributes:
        id: Platform id.
        seller_sku: The seller's own code.
        price: Price before tax, in the shop's currency.
        variant: What sets it apart ("Moss Green"), "" for the only variant.
        variant_name: Kind of difference ("Colour").
    """

    id: str
    seller_sku: str
    price: Price
    variant: str = ""
    variant_name: str = ""


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A listing.

    Attributes:
        status: A state of `lifecycle.PRODUCT`.
        audit: A state of `lifecycle.AUDIT`.
        skus: Its variants, in order of listing; at least one.
        description: HTML text.
        category_id: Leaf category.
        category_name: Name of the leaf category.
        images: Uris of its pictures.
        brand_id: "" for none.
        listing_key: Idempotency key it was created with, "" for none.
        is_from_api: Whether a call created it; such listings count against the day's limit.
        audit_since_s: When the open audit began, 0 while none is open.
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
    images: tuple[str, ...] = ()
    brand_id: str = ""
    listing_key: str = ""
    is_from_api: bool = False
    audit_since_s: int = 0
    created_at_s: int
    updated_at_s: int

    def sku(self, sku_id: str) -> Sku | None:
        """Return the variant with that id, or None."""
        return next((sku for sku in self.skus if sku.id == sku_id), None)


class ProductEdit(msgspec.Struct, frozen=True, kw_only=True):
    """What a seller wants a product to become once the audit passes; its id is the product's."""

    id: str
    shop_id: str
    wanted: Product


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one SKU in one warehouse.

    Attributes:
        available: Sellable units; what `quantity` means on the wire.
        committed: Units promised to orders that were not shipped yet.
        shipped: Units that have left; kept so that every unit stays accounted for.
    """

    warehouse_id: str
    available: int
    committed: int = 0
    shipped: int = 0


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
