"""From text to the value of a capability: JSON read, the right part taken, its shape checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from tts_chaos.core.history import Json
from tts_chaos.engine.plain import to_plain
from tts_chaos.errors import UsageError
from tts_chaos.subjects.external.failures import ShapeError
from tts_chaos.typing import ACTIONS

__all__ = ["check_shape", "excerpt", "parse", "part_at"]

EXCERPT_CHARACTERS = 200

HEALTHS = ("ok", "degraded", "down")


def excerpt(text: str | bytes) -> str:
    """Return the beginning of a text, in one line, for messages."""
    if isinstance(text, bytes):
        text = text[: 4 * EXCERPT_CHARACTERS].decode("utf-8", "replace")
    line = " ".join(text.split())
    if not line:
        return "nothing"
    return repr(line if len(line) <= EXCERPT_CHARACTERS else line[:EXCERPT_CHARACTERS] + "...")


def parse(text: str | bytes) -> Json:
    """Return the JSON value of a text.

    Raises:
        ShapeError: If it is none; shows how it begins.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        why = f" ({error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise ShapeError(f"expected JSON{why}, got {excerpt(text)}") from None


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(word)


def part_at(value: Json, at: str) -> Json:
    """Return what stands at a dotted path.

    Raises:
        ShapeError: If nothing does; shows what is there instead.
    """
    walked = "$"
    for step in at.split(".") if at else ():
        if not isinstance(value, Mapping) or step not in value:
            there = f"the keys {', '.join(value)}" if isinstance(value, Mapping) else _kind(value)
            raise ShapeError(f"expected {walked}.{step} (`at = {at!r}`), got {there}")
        value, walked = value[step], f"{walked}.{step}"
    return value


def check_shape(name: str, value: Json) -> Json:
    """Return the value of a capability, plain and of the shape that `tts_chaos.typing` asks for.

    Raises:
        ShapeError: If it has another one; says where, what was expected and what came.
    """
    if name in ACTIONS and name not in _SHAPES:
        return None
    try:
        plain = to_plain(value)
    except UsageError as error:
        raise ShapeError(str(error)) from None
    _SHAPES[name](plain)
    return plain


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return f"an object with the keys {', '.join(value)}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return excerpt(value) if isinstance(value, str) else f"the number {value}"


def _rows(noun: str, *needed: str) -> Callable[[Json], None]:
    """Return the check of a list of objects, each with some keys."""

    def check(value: Json) -> None:
        if not isinstance(value, list):
            raise ShapeError(f"expected a list of {noun}, got {_kind(value)}" + _hint_at(value))
        for number, row in enumerate(value):
            _check_row(row, needed, f"$[{number}]")

    return check


def _hint_at(value: Json) -> str:
    if isinstance(value, Mapping):
        for key, member in value.items():
            if isinstance(member, list):
                return f"; if {key!r} is meant, add `at = {key!r}`"
    return ""


def _check_row(row: Json, needed: Sequence[str], place: str) -> None:
    if not isinstance(row, Mapping):
        raise ShapeError(f"expected an object at {place}, got {_kind(row)}")
    for key in needed:
        if row.get(key) in (None, ""):
            raise ShapeError(
                f"expected the key {key!r} at {place}, got the keys {', '.join(row) or 'none'}"
                if key not in row
                else f"expected a value at {place}.{key}, got {_kind(row[key])}"
            )


def _check_orders(value: Json) -> None:
    _rows("orders", "id")(value)
    for number, order in enumerate(value):
        lines = order.get("lines", [])
        place = f"$[{number}].lines"
        if not isinstance(lines, list):
            raise ShapeError(f"expected a list of lines at {place}, got {_kind(lines)}")
        for line_number, line in enumerate(lines):
            _check_row(line, (), f"{place}[{line_number}]")


def _check_stock(value: Json) -> None:
    if isinstance(value, list):
        _rows("quantities", "sku_id")(value)
        quantities = [(f"$[{n}].quantity", row.get("quantity")) for n, row in enumerate(value)]
        doubled = _first_twice(str(row["sku_id"]) for row in value)
        if doubled:
            raise ShapeError(f"the SKU {doubled!r} is there twice; expected one quantity of each")
    elif isinstance(value, Mapping):
        quantities = [(f"$.{sku}", quantity) for sku, quantity in value.items()]
    else:
        raise ShapeError(f"expected an object of quantities by SKU id, got {_kind(value)}")
    for place, quantity in quantities:
        if isinstance(quantity, Mapping):
            continue
        if isinstance(quantity, bool) or not str(quantity).strip().lstrip("+-").isdigit():
            raise ShapeError(f"expected a whole number at {place}, got {_kind(quantity)}")


def _first_twice(words: Any) -> str:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            return str(word)
        seen.add(word)
    return ""


def _object(*needed: str) -> Callable[[Json], None]:
    def check(value: Json) -> None:
        _check_row(value, needed, "$")

    return check


def _check_health(value: Json) -> None:
    _check_row(value, ("status",), "$")
    if value["status"] not in HEALTHS:
        raise ShapeError(
            f"expected one of {', '.join(HEALTHS)} at $.status, got {_kind(value['status'])}"
        )


def _check_status(value: Json) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 100 <= value <= 599:
        raise ShapeError(f"expected an HTTP status, got {_kind(value)}")


_SHAPES: dict[str, Callable[[Json], None]] = {
    "orders": _check_orders,
    "stock": _check_stock,
    "shipments": _rows("shipments", "order_id"),
    "refunds": _rows("refunds", "order_id", "amount", "currency"),
    "alerts": _rows("alerts", "cause"),
    "tokens": _object("access_token"),
    "health": _check_health,
    "conversions": _rows("conversions", "order_id"),
    "quote_checkout": _object("currency", "total_amount"),
    "deliver_webhook": _check_status,
}
"""What each capability that is asked for an answer has to answer."""
