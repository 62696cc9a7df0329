"""Paths to fields, `$.data.orders[].payment.total_amount`, and what a schema has at each. Pure.

`[]` means every element of a list. Paths of one schema are those of every value it describes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from tts_chaos.core.registry import nearest

__all__ = ["Field", "describe_unknown_path", "fields_of", "parent_of", "split_path"]

_NAME = re.compile(r"[^.\[\]$]+")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract says of one field.

    Attributes:
        type: JSON type, "" where the contract names none.
        nullable: Whether null may stand there.
        required: Whether its parent must have it.
        enum: The only values allowed, as JSON values.
        known: Values known of an open list (`x-tts-known-values`).
        limits: `minimum`, `maxItems`, `default` and the like, those that are set.
    """

    type: str = ""
    nullable: bool = False
    required: bool = False
    enum: tuple[Any, ...] = ()
    known: tuple[Any, ...] = ()
    limits: dict[str, Any] = {}


LIMITS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "default",
)


def split_path(path: str) -> tuple[str, ...]:
    """Return the steps of a path; `[]` is a step of its own.

    >>> split_path("$.data.orders[].id")
    ('data', 'orders', '[]', 'id')

    Raises:
        ValueError: If it is no path.
    """
    steps: list[str] = []
    for part in path.removeprefix("$.").split("."):
        name = part
        while name.endswith("[]"):
            name = name.removesuffix("[]")
        if not _NAME.fullmatch(name):
            raise ValueError(f"{path!r} is no path; expected one like $.data.orders[].id")
        steps += [name, *["[]"] * ((len(part) - len(name)) // 2)]
    return tuple(steps)


def parent_of(path: str) -> str:
    """Return the path of the object or list that holds a field.

    >>> parent_of("$.data.orders[].id"), parent_of("$.data.orders[]")
    ('$.data.orders[]', '$.data.orders')
    """
    return path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]


def fields_of(schema: Mapping[str, Any] | None, root: str = "$") -> dict[str, Field]:
    """Return every field that a schema describes, by path; the root itself is left out."""
    return dict(_walk(schema or {}, root))


def _walk(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, Field]]:
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        here = f"{path}.{name}"
        yield here, _field(member, required=name in required)
        yield from _walk(member, here)
    items = schema.get("items")
    if isinstance(items, Mapping):
        yield f"{path}[]", _field(items, required=False)
        yield from _walk(items, f"{path}[]")


def _field(schema: Mapping[str, Any], *, required: bool) -> Field:
    named = schema.get("type", "")
    types = [named] if isinstance(named, str) else list(named)
    return Field(
        type="|".join(kind for kind in types if kind != "null"),
        nullable="null" in types,
        required=required,
        enum=tuple(schema.get("enum", ())),
        known=tuple(schema.get("x-tts-known-values", ())),
        limits={key: schema[key] for key in LIMITS if key in schema},
    )


def describe_unknown_path(path: str, fields: Iterable[str], where: str) -> str:
    """Return the sentence for a path that a contract does not have, with the nearest one."""
    close = nearest(path, fields)
    hint = f" Did you mean {close!r}?" if close else ""
    return f"the contract of {where} has no field {path!r}.{hint}"
