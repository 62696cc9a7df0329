"""Amounts of money: exact decimals with the digits of their currency.

Amounts are `Decimal` from the moment a price is set to the moment it is written; no float anywhere.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

__all__ = ["ZERO", "amount_text", "fraction_digits", "round_amount"]

ZERO = Decimal(0)

# Currencies of TikTok Shop markets that are written without a fraction. ISO 4217 gives JPY and VND
# no minor unit; that the platform writes IDR without one, too, is assumed.
_WITHOUT_FRACTION = frozenset({"JPY", "VND", "IDR"})
_UNITS = {0: Decimal(1), 2: Decimal("0.01")}


def fraction_digits(currency: str) -> int:
    """Return how many digits after the point amounts of `currency` have: 0 or 2."""
    return 0 if currency in _WITHOUT_FRACTION else 2


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """Return `amount` in whole minor units of `currency`, halves rounded away from zero.

    >>> round_amount(Decimal("3.505"), "GBP"), round_amount(Decimal("99.5"), "JPY")
    (Decimal('3.51'), Decimal('100'))
    """
    return amount.quantize(_UNITS[fraction_digits(currency)], rounding=ROUND_HALF_UP)


@lru_cache(maxsize=8192)
def amount_text(amount: Decimal, currency: str) -> str:
    """Return `amount` as the API writes it: plain decimal text, no exponent, no separator.

    >>> amount_text(Decimal("1200"), "JPY"), amount_text(Decimal("3.5"), "GBP")
    ('1200', '3.50')
    """
    return format(round_amount(amount, currency), "f")
