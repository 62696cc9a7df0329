"""Turns plain values from a file into model values, with errors that a person can act on.

Every message says which key, what was expected, what was found and, where there is one, the
nearest valid word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from tts_chaos.core.registry import nearest
from tts_chaos.errors import ScenarioError, UsageError

__all__ = ["Place", "convert", "refuse_unknown_keys"]

T = TypeVar("T")

_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
"""The validator's words for types, as a person who writes TOML says them."""


class Place:
    """Where in a file a value stands: `Place("a.toml", "$.method[2]")`."""

    def __init__(self, path: str, key: str = "$") -> None:
        self.path = path
        self.key = key

    def at(self, step: str | int) -> Place:
        """Return the place of a member."""
        suffix = f"[{step}]" if isinstance(step, int) else f".{step}"
        return type(self)(self.path, self.key + suffix)

    def error(self, problem: str) -> UsageError:
        """Return an error that points here."""
        return ScenarioError(problem, path=self.path, key=self.key)


def refuse_unknown_keys(given: Mapping[str, Any], known: Iterable[str], place: Place) -> None:
    """Raise for the first key that is not known.

    Raises:
        ScenarioError: Naming the key, the nearest valid one, and all that are valid.
    """
    valid = sorted(known)
    for key in given:
        if key not in valid:
            close = nearest(key, valid)
            hint = f"Did you mean {close!r}? " if close else ""
            raise place.at(key).error(
                f"unknown key {key!r}. {hint}Valid here: {', '.join(valid) or 'none'}."
            )


def convert(value: Any, kind: type[T], place: Place) -> T:
    """Return `value` as a `kind`, a frozen struct.

    Raises:
        ScenarioError: Where the shape, a type or a word is wrong.
    """
    if not isinstance(value, Mapping):
        raise place.error(f"expected a table of settings, got {value!r}")
    _refuse_unknown_deeply(value, kind, place)
    try:
        return msgspec.convert(dict(value), kind, strict=True)
    except msgspec.ValidationError as error:
        raise _explain(str(error), value, kind, place) from None


def _refuse_unknown_deeply(value: Mapping[str, Any], kind: Any, place: Place) -> None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    refuse_unknown_keys(value, fields, place)
    for key, member in value.items():
        inner = _struct_in(msgspec.inspect.type_info(fields[key].type))
        if inner is not None and isinstance(member, Mapping):
            _refuse_unknown_deeply(member, inner, place.at(key))


def _struct_in(info: Any) -> type | None:
    """Return the struct that a field holds, perhaps besides None."""
    for part in getattr(info, "types", (info,)):
        if isinstance(part, msgspec.inspect.StructType):
            return part.cls
    return None


def _explain(message: str, value: Any, kind: type, place: Place) -> UsageError:
    """Turn a validation message into one that names the key and shows what was found."""
    where = re.search(r" - at `\$(.*)`$", message)
    problem = message[: where.start()] if where else message
    inner = where.group(1) if where else ""
    found = _value_at(value, inner)
    here = type(place)(place.path, place.key + inner)
    missing = re.match(r"Object missing required field `(.*)`", problem)
    if missing:
        return here.error(f"the key {missing.group(1)!r} is required and missing")
    if problem.startswith("Invalid enum value"):
        choices = _choices(kind, inner)
        close = nearest(str(found), choices)
        hint = f" Did you mean {close!r}?" if close else ""
        return here.error(
            f"{found!r} is not valid here; expected one of {', '.join(choices)}.{hint}"
        )
    unit = " of milliseconds" if inner.endswith("_ms") else ""
    return here.error(f"expected {_say_expected(problem, unit)}, got {found!r}")


def _say_expected(problem: str, unit: str) -> str:
    """Say what was expected: a type in plain words and its bound, if that was the trouble.

    >>> _say_expected("Expected `int` >= 1", "")
    'a whole number, 1 or more'
    """
    bounded = re.match(r"Expected `(\w+)`( of length)? ([<>]=) (\S+)$", problem)
    if bounded:
        word, length, sign, bound = bounded.groups()
        side = "or more" if sign == ">=" else "or less"
        what = f"{_WORDS.get(word, word)}{unit}"
        return f"{what} of {bound} members {side}" if length else f"{what}, {bound} {side}"
    word = problem.removeprefix("Expected ").split(", got")[0].strip("`").removesuffix(" | null")
    return _WORDS.get(word, word) + (unit if word == "int" else "")


def _value_at(value: Any, inner: str) -> Any:
    for name, index in re.findall(r"\.([^.\[]+)|\[(\d+)\]", inner):
        try:
            value = value[name] if name else value[int(index)]
        except (KeyError, IndexError, TypeError):
            return value
    return value


def _choices(kind: type, inner: str) -> list[str]:
    name = inner.lstrip(".").split(".")[0].split("[")[0]
    for field in msgspec.structs.fields(kind):
        if field.encode_name == name:
            return _words_of(msgspec.inspect.type_info(field.type))
    return []


def _words_of(info: Any) -> list[str]:
    if isinstance(info, msgspec.inspect.LiteralType):
        return [str(value) for value in info.values]
    if isinstance(info, msgspec.inspect.EnumType):
        return [str(member.value) for member in info.cls]
    if isinstance(info, msgspec.inspect.UnionType):
        return [word for part in info.types for word in _words_of(part)]
    item = getattr(info, "item_type", None)
    return _words_of(item) if item is not None else []
