"""Prices of products: an amount in the shop's currency, and the texts the wire accepts for one.

Source: protocol facts, section 3 (documented: decimal string plus currency).
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tts_chaos.twin.money import amount_text, fraction_digits, round_amount

__all__ = ["CURRENCY_BY_REGION", "Price", "parse_amount", "price_text"]

CURRENCY_BY_REGION: dict[str, str] = {
    "BR": "BRL",
    "DE": "EUR",
    "ES": "EUR",
    "FR": "EUR",
    "GB": "GBP",
    "ID": "IDR",
    "IE": "EUR",
    "IT": "EUR",
    "JP": "JPY",
    "MX": "MXN",
    "MY": "MYR",
    "PH": "PHP",
    "SG": "SGD",
    "TH": "THB",
    "US": "USD",
    "VN": "VND",
}
"""Currency of a shop, by its region."""

LONGEST_AMOUNT = 20
"""Characters; far above any price, and a bound against absurd input."""


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """An amount in a currency, already rounded to what the currency can express."""

    amount: Decimal
    currency: str


def parse_amount(text: str, currency: str) -> Decimal | None:
    """Return the positive amount that `text` states, or None where it states none.

    Args:
        text: Plain decimal notation; no sign, exponent, grouping or blanks.
        currency: Decides how many places are allowed.
    """
    whole, point, fraction = text.partition(".")
    if not _is_digits(whole) or (point and not _is_digits(fraction)):
        return None
    if len(text) > LONGEST_AMOUNT or len(fraction) > fraction_digits(currency):
        return None
    amount = round_amount(Decimal(text), currency)
    return amount if amount > 0 else None


def price_text(price: Price) -> str:
    """Return the amount of `price` as the wire writes it."""
    return amount_text(price.amount, price.currency)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
