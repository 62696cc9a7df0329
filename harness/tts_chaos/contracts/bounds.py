"""What `format` promises of a number, said in words that a validator of JSON Schema knows.

Source: formats of the contracts (documented); that the platform holds integers in 64 bits where
nothing is said, and refuses what does not fit, is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["with_bounds"]

_BITS = {"int32": 32, "int64": 64}


def with_bounds(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a schema in which every integer has a minimum and a maximum.

    >>> with_bounds({"type": "integer", "format": "int32", "minimum": 1})["maximum"]
    2147483647
    """
    bounded = dict(schema)
    if "properties" in schema:
        parts = schema["properties"]
        bounded["properties"] = {name: with_bounds(part) for name, part in parts.items()}
    if isinstance(schema.get("items"), dict):
        bounded["items"] = with_bounds(schema["items"])
    if _is_integer(schema):
        limit = 2 ** (_BITS.get(schema.get("format", ""), 64) - 1)
        bounded = {"minimum": -limit, "maximum": limit - 1, **bounded}
    return bounded


def _is_integer(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return kind == "integer" or (isinstance(kind, list) and "integer" in kind)
