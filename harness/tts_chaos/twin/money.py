"""Rounding of amounts. Reading and writing them is the business of `domains.product.money`.

Amounts are `Decimal` from the moment a price is set to the moment it is written; no float anywhere.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from tts_chaos.twin.domains.product.money import decimal_places

__all__ = ["ZERO", "round_amount"]

ZERO = Decimal(0)


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """Return `amount` in whole minor units of `currency`, halves rounded away from zero.

    >>> round_amount(Decimal("3.505"), "GBP"), round_amount(Decimal("99.5"), "JPY")
    (Decimal('3.51'), Decimal('100'))
    """
    unit = Decimal(1).scaleb(-decimal_places(currency))
    return amount.quantize(unit, rounding=ROUND_HALF_UP)
