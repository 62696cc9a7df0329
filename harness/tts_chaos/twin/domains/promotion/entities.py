"""Stored shape of promotion activities and coupons.

Source: contracts of the operations (documented fields and states). That an activity for products is
a draft until it has one is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["Activity", "ActivityProduct", "Coupon", "holds", "status_of"]

WITH_PRODUCTS = ("PRODUCT", "VARIATION")


class ActivityProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product in an activity.

    Attributes:
        terms: Price or discount and limits, as on the wire.
        skus: The same of each variant, by its id; empty where the product is in it as a whole.
    """

    id: str
    terms: Mapping[str, Any]
    skus: Mapping[str, Mapping[str, Any]] = {}


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion of a shop. Times in Unix seconds.

    Attributes:
        kind: FIXED_PRICE, DIRECT_DISCOUNT, FLASHSALE and others.
        level: PRODUCT, VARIATION or SHOP.
        is_stopped: Whether the seller ended it.
        details: What else the seller stated, as on the wire; never changed in place.
    """

    id: str
    shop_id: str
    title: str
    kind: str
    level: str
    begin_s: int
    end_s: int
    created_at_s: int
    updated_at_s: int
    is_stopped: bool = False
    details: Mapping[str, Any] = {}
    products: tuple[ActivityProduct, ...] = ()


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon of a shop. Times in Unix seconds; amounts as on the wire, in the shop's currency."""

    id: str
    shop_id: str
    title: str
    promo_code: str
    currency: str
    reduction: str
    least_spend: str
    begin_s: int
    end_s: int
    created_at_s: int
    claims: int = 1000


def status_of(promotion: Activity | Coupon, now_s: int) -> str:
    """Return the state of a promotion, which follows from its times."""
    if isinstance(promotion, Activity):
        if promotion.is_stopped:
            return "DEACTIVATED"
        if promotion.level in WITH_PRODUCTS and not promotion.products:
            return "DRAFT" if now_s < promotion.end_s else "EXPIRED"
    if now_s >= promotion.end_s:
        return "EXPIRED"
    return "ONGOING" if now_s >= promotion.begin_s else "NOT_START"


def holds(activity: Activity, product_id: str, sku_id: str) -> bool:
    """Whether a variant is in an activity."""
    return any(
        row.id == product_id and (not row.skus or sku_id in row.skus) for row in activity.products
    )
