"""Turns what an integration returns into plain JSON values, or says what is in the way. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from tts_chaos.core.history import Json
from tts_chaos.errors import UsageError

__all__ = ["to_plain"]

DEPTH_LIMIT = 40
"""Deeper than any order; a value that contains itself ends here."""


def to_plain(value: Any) -> Json:
    """Return `value` as JSON values.

    Decimals become text (money must not pass through a float), tuples lists, mappings and
    dataclasses dicts; subclasses of `str` and `int`, enums among them, become what they extend.

    Args:
        value: What the integration returned.

    Raises:
        UsageError: If it is anything else; names the place, the type, and what to return instead.

    >>> from decimal import Decimal
    >>> to_plain({"total_amount": Decimal("9.90"), "lines": ({"id": "1"},)})
    {'total_amount': '9.90', 'lines': [{'id': '1'}]}
    """
    return _plain(value, ())


# Where a value stands: the innermost step first, and where its container stands. Cheaper than a
# text for each of the thousands of values that nobody will ever ask about.
Place: TypeAlias = "tuple[()] | tuple[int | str, Place]"


def _plain(value: Any, place: Place) -> Json:
    kind = type(value)
    if kind in _PLAIN_ALREADY:
        return value
    if kind is dict:
        # Nearly every value is one of these; the general way below would say the same.
        _check_depth(place)
        return {
            key if type(key) is str else _plain_key(key, place): item
            if type(item) in _PLAIN_ALREADY
            else _plain(item, (key, place))
            for key, item in value.items()
        }
    if isinstance(value, str | int | float | Decimal):
        return _plain_scalar(value, place)
    if isinstance(value, list | tuple):
        _check_depth(place)
        return [
            item if type(item) in _PLAIN_ALREADY else _plain(item, (index, place))
            for index, item in enumerate(value)
        ]
    if isinstance(value, Mapping):
        _check_depth(place)
        return {_plain_key(key, place): _plain(item, (key, place)) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        _check_depth(place)
        names = [field.name for field in fields(value)]
        return {name: _plain(getattr(value, name), (name, place)) for name in names}
    raise _refuse(place, f"is a {type(value).__qualname__}; {_advice(value)}")


_PLAIN_ALREADY = frozenset({type(None), bool, str, int})


def _plain_scalar(value: str | int | float | Decimal, place: Place) -> Json:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if not math.isfinite(value):
        raise _refuse(place, f"is {value!r}, which JSON cannot express")
    return float(value)


def _plain_key(key: Any, place: Place) -> str:
    if not isinstance(key, str):
        raise _refuse(place, f"has the key {key!r}; keys must be text, as all ids of the API are")
    return str.__str__(key)


def _check_depth(place: Place) -> None:
    depth = 0
    while place:
        depth, place = depth + 1, place[1]
    if depth > DEPTH_LIMIT:
        raise UsageError(
            f"what the integration returned cannot be kept: it is more than {DEPTH_LIMIT} levels "
            "deep; does it contain itself?"
        )


def _advice(value: Any) -> str:
    if isinstance(value, set | frozenset):
        return "its order is not defined: return a sorted list"
    if isinstance(value, bytes | bytearray):
        return "decode it to text"
    if hasattr(value, "__next__") or hasattr(value, "__aiter__"):
        return "return a list of what it yields"
    return "return None, bool, int, float, str, Decimal, list, tuple, dict or a dataclass"


def _refuse(place: Place, problem: str) -> UsageError:
    path = ""
    while place:
        step, place = place
        path = (f"[{step}]" if isinstance(step, int) else f".{step}") + path
    return UsageError(f"what the integration returned cannot be kept: ${path} {problem}")
