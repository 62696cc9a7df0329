"""Answers made from a contract alone, for operations that the twin does not model.

Such an answer has the right shape, invented and believable content, and names what the request
names. Nothing is committed; a header says so, and the answer earns no evidence of behaviour. The
same request on the same platform gets the same answer, whatever was asked before.

Source: shapes from the contracts; every value is invented (assumed).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from tts_chaos.contracts.bounds import with_bounds
from tts_chaos.contracts.operation import Operation
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.history import Json
from tts_chaos.twin.generic_fields import make_scalar
from tts_chaos.twin.handler import Call

__all__ = ["generate_data"]

_DEEPEST = 12
"""Response schemas are shallower; the bound stops one that refers to itself."""

_FEWEST_ITEMS, _MOST_ITEMS = 1, 2
_MOST_ASKED_FOR = 100
_FAILURES = ("errors", "warnings", "failed", "fail_", "invalid_")
"""How lists of partial failures are called: an invented answer tells of none."""

_Maker: TypeAlias = Callable[["_Scope", int], Json]


class _Scope(msgspec.Struct, frozen=True):
    """What one answer is made from.

    Attributes:
        entropy: Chance of this request alone.
        given: Scalars that the request names, by field name.
        listed: Lists of ids that the request names, by the field that holds one of them.
        now_s: The platform's time in Unix seconds.
        currency: The shop's.
    """

    entropy: Entropy
    given: Mapping[str, Json]
    listed: Mapping[str, list[Json]]
    now_s: int
    currency: str


def generate_data(call: Call, *, currency: str) -> dict[str, Any]:
    """Return `$.data` of the right shape: every field, one or two items in each list.

    Args:
        call: The call, with its values.
        currency: Currency of the shop addressed.
    """
    schema = (call.operation.response_schema or {}).get("properties", {}).get("data", {})
    scope = _Scope(
        entropy=call.env.entropy.child(f"generated/{_digest(call)}"),
        given=_named_by(call),
        listed=_listed_by(call),
        now_s=call.env.now_s(),
        currency=currency,
    )
    data = _value(schema, "data", scope, _DEEPEST)
    if not isinstance(data, dict):
        return {}
    if "id" in data and len(call.path) == 1:
        data["id"] = next(iter(call.path.values()))
    _end_paging(call.operation, data)
    return data


def _value(schema: Mapping[str, Any], name: str, scope: _Scope, depth: int) -> Json:
    kind = _type_of(schema)
    if kind == "object":
        return _object(schema, scope, depth)
    if kind == "array":
        return _list(schema, name, scope, depth)
    given = scope.given.get(name)
    if given is not None and _fits(given, schema):
        return given
    return make_scalar(
        schema, name, entropy=scope.entropy, now_s=scope.now_s, currency=scope.currency
    )


def _object(schema: Mapping[str, Any], scope: _Scope, depth: int) -> dict[str, Json]:
    if depth == 0:
        return {}
    properties = schema.get("properties", {})
    is_money = "currency" in properties
    return {
        name: _value(part, "amount" if is_money and name == "value" else name, scope, depth - 1)
        for name, part in properties.items()
    }


def _list(schema: Mapping[str, Any], name: str, scope: _Scope, depth: int) -> list[Json]:
    if depth == 0 or name.startswith(_FAILURES):
        return []
    count = scope.entropy.integer(_FEWEST_ITEMS, _MOST_ITEMS)
    count = max(schema.get("minItems", 0), min(count, schema.get("maxItems", count)))
    singular = name.removesuffix("s")
    items = schema.get("items", {})
    field, ids = _asked_for(items, singular, scope) if depth == _DEEPEST - 1 else ("", [])
    if not ids:
        return [_value(items, singular, scope, depth - 1) for _ in range(count)]
    asked_for = ids[: schema.get("maxItems", len(ids))]
    return [{**_object(items, scope, depth - 1), field: id} for id in asked_for]


def _asked_for(items: Mapping[str, Any], singular: str, scope: _Scope) -> tuple[str, list[Json]]:
    """Return the ids that a list of the answer is about, and the field of its items they fill."""
    properties = items.get("properties", {})
    for name, ids in scope.listed.items():
        own = name in ("id", f"{singular}_id") and "id" in properties
        field = name if name in properties else "id" if own else ""
        if field and all(_fits(id, properties[field]) for id in ids):
            return field, ids
    return "", []


def _type_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind is None and "properties" in schema:
        return "object"
    return str(kind)


def _fits(value: Json, schema: Mapping[str, Any]) -> bool:
    """Whether a value of the request may stand in the answer as it is."""
    if isinstance(value, bool) or "enum" in schema:
        return value in schema.get("enum", ())
    wanted = {"string": str, "integer": int}.get(_type_of(schema))
    if wanted is None or not isinstance(value, wanted):
        return False
    if isinstance(value, int):
        bounds = with_bounds(schema)
        return bool(bounds["minimum"] <= value <= bounds["maximum"])
    return len(str(value)) <= int(schema.get("maxLength", len(str(value))))


def _named_by(call: Call) -> dict[str, Json]:
    """Return what path, query and body name; the path wins over the query, and it over the body."""
    given: dict[str, Json] = {}
    for values in (call.body, call.query, call.path):
        given.update({k: v for k, v in values.items() if isinstance(v, str | int)})
    for paging in ("page_size", "page_token"):
        given.pop(paging, None)
    return given


def _listed_by(call: Call) -> dict[str, list[Json]]:
    """Return the lists of ids that query and body name, each under the name of one of them."""
    listed: dict[str, list[Json]] = {}
    for values in (call.body, call.query):
        for name, ids in values.items():
            if name.endswith("ids") and isinstance(ids, list):
                scalars = dict.fromkeys(id for id in ids if isinstance(id, str | int))
                listed[name.removesuffix("s")] = list(scalars)[:_MOST_ASKED_FOR]
    return listed


def _end_paging(operation: Operation, data: dict[str, Any]) -> None:
    """Say that this page is the last, and count what is on it."""
    if "next_page_token" in data:
        data["next_page_token"] = ""
    if "total_count" in data and operation.is_paginated:
        lists = [value for value in data.values() if isinstance(value, list)]
        data["total_count"] = max(map(len, lists), default=0)


def _digest(call: Call) -> str:
    parts = [call.operation.id, call.shop_id, call.path, call.query, call.body]
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:16]
