"""Believable values by field name, as a table: the first rule whose words fit makes the value.

Source: every value is invented (assumed); ids of 16 to 20 digits, amounts as decimal strings and
times in Unix seconds as the API writes them (documented, protocol facts, section 3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from tts_chaos.core.entropy import Entropy
from tts_chaos.core.history import Json
from tts_chaos.twin.money import amount_text

__all__ = ["make_scalar"]

DAY_S = 86_400
_LARGEST_INT32 = 2_147_483_647

_Text: TypeAlias = Callable[["_Draw"], str]


_LATER = re.compile(r"(update|end|finish|complete|modif|expir|deadline|paid|deliver|_l[te]$)")
_THINGS = ("Oak shelf", "Blue mug", "Linen shirt", "Desk lamp", "Travel kettle", "Wool scarf")
_PEOPLE = ("Robin Ashe", "Kim Larsen", "Ada Okoro", "Luca Moretti", "Mei Tan", "Sam Brook")


class _Draw:
    """What a rule may draw from."""

    __slots__ = ("currency", "entropy", "name", "now_s")

    def __init__(self, entropy: Entropy, name: str, now_s: int, currency: str) -> None:
        self.entropy = entropy
        self.name = name
        self.now_s = now_s
        self.currency = currency


def _moment(draw: _Draw) -> int:
    """Return a time of the last month; what ends or was changed lies after what began."""
    days = draw.entropy.integer(1, 15)
    return draw.now_s - (days if _LATER.search(draw.name) else days + 15) * DAY_S


def _date(draw: _Draw) -> str:
    return datetime.fromtimestamp(_moment(draw), tz=UTC).date().isoformat()


def _instant(draw: _Draw) -> str:
    return datetime.fromtimestamp(_moment(draw), tz=UTC).isoformat().replace("+00:00", "Z")


def _id(draw: _Draw) -> str:
    return draw.entropy.digits(19)


def _amount(draw: _Draw) -> str:
    return amount_text(Decimal(draw.entropy.integer(100, 9_999)) / 100, draw.currency)


def _rate(draw: _Draw) -> str:
    return str(Decimal(draw.entropy.integer(1, 999)) / 1000)


def _measure(draw: _Draw) -> str:
    return str(draw.entropy.integer(1, 60))


def _url(draw: _Draw) -> str:
    return f"https://files.example.com/{draw.entropy.hexadecimal(12)}"


def _nothing(_draw: _Draw) -> str:
    return ""


def _word(draw: _Draw) -> str:
    return draw.name.replace("_", " ").capitalize()


def _thing(draw: _Draw) -> str:
    return draw.entropy.choice(_THINGS)


def _person(draw: _Draw) -> str:
    return draw.entropy.choice(_PEOPLE)


def _fixed(text: str) -> _Text:
    return lambda _draw: text


_FORMATS: Mapping[str, _Text] = {"date": _date, "date-time": _instant}
"""Formats of strings in the contracts; what they promise goes before what a name suggests."""

_TEXTS: tuple[tuple[str, _Text], ...] = (
    (r"(^|_)(fail|error|ineligible|reject|warning)\w*$", _nothing),
    (r"next_page_token$", _nothing),
    (r"currency$", lambda draw: draw.currency),
    (r"(^|_)ids?$|tracking_number$|_sku$", _id),
    (r"(url|uri|avatar|image|link|video)(_|$)", _url),
    (r"e?mail$", lambda draw: f"{draw.entropy.hexadecimal(10)}@scs.example.net"),
    (r"phone", lambda draw: f"+4416329600{draw.entropy.integer(10, 99)}"),
    (r"(region|country)(_code)?$", _fixed("GB")),
    (r"postal_?code$", _fixed("NR2 4TA")),
    (r"locale$|language", _fixed("en-GB")),
    (r"(_date|^date|_day)(_[gl][et])?$", _date),
    (r"_time(_[gl][et])?$|^time|timestamp", lambda draw: str(_moment(draw))),
    (r"(rate|ratio|ctr|percentage|share)$", _rate),
    (r"(amount|price|fee|tax|discount|subtotal|total|gmv|revenue|commission|cost)", _amount),
    (r"^(width|height|length|weight|value|quantity|days)$", _measure),
    (r"(code|key|token|cipher|sign)$", lambda draw: draw.entropy.token(16)),
    (r"(buyer|recipient|creator|seller|contact|user|nick|first|last|full)\w*name$", _person),
    (r"^(product_|sku_|goods_|brand_)?(name|title)$", _thing),
    (r"", _word),
)

_INTEGERS: tuple[tuple[str, Callable[[_Draw], int]], ...] = (
    (r"(_time|_date|^time|timestamp|deadline|_at)(_[gl][et])?$", _moment),
    (r"(fail|error|invalid)\w*(count|num|code)?$", lambda _draw: 0),
    (r"(^|_)ids?$", lambda draw: int(draw.entropy.digits(16))),
    (r"^(code|rank)$", lambda _draw: 0),
    (r"", lambda draw: draw.entropy.integer(1, 99)),
)


def make_scalar(
    schema: Mapping[str, Any], name: str, *, entropy: Entropy, now_s: int, currency: str
) -> Json:
    """Return a value of a schema that is no object and no list.

    Args:
        schema: JSON Schema of the field.
        name: Name of the field; of a list's item, the list's name in the singular.
        entropy: Where chance comes from.
        now_s: The platform's time in Unix seconds.
        currency: Currency of amounts.
    """
    options = schema.get("enum") or schema.get("x-tts-known-values")
    if options:
        return _plain(entropy.choice(options))
    draw = _Draw(entropy, name, now_s, currency)
    kind = schema.get("type")
    kind = next((one for one in kind if one != "null"), None) if isinstance(kind, list) else kind
    if kind == "string":
        rule = _FORMATS.get(schema.get("format", "")) or _rule(name)
        return _within(schema, rule(draw))
    if kind in ("integer", "number"):
        return _bounded(schema, _integer_rule(name)(draw))
    return False if kind == "boolean" else None


def _plain(value: Any) -> Json:
    kept: Json = value
    return kept


def _within(schema: Mapping[str, Any], text: str) -> str:
    return text[: schema.get("maxLength", len(text))]


def _bounded(schema: Mapping[str, Any], number: int) -> int:
    high = schema.get("maximum", _LARGEST_INT32 if schema.get("format") == "int32" else number)
    return int(max(schema.get("minimum", number), number) if number <= high else high)


@lru_cache(maxsize=4096)
def _rule(name: str) -> _Text:
    return next(make for words, make in _TEXTS if re.search(words, name))


@lru_cache(maxsize=4096)
def _integer_rule(name: str) -> Callable[[_Draw], int]:
    return next(make for words, make in _INTEGERS if re.search(words, name))
