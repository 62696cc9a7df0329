"""Orders as they are stored. How they look on the wire is the business of `render`.

A line item is one unit of one SKU and has no quantity.
Source: protocol facts, section 7.3 (documented, and seen live).
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tts_chaos.twin.money import ZERO

__all__ = ["Address", "Buyer", "LineItem", "Order", "ShippingCharge"]


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order goes, in clear; masking happens when it is rendered.

    Attributes:
        districts: (level, name of the level, name) from the country down: `("L0", "Country", ...)`.
        phone: Calling code and national number: `(+44)1632960012`.
    """

    first_name: str
    last_name: str
    phone: str
    region: str
    districts: tuple[tuple[str, str, str], ...]
    line1: str
    line2: str = ""
    postal_code: str = ""


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """Who bought. `email` is a relay address, as the platform hands out."""

    id: str
    email: str
    nickname: str = ""
    message: str = ""


class LineItem(msgspec.Struct, frozen=True, kw_only=True):
    """One unit of one SKU.

    Attributes:
        tax: Tax on top of the sale price; 0 where prices include it.
        tax_rate: Share of the sale price, 0 to 1.
        status: Display status, an order status.
        package_status: `TO_FULFILL`, `PROCESSING`, `FULFILLING`, `COMPLETED`, `CANCELLED` or "".
        cancel_user: `BUYER`, `SELLER`, `OPERATOR`, `SYSTEM` or "".
        shipped_at_s: When its shipment was arranged, 0 if not yet.
    """

    id: str
    product_id: str
    product_name: str
    sku_id: str
    sku_name: str
    seller_sku: str
    original_price: Decimal
    seller_discount: Decimal = ZERO
    platform_discount: Decimal = ZERO
    tax: Decimal = ZERO
    tax_rate: Decimal = ZERO
    image_url: str = ""
    status: str = "UNPAID"
    package_id: str = ""
    package_status: str = ""
    tracking_number: str = ""
    provider_id: str = ""
    provider_name: str = ""
    cancel_reason: str = ""
    cancel_user: str = ""
    shipped_at_s: int = 0

    @property
    def sale_price(self) -> Decimal:
        """What the buyer pays for this unit, before tax on top."""
        return self.original_price - self.seller_discount - self.platform_discount


class ShippingCharge(msgspec.Struct, frozen=True, kw_only=True):
    """What the delivery costs. `tax` is on top of the fee; 0 where prices include it."""

    original: Decimal = ZERO
    seller_discount: Decimal = ZERO
    platform_discount: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def fee(self) -> Decimal:
        """What the buyer pays for the delivery, before tax on top."""
        return self.original - self.seller_discount - self.platform_discount


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order. Times are Unix seconds, 0 for "not yet".

    Attributes:
        status: Moves by `moves.move_order` only.
        cancel_requested_at_s: When a buyer's request to cancel was opened, 0 while none is open.
        cancel_initiator: `BUYER`, `SELLER` or `SYSTEM`; "" while not cancelled.
    """

    id: str
    shop_id: str
    status: str
    currency: str
    buyer: Buyer
    address: Address
    lines: tuple[LineItem, ...]
    shipping: ShippingCharge
    created_at_s: int
    updated_at_s: int
    paid_at_s: int = 0
    ship_by_s: int = 0
    collect_by_s: int = 0
    cancel_by_s: int = 0
    deliver_by_s: int = 0
    shipped_at_s: int = 0
    collected_at_s: int = 0
    delivered_at_s: int = 0
    completed_at_s: int = 0
    cancelled_at_s: int = 0
    cancel_requested_at_s: int = 0
    cancel_reason: str = ""
    cancel_initiator: str = ""
    has_new_address: bool = False
    seller_note: str = ""
    payment_method: str = ""
    warehouse_id: str = ""
    delivery_option_id: str = ""
    delivery_option_name: str = ""
    shipping_type: str = "TIKTOK"
    fulfillment_type: str = "FULFILLMENT_BY_SELLER"

    @property
    def original_total(self) -> Decimal:
        """Sum of the list prices of all lines."""
        return sum((line.original_price for line in self.lines), ZERO)

    @property
    def sub_total(self) -> Decimal:
        """Sum of the sale prices of all lines."""
        return sum((line.sale_price for line in self.lines), ZERO)

    @property
    def product_tax(self) -> Decimal:
        """Sum of the tax on top of all lines."""
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """What the buyer pays: sale prices, delivery, and tax on top of both."""
        return self.sub_total + self.shipping.fee + self.product_tax + self.shipping.tax

    @property
    def open_lines(self) -> tuple[LineItem, ...]:
        """Lines that are not cancelled."""
        return tuple(line for line in self.lines if line.status != "CANCELLED")
