"""Edits of a JSON text at a path: what is not edited keeps every byte. Pure.

The text is never decoded as a whole and written anew, so that numbers, escapes, the order of keys
and white space stay as the platform sent them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

import msgspec

__all__ = ["Place", "add_member", "find_places", "remove_at", "rename_at", "replace_at"]

_DECODER = json.JSONDecoder()
_SPACE = " \t\n\r"
Steps = tuple[str, ...]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value stands in a text.

    Attributes:
        key: Where its key begins and ends, quotes included; None for an element of a list.
        start: Where the value begins.
        end: Where it ends.
        before: Where the comma or bracket before it stands.
        after: Where the comma or bracket after it stands.
    """

    key: tuple[int, int] | None
    start: int
    end: int
    before: int
    after: int


def find_places(text: str, steps: Steps) -> list[Place]:
    """Return where the values that `steps` lead to stand, from left to right.

    A text that is no JSON has none.
    """
    try:
        start = _skip(text, 0)
        _, end = _DECODER.raw_decode(text, start)
        return list(_find(text, start, steps)) if not text[end:].strip(_SPACE) else []
    except (ValueError, IndexError, RecursionError):
        return []


def replace_at(text: str, steps: Steps, change: Callable[[str], str]) -> str:
    """Replace the text of each value.

    >>> replace_at('{"a": [1.50, 2]}', ("a", "[]"), lambda raw: f'"{raw}"')
    '{"a": ["1.50", "2"]}'
    """
    for place in reversed(find_places(text, steps)):
        text = text[: place.start] + change(text[place.start : place.end]) + text[place.end :]
    return text


def rename_at(text: str, steps: Steps, name: str) -> str:
    """Give each member another key.

    >>> rename_at('{"a":1, "b":2}', ("b",), "c")
    '{"a":1, "c":2}'
    """
    for place in reversed(find_places(text, steps)):
        if place.key is not None:
            start, end = place.key
            text = text[:start] + json.dumps(name) + text[end:]
    return text


def remove_at(text: str, steps: Steps) -> str:
    """Remove each member or element, with the comma that belonged to it.

    >>> remove_at('{"a":1,"b":2}', ("b",)), remove_at('{"a":1,"b":2}', ("a",))
    ('{"a":1}', '{"b":2}')
    """
    for place in reversed(find_places(text, steps)):
        if text[place.before] == ",":
            text = text[: place.before] + text[place.end :]
        else:
            end = place.after + 1 if text[place.after] == "," else place.after
            text = text[: place.before + 1] + text[end:]
    return text


def add_member(text: str, steps: Steps, value: Any) -> str:
    """Add a member, named by the last step, to each object that the others lead to.

    >>> add_member('{"a":{}}', ("a", "b"), "c")
    '{"a":{"b":"c"}}'
    """
    member = f"{json.dumps(steps[-1])}:{json.dumps(value)}"

    def change(raw: str) -> str:
        if not raw.startswith("{"):
            return raw
        body = raw[:-1].rstrip(_SPACE)
        return f"{body}{'' if body == '{' else ','}{member}}}"

    if len(steps) > 1:
        return replace_at(text, steps[:-1], change)
    return change(text.strip(_SPACE))


def _find(text: str, start: int, steps: Steps) -> Iterator[Place]:
    step, *rest = steps
    wanted = "[" if step == "[]" else "{"
    if text[start] != wanted:
        return
    for name, place in _members(text, start):
        if name != step:
            continue
        if rest:
            yield from _find(text, place.start, tuple(rest))
        else:
            yield place


def _members(text: str, start: int) -> Iterator[tuple[str, Place]]:
    """Yield the members of an object by name, or the elements of a list as `[]`."""
    is_object, before = text[start] == "{", start
    at = _skip(text, start + 1)
    while text[at] not in "}]":
        name, key = "[]", None
        if is_object:
            name, end = scanstring(text, at + 1)
            key = (at, end)
            at = _skip(text, _skip(text, end) + 1)
        _, end = _DECODER.raw_decode(text, at)
        after = _skip(text, end)
        yield name, Place(key=key, start=at, end=end, before=before, after=after)
        before = after
        at = _skip(text, after + 1) if text[after] == "," else after


def _skip(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
