"""The shape of a JSON value: which types stand at which path, list items taken together.

{"orders": [{"id": "1"}, {"id": "2", "n": 3}]}  ->  $.orders: array, $.orders[].id: string, ...
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tts_chaos.core.history import Json

__all__ = ["ShapeDifference", "compare_shapes", "shape_of", "type_of"]

Shape = dict[str, frozenset[str]]


class ShapeDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Where two shapes disagree. `recorded` or `answered` is empty where the path is absent."""

    path: str
    recorded: frozenset[str]
    answered: frozenset[str]


def type_of(value: Json) -> str:
    """Return the JSON type of a value; whole numbers are integers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def shape_of(value: Json) -> Shape:
    """Return the types at each path."""
    found: dict[str, set[str]] = {}
    for path, kind in _walk(value, "$"):
        found.setdefault(path, set()).add(kind)
    return {path: frozenset(kinds) for path, kinds in found.items()}


def compare_shapes(recorded: Json, answered: Json) -> list[ShapeDifference]:
    """Return where an answer's shape differs from a recorded one, by path.

    A path is compared only where its parent stands in both, and below lists only where both have
    items: an empty list says nothing of its items. Null fits every type.
    """
    then, now = shape_of(recorded), shape_of(answered)
    differences = []
    for path in sorted({*then, *now}):
        old, new = then.get(path, frozenset()), now.get(path, frozenset())
        if not old or not new:
            if _is_comparable(path, then) and _is_comparable(path, now):
                differences.append(ShapeDifference(path=path, recorded=old, answered=new))
        elif not _agree(old - {"null"}, new - {"null"}):
            differences.append(ShapeDifference(path=path, recorded=old, answered=new))
    return differences


def _agree(old: frozenset[str], new: frozenset[str]) -> bool:
    return not old or not new or bool(old & new)


def _is_comparable(path: str, shape: Shape) -> bool:
    """Whether the parent of a path is there to have it, or lack it."""
    parent = path.rpartition(".")[0] if not path.endswith("[]") else path.removesuffix("[]")
    return not path.endswith("[]") and parent in shape


def _walk(value: Json, path: str) -> Iterator[tuple[str, str]]:
    yield path, type_of(value)
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _walk(member, f"{path}.{name}")
    elif isinstance(value, list):
        for member in value:
            yield from _walk(member, f"{path}[]")
