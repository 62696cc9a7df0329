"""What an order costs: discounts, tax and delivery, exact to the minor unit."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

import msgspec

from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.domains.order.entities import LineItem, ShippingCharge
from tts_chaos.twin.money import ZERO, fraction_digits, round_amount
from tts_chaos.twin.regions import Region

__all__ = ["charge_delivery", "discount_line", "share_out"]

_DISCOUNT_RATES = (ZERO, ZERO, ZERO, Decimal("0.05"), Decimal("0.125"))
_FREE_DELIVERY_ODDS = 3


def discount_line(line: LineItem, region: Region, currency: str, entropy: Entropy) -> LineItem:
    """Return `line` with discounts of seller and platform, and the tax on what is left."""
    seller = round_amount(line.original_price * entropy.choice(_DISCOUNT_RATES), currency)
    platform = round_amount(line.original_price * entropy.choice(_DISCOUNT_RATES), currency)
    taxed = line.original_price - seller - platform
    return msgspec.structs.replace(
        line,
        seller_discount=seller,
        platform_discount=platform,
        tax=round_amount(taxed * region.tax_rate, currency),
        tax_rate=region.tax_rate,
    )


def charge_delivery(region: Region, currency: str, entropy: Entropy) -> ShippingCharge:
    """Return what the delivery costs; now and then the platform pays for it."""
    original = round_amount(region.delivery_fee, currency)
    is_free = entropy.integer(1, _FREE_DELIVERY_ODDS) == 1
    platform = original if is_free else ZERO
    return ShippingCharge(
        original=original,
        platform_discount=platform,
        tax=round_amount((original - platform) * region.tax_rate, currency),
    )


def share_out(amount: Decimal, parts: int, currency: str) -> list[Decimal]:
    """Split `amount` into `parts` that add up to it exactly, the first taking the remainder.

    >>> share_out(Decimal("10.00"), 3, "GBP")
    [Decimal('3.34'), Decimal('3.33'), Decimal('3.33')]
    """
    unit = Decimal(1).scaleb(-fraction_digits(currency))
    each = (amount / parts).quantize(unit, rounding=ROUND_DOWN)
    return [amount - each * (parts - 1)] + [each] * (parts - 1)
