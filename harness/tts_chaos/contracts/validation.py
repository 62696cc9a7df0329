"""Whether a request keeps to its contract: query and body, typed, with every problem named.

Pure and fast: validators are compiled once per operation, on first use. Schemas judge; lists of
known values, which the reference gives in prose, do not. Fields and parameters that the contract
does not have are warnings, so that the caller decides how strict to be. Problems name places, never
values: those may be personal.

Source: protocol facts, sections 3 and 7.1; wording of problems after "param body.address is
missing" (recorded), otherwise assumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tts_chaos.contracts.openapi import COMMON_PARAMETERS
from tts_chaos.contracts.operation import Operation, Parameter
from tts_chaos.core.history import Json
from tts_chaos.wire.codes import ApiCode

__all__ = [
    "TOLERATED_PARAMETERS",
    "TOLERATED_TOKEN_PARAMETERS",
    "Checked",
    "Problem",
    "check_body",
    "check_parts",
    "check_query",
    "check_response",
]

TOLERATED_PARAMETERS = frozenset({"access_token", "shop_id", "sign_method", "version"})
"""Leftovers of the API before 202309 that public clients still send; no warning is due."""

TOLERATED_TOKEN_PARAMETERS = frozenset({"sign", "timestamp"})
"""Sent to the token host by clients that treat it like the API host."""

_OPTIONS_NAMED = 10
"""Options told in a problem; lists of locales and regions are longer than a message should be."""

_INTEGER = re.compile(r"-?\d{1,19}")


class Problem(msgspec.Struct, frozen=True):
    """Something in a request that its contract does not allow.

    Attributes:
        where: `query.page_size`, `body.skus[0].id`, or `body`.
        text: What is wrong, starting with `param <where>`.
        code: Code of the refusal it deserves.
    """

    where: str
    text: str
    code: int = ApiCode.BAD_REQUEST


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a part of a request holds, and what is wrong with it.

    Attributes:
        value: Decoded and typed; defaults filled in for parameters that are absent. Holds what
            could be read even where there are problems.
        problems: Grounds for a refusal, in order of the contract.
        warnings: What the contract does not know.
    """

    value: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no ground for a refusal."""
        return not self.problems


def check_query(
    operation: Operation, pairs: Iterable[tuple[str, str]], *, lenient: bool = False
) -> Checked:
    """Return the typed query parameters of a call.

    Args:
        operation: The contract.
        pairs: Decoded parameters in wire order. The gateway's own (`app_key`, `sign`, ...) are
            passed over.
        lenient: Whether a repeated key passes for a comma list, as one vendor SDK sends it.

    Returns:
        Values by name: integers and booleans converted, comma lists split.
    """
    known = operation.parameters_by_name
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        given.setdefault(name, []).append(text)
    value: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, parameter in known.items():
        texts = given.get(name)
        if texts is None:
            problems += _absent(parameter, value)
        else:
            problems += _present(parameter, [",".join(texts)] if lenient else texts, value)
    passed_over = _passed_over(operation)
    warnings = [
        Problem(f"query.{name}", f"param query.{name} is unknown")
        for name in given
        if name not in known and name not in passed_over
    ]
    return Checked(value=value, problems=tuple(problems), warnings=tuple(warnings))


_PASSED_OVER_API = COMMON_PARAMETERS | TOLERATED_PARAMETERS
_PASSED_OVER_TOKEN = TOLERATED_TOKEN_PARAMETERS | TOLERATED_PARAMETERS


def _passed_over(operation: Operation) -> frozenset[str]:
    return _PASSED_OVER_TOKEN if operation.is_token_call else _PASSED_OVER_API


def _absent(parameter: Parameter, value: dict[str, Any]) -> list[Problem]:
    if parameter.required:
        where = f"query.{parameter.name}"
        return [Problem(where, f"param {where} is missing")]
    if "default" in parameter.schema:
        value[parameter.name] = parameter.schema["default"]
    return []


def _present(parameter: Parameter, texts: list[str], value: dict[str, Any]) -> list[Problem]:
    where = f"query.{parameter.name}"
    if len(texts) > 1:
        # The documents show one comma list; clients disagree on what a repeated key means.
        return [Problem(where, f"param {where} is given {len(texts)} times; expected one value")]
    typed = _typed(texts[0], parameter.schema)
    if typed is None:
        expected = parameter.schema["type"]
        return [Problem(where, f"param {where} is no {expected}")]
    value[parameter.name] = typed
    return _problems(parameter.validator, typed, where)


def _typed(text: str, schema: Mapping[str, Any]) -> Json:
    """Return `text` as a value of the type that a schema names, None where it is none."""
    kind = schema.get("type", "string")
    if kind == "integer":
        return int(text) if _INTEGER.fullmatch(text) else None
    if kind == "boolean":
        return {"true": True, "false": False}.get(text)
    if kind == "array":
        return _items(text, schema.get("items", {}))
    return text


def _items(text: str, schema: Mapping[str, Any]) -> list[Json]:
    """Return the items of a comma list; one of another type stays text, for the schema to judge."""
    items = text.split(",") if text else []
    typed = ((item, _typed(item, schema)) for item in items)
    return [item if value is None else value for item, value in typed]


def check_body(operation: Operation, body: bytes, *, lenient: bool = False) -> Checked:
    """Return the JSON body of a call.

    Args:
        operation: The contract.
        body: The bytes as sent; b"" for none.
        lenient: Whether `[]` passes for an empty object, as one widespread client sends it where a
            search has no filter.

    Returns:
        The object; {} where none was sent or the operation takes none.
    """
    if operation.content_type != "application/json" or (operation.body_schema is None and not body):
        return Checked(value={})
    if not body:
        missing = (Problem("body", "param body is missing"),) if operation.body_required else ()
        return Checked(value={}, problems=missing)
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        unreadable = Problem("body", "param body is no JSON", ApiCode.BODY_UNREADABLE)
        return Checked(value={}, problems=(unreadable,))
    if value == [] and lenient:
        taken = Problem("body", "param body is a list, taken as {}")
        checked = _check_object(operation, {})
        return msgspec.structs.replace(checked, warnings=(taken, *checked.warnings))
    if not isinstance(value, dict):
        return Checked(value={}, problems=(Problem("body", "param body is no object"),))
    return _check_object(operation, value)


def check_parts(operation: Operation, parts: Mapping[str, Any]) -> Checked:
    """Return the parts of a multipart body, text fields checked by the contract.

    Args:
        operation: The contract.
        parts: Text by name, anything else for a file.
    """
    schema = operation.body_schema or {}
    known = schema.get("properties", {})
    problems = [
        Problem(f"body.{name}", f"param body.{name} is missing")
        for name in schema.get("required", ())
        if name not in parts
    ]
    for name, value in parts.items():
        options = known.get(name, {}).get("enum")
        if options and value not in options:
            text = f"param body.{name} is none of {_some(options)}"
            problems.append(Problem(f"body.{name}", text))
    warnings = [
        Problem(f"body.{name}", f"param body.{name} is unknown")
        for name in parts
        if name not in known
    ]
    return Checked(value=dict(parts), problems=tuple(problems), warnings=tuple(warnings))


def _check_object(operation: Operation, value: dict[str, Any]) -> Checked:
    schema = operation.body_schema
    if schema is None:
        unknown = tuple(Problem(f"body.{k}", f"param body.{k} is unknown") for k in value)
        return Checked(value=value, warnings=unknown)
    problems = list(_misplaced(operation, schema, value))
    problems += _problems(operation.body_validator, value, "body")
    warnings = _unknown_fields(schema, value, "body")
    misplaced = {problem.where for problem in problems}
    return Checked(
        value=value,
        problems=tuple(problems),
        warnings=tuple(w for w in warnings if w.where not in misplaced),
    )


def _misplaced(
    operation: Operation, schema: Mapping[str, Any], value: Mapping[str, Any]
) -> Iterator[Problem]:
    """Yield paging parameters that stand in the body although they belong in the query."""
    in_query = {parameter.name for parameter in operation.parameters}
    for name in ("page_size", "page_token"):
        if name in value and name in in_query and name not in schema.get("properties", {}):
            where = f"body.{name}"
            yield Problem(where, f"param {where} is not allowed; expected in the query")


def _unknown_fields(schema: Mapping[str, Any], value: Json, where: str) -> Iterator[Problem]:
    """Yield the fields, however deep, that the schema does not have."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_fields(schema.get("items", {}), item, f"{where}[{index}]")
    elif isinstance(value, dict) and "properties" in schema:
        for name, inner in value.items():
            own = schema["properties"].get(name)
            if own is None:
                yield Problem(f"{where}.{name}", f"param {where}.{name} is unknown")
            else:
                yield from _unknown_fields(own, inner, f"{where}.{name}")


def check_response(operation: Operation, envelope: Json) -> tuple[Problem, ...]:
    """Return where an answer's envelope does not keep to the contract; () where it does."""
    if operation.response_schema is None:
        return ()
    return tuple(_problems(operation.response_validator, envelope, "$"))


def _problems(validator: Any, value: Json, where: str) -> list[Problem]:
    """Return the violations, sorted by place: validators of other releases tell another order."""
    if validator.is_valid(value):
        return []
    return sorted(
        (_problem(error, where) for error in validator.iter_errors(value)),
        key=lambda problem: (problem.where, problem.text),
    )


def _problem(error: Any, where: str) -> Problem:
    place = where
    for part in error.instance_path:
        place += f"[{part}]" if isinstance(part, int) else f".{part}"
    keyword, kind = error.schema_path[-1], error.kind
    if keyword == "required":
        place = f"{place}.{kind.property}"
        return Problem(place, f"param {place} is missing")
    wording = _WORDING.get(keyword)
    complaint = wording(kind) if wording else f"breaks the rule {keyword}"
    return Problem(place, f"param {place} {complaint}")


# Our own words, so that answers are the same bytes with every release of the validator.
_WORDING: Mapping[str, Callable[[Any], str]] = {
    "type": lambda kind: f"is no {' or '.join(kind.types)}",
    "enum": lambda kind: f"is none of {_some(kind.options)}",
    "minimum": lambda kind: f"is less than {kind.limit}",
    "maximum": lambda kind: f"is more than {kind.limit}",
    "maxItems": lambda kind: f"has more than {kind.limit} items",
    "format": lambda kind: f"is no {kind.format}",
    "maxLength": lambda kind: f"has more than {kind.limit} characters",
}


def _some(options: Sequence[Json]) -> str:
    named = ", ".join(str(option) for option in options[:_OPTIONS_NAMED])
    more = len(options) - _OPTIONS_NAMED
    return f"{named} and {more} more" if more > 0 else named
