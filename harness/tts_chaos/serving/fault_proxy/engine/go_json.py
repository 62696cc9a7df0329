"""JSON as the Toxiproxy server reads and writes it, wording of its refusals included.

Clients of that server key on statuses and on some of its texts, so the embedded engine keeps both:
member names match in any case, `null` leaves a default alone, unknown members and anything after
the first value are ignored, and output is compact with `<`, `>` and `&` escaped.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from typing import Any

from tts_chaos.serving.fault_proxy.engine.refusal import RefusedError

__all__ = ["decode", "encode", "kind_of", "mismatch", "read_members", "shortest_float32"]

_INT64_MAX = 2**63 - 1
_INT64_DIGITS_MAX = 20
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "'": "\\'", "\\": "\\\\"}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_LITERALS = ("true", "false", "null")
_WORDING = (
    ("Expecting property name", "looking for beginning of object key string"),
    ("Illegal trailing comma before end of object", "looking for beginning of object key string"),
    ("Illegal trailing comma before end of array", "looking for beginning of value"),
    ("Expecting ':'", "after object key"),
    ("Invalid control character", "in string literal"),
    ("Invalid \\escape", "in string escape code"),
)


class _Number(str):
    """A number as it was written, because refusals quote it."""

    __slots__ = ()


def decode(body: bytes) -> Any:
    """Return the first JSON value of `body`; numbers stay text until a member asks for them.

    Raises:
        RefusedError: With status 400 when it is none.
    """
    text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    if not text:
        raise RefusedError("bad request body: EOF")
    decoder = json.JSONDecoder(
        parse_int=_Number, parse_float=_Number, parse_constant=_refuse_constant
    )
    try:
        return decoder.raw_decode(text)[0]
    except json.JSONDecodeError as error:
        problem = _syntax_problem(text, error)
        raise RefusedError(f"bad request body: {problem}") from error


def _refuse_constant(word: str) -> None:
    raise RefusedError(
        f"bad request body: invalid character {_quoted(word[0])} looking for beginning of value"
    )


def _syntax_problem(text: str, error: json.JSONDecodeError) -> str:
    """Return what the server would say; the position is corrected where Python's differs."""
    at = error.pos
    if "trailing comma" in error.msg:
        at += 1 + len(text[at + 1 :]) - len(text[at + 1 :].lstrip())
    if error.msg.startswith("Invalid \\escape"):
        at += 1
    if at >= len(text) or error.msg.startswith("Unterminated string"):
        return "unexpected EOF"
    if error.msg.startswith("Expecting value"):
        return _value_problem(text, at)
    for start, wording in _WORDING:
        if error.msg.startswith(start):
            return f"invalid character {_quoted(text[at])} {wording}"
    place = "array element" if _is_in_array(text[:at]) else "object key:value pair"
    return f"invalid character {_quoted(text[at])} after {place}"


def _value_problem(text: str, at: int) -> str:
    """Explain a wrong value: a misspelt literal is refused at its first wrong letter."""
    if text[at] == "-":
        found = text[at + 1 : at + 2]
        if not found:
            return "unexpected EOF"
        return f"invalid character {_quoted(found)} in numeric literal"
    for literal in _LITERALS:
        if text[at] != literal[0]:
            continue
        for offset, expected in enumerate(literal):
            if at + offset >= len(text):
                return "unexpected EOF"
            if text[at + offset] != expected:
                found = _quoted(text[at + offset])
                return f"invalid character {found} in literal {literal} (expecting '{expected}')"
    return f"invalid character {_quoted(text[at])} looking for beginning of value"


def _is_in_array(before: str) -> bool:
    """Whether the innermost bracket open at the end of `before` is one of an array."""
    opened: list[str] = []
    for character in _STRING.sub("", before):
        if character in "[{":
            opened.append(character)
        elif character in "]}":
            opened.pop()
    return opened[-1:] == ["["]


def _quoted(character: str) -> str:
    if character in _SHORT_ESCAPES:
        return f"'{_SHORT_ESCAPES[character]}'"
    if ord(character) < 0x20:
        return f"'\\x{ord(character):02x}'"
    return f"'{character}'"


def kind_of(value: Any) -> str:
    """Return the word by which refusals name the kind of a decoded value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, _Number):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def mismatch(value: Any, target: str) -> RefusedError:
    """Return the refusal of `value` where `target` (a whole type) was expected."""
    return RefusedError(
        f"bad request body: json: cannot unmarshal {kind_of(value)} into Go value of type {target}"
    )


def read_members(
    value: Any, members: Mapping[str, str], *, whole: str, owner: str
) -> dict[str, Any]:
    """Return the given members of an object, checked; those absent or null are left out.

    Args:
        value: A decoded value; None counts as an object without members.
        members: Name to type: `string`, `bool`, `int`, `int64`, `float32`; any other type is the
            name of a structure and accepts objects.
        whole: Type to name when `value` is no object.
        owner: Prefix of a member in refusals (`Proxy.`).

    Raises:
        RefusedError: With status 400 at the first member of a wrong type.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise mismatch(value, whole)
    lower = {name.lower(): name for name in members}
    found = {}
    for key, item in value.items():
        name = lower.get(key.lower())
        if name is not None and item is not None:
            found[name] = _member(item, members[name], f"{owner}{name}")
    return found


def _member(item: Any, expected: str, field: str) -> Any:
    kind = kind_of(item)
    if kind == expected:
        return item
    if kind == "number" and expected in ("int", "int64", "float32"):
        number = _number(item, expected)
        if number is not None:
            return number
        kind = f"number {item}"
    if kind == "object" and expected not in ("string", "bool", "int", "int64", "float32"):
        return item
    raise RefusedError(
        f"bad request body: json: cannot unmarshal {kind} into Go struct field {field} "
        f"of type {expected}"
    )


def _number(text: str, expected: str) -> int | float | None:
    if expected == "float32":
        try:
            return float(struct.unpack("<f", struct.pack("<f", float(text)))[0])
        except OverflowError:
            return None
    if not text.lstrip("-").isdigit() or len(text) > _INT64_DIGITS_MAX:
        return None
    number = int(text)
    return number if -_INT64_MAX - 1 <= number <= _INT64_MAX else None


def shortest_float32(value: float) -> int | float:
    """Return the shortest number that a 32-bit float reads as `value`.

    >>> shortest_float32(0.30000001192092896), shortest_float32(1.0)
    (0.3, 1)
    """
    if value.is_integer():
        return int(value)
    packed = struct.pack("<f", value)
    for digits in range(1, 9):
        short = float(f"{value:.{digits}g}")
        if struct.pack("<f", short) == packed:
            return short
    return float(f"{value:.9g}")


def encode(value: Any) -> bytes:
    """Return `value` as compact JSON with the characters escaped that matter in HTML."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return text.encode()
