"""Where two histories part: the first record that is not the same, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest

import msgspec

from tts_chaos.core.history import History, Json, Record

__all__ = ["first_difference"]

SHOWN = 160
"""Characters of a value that are shown."""


def first_difference(before: History, now: History) -> str:
    """Return the first difference of two histories, for people to read; "" where there is none."""
    for index, (old, new) in enumerate(zip_longest(before, now)):
        if old == new:
            continue
        lines = [f"record {index} of {len(before)} is the first that differs:"]
        if old is None or new is None:
            left, right = _spell(old), _spell(new)
            return "\n".join((*lines, f"  before  {left}", f"  now     {right}"))
        rows = list(_differences(_fields(old), _fields(new)))
        lines += [f"  {_name(old)}"]
        for place, left_value, right_value in rows[:5]:
            lines += [f"    {place}", f"      before  {left_value}", f"      now     {right_value}"]
        if len(rows) > 5:
            lines.append(f"    and {len(rows) - 5} more fields")
        return "\n".join(lines)
    return ""


def _fields(record: Record) -> Json:
    return msgspec.to_builtins(record)


def _name(record: Record) -> str:
    fields = _fields(record)
    told = (fields.get(key) for key in ("operation", "action", "name", "change", "phase", "kind"))
    word = next((str(value) for value in told if value), "")
    return f"{fields['record']} {word} at {record.at_ms} ms".replace("  ", " ")


def _spell(record: Record | None) -> str:
    return "nothing: the history ends here" if record is None else _name(record)


def _differences(old: Json, new: Json, place: str = "$") -> Iterator[tuple[str, str, str]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _differences(old.get(key), new.get(key), f"{place}.{key}")
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple) and len(old) == len(new):
        for number, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _differences(left, right, f"{place}[{number}]")
    elif old != new:
        yield place, *_around(_text(old), _text(new))


def _text(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def _around(old: str, new: str) -> tuple[str, str]:
    """Return both texts from a little before the place where they part."""
    part = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    begin = max(0, part - 40)
    return _cut(old, begin), _cut(new, begin)


def _cut(text: str, begin: int) -> str:
    head = "..." if begin else ""
    tail = "..." if len(text) > begin + SHOWN else ""
    return f"{head}{text[begin : begin + SHOWN]}{tail}"
