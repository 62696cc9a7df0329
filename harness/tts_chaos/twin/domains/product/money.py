"""Amounts of money: a `Decimal` and a currency, never a float.

On the wire an amount is a decimal string. Currencies without minor units are written without a
point ("185000"), the others with two places ("18.00").

Source: protocol facts, section 3 (documented: decimal string plus currency). Which currencies go
without minor units is assumed from how their amounts are quoted in these markets.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec

__all__ = ["CURRENCY_BY_REGION", "Price", "format_amount", "parse_amount", "price_text"]

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

WHOLE_CURRENCIES = frozenset({"IDR", "JPY", "VND"})
"""Currencies whose amounts have no decimal places."""

LONGEST_AMOUNT = 20
"""Characters; far above any price, and a bound against absurd input."""


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """An amount in a currency, already rounded to what the currency can express."""

    amount: Decimal
    currency: str


def decimal_places(currency: str) -> int:
    """Return how many decimal places amounts in `currency` have."""
    return 0 if currency in WHOLE_CURRENCIES else 2


def parse_amount(text: str, currency: str) -> Decimal | None:
    """Return the positive amount that `text` states, or None where it states none.

    Args:
        text: Plain decimal notation; no sign, exponent, grouping or blanks.
        currency: Decides how many places are allowed.
    """
    plain = text.replace(".", "", 1)
    if len(text) > LONGEST_AMOUNT or not (plain.isascii() and plain.isdigit()):
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    exponent = amount.as_tuple().exponent
    if amount <= 0 or not isinstance(exponent, int) or -exponent > decimal_places(currency):
        return None
    return amount.quantize(Decimal(1).scaleb(-decimal_places(currency)))


def format_amount(amount: Decimal, currency: str) -> str:
    """Return `amount` as the wire writes it: fixed places, no exponent."""
    return f"{amount:.{decimal_places(currency)}f}"


def price_text(price: Price) -> str:
    """Return the amount of `price` as the wire writes it."""
    return format_amount(price.amount, price.currency)
