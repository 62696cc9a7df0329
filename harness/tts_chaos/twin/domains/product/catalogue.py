"""Words from which believable products are made: invented brands, real kinds of things."""

from __future__ import annotations

import msgspec

__all__ = ["BRANDS", "KINDS", "MARKET_FACTOR", "Kind", "brand_id"]

BRANDS = (
    "Alder & Rowe",
    "Brightwell",
    "Cloudberry",
    "Fennick",
    "Harlow Lane",
    "Juniper Row",
    "Kestrel",
    "Lumen & Oak",
    "Marlowe",
    "Northbank",
    "Petal & Pine",
    "Saltmarsh",
    "Thistle",
    "Wrenfield",
)


_BRAND_ID_BASE = 7_082_427_311_584_347_000


def brand_id(name: str) -> str:
    """Return the id of a known brand, which is the same in every shop."""
    return str(_BRAND_ID_BASE + BRANDS.index(name) + 1)


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of product: its title after the brand, its variants, and a price range in GBP."""

    title: str
    category: str
    code: str
    cheapest: int
    dearest: int
    variant_name: str = ""
    variants: tuple[str, ...] = ("",)


_COLOURS = ("Moss Green", "Sand", "Ink Blue", "Blush", "Charcoal")
_SIZES = ("S", "M", "L", "XL")

KINDS = (
    Kind(
        title="Stoneware Mug, 350 ml",
        category="Cups & Mugs",
        code="MUG",
        cheapest=9,
        dearest=18,
        variant_name="Colour",
        variants=_COLOURS,
    ),
    Kind(
        title="Organic Cotton T-Shirt",
        category="T-Shirts",
        code="TEE",
        cheapest=14,
        dearest=29,
        variant_name="Size",
        variants=_SIZES,
    ),
    Kind(
        title="Linen Tea Towels, Set of 3",
        category="Kitchen Linens",
        code="TOWEL",
        cheapest=12,
        dearest=26,
    ),
    Kind(
        title="Wireless Earbuds with Charging Case",
        category="Headphones",
        code="EAR",
        cheapest=24,
        dearest=79,
        variant_name="Colour",
        variants=("Black", "White", "Lilac"),
    ),
    Kind(
        title="Vitamin C Serum 30 ml",
        category="Serums & Essences",
        code="SER",
        cheapest=8,
        dearest=24,
    ),
    Kind(
        title="Hydrating Lip Tint",
        category="Lip Care",
        code="LIP",
        cheapest=5,
        dearest=12,
        variant_name="Shade",
        variants=("Rosewood", "Peach", "Berry", "Cocoa"),
    ),
    Kind(
        title="Non-Slip Yoga Mat 6 mm",
        category="Yoga & Pilates",
        code="YOGA",
        cheapest=18,
        dearest=42,
        variant_name="Colour",
        variants=("Ocean", "Lavender", "Graphite"),
    ),
    Kind(
        title="Stainless Steel Water Bottle",
        category="Water Bottles",
        code="BTL",
        cheapest=13,
        dearest=32,
        variant_name="Capacity",
        variants=("500 ml", "750 ml", "1 l"),
    ),
    Kind(
        title="LED Desk Lamp with USB Port",
        category="Desk Lamps",
        code="LAMP",
        cheapest=19,
        dearest=49,
    ),
    Kind(
        title="Fleece Throw Blanket",
        category="Blankets & Throws",
        code="THROW",
        cheapest=16,
        dearest=38,
        variant_name="Colour",
        variants=("Oatmeal", "Forest", "Rust"),
    ),
    Kind(
        title="Ribbed Lounge Set",
        category="Loungewear",
        code="LNG",
        cheapest=22,
        dearest=45,
        variant_name="Size",
        variants=_SIZES,
    ),
    Kind(
        title="Phone Case with Card Pocket",
        category="Phone Cases",
        code="CASE",
        cheapest=7,
        dearest=19,
        variant_name="Colour",
        variants=("Clear", "Black", "Sage"),
    ),
)

MARKET_FACTOR: dict[str, int] = {
    "BRL": 7,
    "EUR": 1,
    "GBP": 1,
    "IDR": 20_000,
    "JPY": 190,
    "MXN": 23,
    "MYR": 6,
    "PHP": 72,
    "SGD": 2,
    "THB": 44,
    "USD": 1,
    "VND": 32_000,
}
"""Rough price level of a market against GBP; only the magnitude matters."""
