"""Turns what an integration returns into plain JSON values, or says what is in the way. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from tts_chaos.core.history import Json
from tts_chaos.errors import UsageError

__all__ = ["to_plain"]

DEPTH_LIMIT = 40
"""Deeper than any order; a value that contains itself ends here."""


def to_plain(value: Any, *, path: str = "$") -> Json:
    """Return `value` as JSON values.

    Decimals become text (money must not pass through a float), tuples lists, mappings and
    dataclasses dicts; subclasses of `str` and `int`, enums among them, become what they extend.

    Args:
        value: What the integration returned.
        path: Where it stands in the whole, for messages.

    Raises:
        UsageError: If it is anything else; names the place, the type, and what to return instead.

    >>> from decimal import Decimal
    >>> to_plain({"total_amount": Decimal("9.90"), "lines": ({"id": "1"},)})
    {'total_amount': '9.90', 'lines': [{'id': '1'}]}
    """
    if path.count(".") + path.count("[") > DEPTH_LIMIT:
        raise _refuse(path, f"lies more than {DEPTH_LIMIT} levels deep; does it contain itself?")
    if value is None or isinstance(value, bool | str | int | float | Decimal):
        return _plain_scalar(value, path)
    if isinstance(value, list | tuple):
        return [to_plain(item, path=f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {
            _plain_key(key, path): to_plain(item, path=f"{path}.{key}")
            for key, item in value.items()
        }
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_plain(getattr(value, field.name), path=f"{path}.{field.name}")
            for field in fields(value)
        }
    raise _refuse(path, f"is a {type(value).__qualname__}; {_advice(value)}")


def _plain_scalar(value: Any, path: str) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if not math.isfinite(value):
        raise _refuse(path, f"is {value!r}, which JSON cannot express")
    return float(value)


def _plain_key(key: Any, path: str) -> str:
    if not isinstance(key, str):
        raise _refuse(path, f"has the key {key!r}; keys must be text, as all ids of the API are")
    return str.__str__(key)


def _advice(value: Any) -> str:
    if isinstance(value, set | frozenset):
        return "its order is not defined: return a sorted list"
    if isinstance(value, bytes | bytearray):
        return "decode it to text"
    if hasattr(value, "__next__") or hasattr(value, "__aiter__"):
        return "return a list of what it yields"
    return "return None, bool, int, float, str, Decimal, list, tuple, dict or a dataclass"


def _refuse(path: str, problem: str) -> UsageError:
    return UsageError(f"what the integration returned cannot be kept: {path} {problem}")
