"""The last gate: query and body are read and checked by the contract of the operation.

Unknown fields are noted, not refused: the platform ignores them as far as is known (assumed), and a
misspelt filter that is ignored silently is worth telling. Wordings of these refusals are assumed;
sources only say that the text names the field.
"""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import msgspec

from tts_chaos.contracts.operation import Operation, Parameter
from tts_chaos.twin.desk import Admission, Desk
from tts_chaos.twin.handler import RefusalError
from tts_chaos.wire.codes import ApiCode
from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import is_multipart

__all__ = ["TOLERATED_PARAMETERS", "read_parameters"]

TOLERATED_PARAMETERS = frozenset(
    {
        "app_key",
        "sign",
        "timestamp",
        "shop_cipher",
        "category_asset_cipher",
        "shop_id",
        "version",
        "sign_method",
        "access_token",
    }
)
"""Common parameters, and leftovers of the API before 202309 that clients still send."""

_INTEGER = re.compile(r"-?\d{1,19}")
_BOOLEANS = {"true": True, "false": False}
_EMPTY_BODIES = (b"", b"{}", b"[]")
_VALIDATORS: dict[int, tuple[dict[str, Any], jsonschema_rs.Validator]] = {}


def read_parameters(desk: Desk, admission: Admission) -> None:
    """Fill `query` and `body` of the admission, or refuse with the field's name.

    Source: error table, 36009004 and 36009022 (documented codes).
    """
    is_strict = desk.env.settings.strict
    operation, request = admission.target, admission.request
    admission.query = _read_query(operation, request, is_strict=is_strict, notes=admission.notes)
    admission.body = _read_body(operation, request, is_strict=is_strict, notes=admission.notes)


def _read_query(
    operation: Operation, request: ApiRequest, *, is_strict: bool, notes: list[str]
) -> dict[str, Any]:
    sent: dict[str, str] = {}
    for name, one in request.query_pairs:
        # Values of a repeated key are joined, as in the signature (inferred).
        sent[name] = f"{sent[name]},{one}" if name in sent else one
    values: dict[str, Any] = {}
    for parameter in operation.parameters:
        text = sent.pop(parameter.name, "")
        value: Any = _typed(parameter, text) if text else parameter.schema.get("default")
        if not text and parameter.required and (is_strict or value is None):
            raise _invalid(parameter.name, "is required")
        if value is not None:
            _validate(parameter.schema, value, parameter.name)
            values[parameter.name] = value
    unknown = sorted(set(sent) - TOLERATED_PARAMETERS)
    notes.extend(f"unknown query parameter {name!r}" for name in unknown)
    return values


def _typed(parameter: Parameter, text: str) -> Any:
    kind = parameter.schema.get("type")
    if kind == "integer":
        if not _INTEGER.fullmatch(text):
            raise _invalid(parameter.name, "must be an integer")
        return int(text)
    if kind == "boolean":
        if text not in _BOOLEANS:
            raise _invalid(parameter.name, "must be true or false")
        return _BOOLEANS[text]
    if kind == "array":
        return [item.strip() for item in text.split(",") if item.strip()]
    return text


def _read_body(
    operation: Operation, request: ApiRequest, *, is_strict: bool, notes: list[str]
) -> dict[str, Any]:
    schema = operation.body_schema
    if is_multipart(request.header("content-type") or ""):
        return {}
    if schema is None:
        if request.body not in _EMPTY_BODIES:
            notes.append("a body was sent to an operation that takes none")
        return {}
    if request.body in _EMPTY_BODIES:
        body = _empty_body(request.body, is_strict=is_strict, notes=notes)
    else:
        body = _parsed(request, is_strict=is_strict, notes=notes)
    _refuse_misplaced(operation, body)
    if body or operation.body_required or schema.get("required"):
        _validate(schema, body, "body")
    known = schema.get("properties", {})
    notes.extend(f"unknown body field {name!r}" for name in sorted(set(body) - set(known)))
    return body


def _empty_body(raw: bytes, *, is_strict: bool, notes: list[str]) -> dict[str, Any]:
    if raw == b"[]":
        if is_strict:
            raise _invalid("body", "must be an object")
        notes.append("the body is an empty list where an object belongs; tolerated")
    return {}


def _parsed(request: ApiRequest, *, is_strict: bool, notes: list[str]) -> dict[str, Any]:
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        if is_strict:
            raise RefusalError(ApiCode.BODY_UNREADABLE)
        notes.append(f"content type {media_type or 'none'!r} on a JSON body; tolerated")
    try:
        body = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RefusalError(ApiCode.BODY_UNREADABLE) from None
    if not isinstance(body, dict):
        raise _invalid("body", "must be an object")
    return body


def _refuse_misplaced(operation: Operation, body: dict[str, Any]) -> None:
    """Refuse query parameters in the body. Source: protocol facts, section 7.1 (recorded)."""
    own = (operation.body_schema or {}).get("properties", {})
    for parameter in operation.parameters:
        if parameter.name in body and parameter.name not in own:
            raise _invalid(parameter.name, "belongs in the query, not in the body")


def _validate(schema: dict[str, Any], value: Any, name: str) -> None:
    validator = _validator(schema)
    if validator.is_valid(value):
        return
    error = next(iter(validator.iter_errors(value)))
    path = ".".join(str(step) for step in error.instance_path)
    raise _invalid(f"{name}.{path}" if path else name, error.message)


def _validator(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    """Return the compiled schema; contracts are read once, so their schemas live for ever."""
    # A memo of a pure function, shared by all twins of the process.
    kept = _VALIDATORS.get(id(schema))
    if kept is None or kept[0] is not schema:
        kept = (schema, jsonschema_rs.validator_for(schema))
        _VALIDATORS[id(schema)] = kept
    return kept[1]


def _invalid(name: str, problem: str) -> RefusalError:
    message = f"Invalid parameter. `{name}` {problem}."
    return RefusalError(ApiCode.BAD_REQUEST, message, variant="parameter_invalid")
