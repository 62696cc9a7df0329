"""An API operation as its contract states it."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Any

import jsonschema_rs
import msgspec

from tts_chaos.contracts.bounds import with_bounds
from tts_chaos.wire.message import API_HOST

__all__ = [
    "CipherRule",
    "ErrorCodes",
    "FieldGroup",
    "Note",
    "Operation",
    "Parameter",
    "Provenance",
    "is_write",
    "matches_operation",
]


def _compile(schema: dict[str, Any]) -> Any:
    # Masked: what is wrong with a value is told, the value itself may be a buyer's address.
    return jsonschema_rs.Draft202012Validator(schema, mask="value")


def _compile_request(schema: dict[str, Any]) -> Any:
    """Compile for what a client sends: a number has to fit its format, a date to be one."""
    return jsonschema_rs.Draft202012Validator(
        with_bounds(schema), mask="value", validate_formats=True
    )


class Provenance(StrEnum):
    """Where a fact comes from, from strongest to weakest."""

    RECORDED = "recorded"
    DOCUMENTED = "documented"
    INFERRED = "inferred"
    ASSUMED = "assumed"


class CipherRule(StrEnum):
    """Whether an operation takes the parameter `shop_cipher`."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    REFUSED = "refused"


class Parameter(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A query parameter. `schema` is a JSON Schema fragment for its decoded value."""

    name: str
    required: bool = False
    schema: dict[str, Any] = {}

    @cached_property
    def validator(self) -> Any:
        """Compiled form of `schema`."""
        return _compile_request(self.schema)


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A single fact about an operation that its schemas cannot say."""

    about: str
    note: str
    provenance: Provenance
    confidence: str


class FieldGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the names and types of an operation's parameters, request or answer come from.

    Single fields that came later carry `x-tts-since`.

    Attributes:
        source: Strongest source of the group.
        confidence: `high`, `medium` or `low`.
        required: Source of the list of mandatory fields, where it is another one.
        required_basis: What that list rests on, where it is another one.
    """

    source: Provenance
    confidence: str
    required: Provenance | None = None
    required_basis: str = ""


class ErrorCodes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Business codes that an operation is known to answer; each is a row of the error table.

    Attributes:
        documented: Listed for this very path and version.
        inferred: Listed for another version of the operation, or for a path that several verbs
            share.
    """

    documented: tuple[int, ...] = ()
    inferred: tuple[int, ...] = ()

    @property
    def all(self) -> tuple[int, ...]:
        """Both, sorted."""
        return tuple(sorted({*self.documented, *self.inferred}))


class Operation(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One operation of the Open API.

    Attributes:
        id: `<domain>.<version>.<verb_noun>`.
        method: Upper-case verb.
        path: Path template with `{name}` placeholders.
        host: Host it lives on.
        summary: Name in words.
        scopes: Scopes of which the token needs all; empty where none is known.
        scopes_provenance: How well `scopes` is known.
        cipher: Rule for `shop_cipher`.
        category_cipher: Rule for `category_asset_cipher`.
        parameters: Query parameters beyond the common ones.
        body_required: Whether a body must be sent.
        body_schema: JSON Schema of the JSON body, None where the operation takes none.
        content_type: Media type of the body.
        response_schema: JSON Schema of the whole envelope, None where unknown.
        fields: Where the `parameters`, the `request` and the `response` come from.
        errors: Business codes it is known to answer.
        is_token_call: Whether it lives on the token host, unsigned.
        is_paginated: Whether it pages by `page_token`.
        superseded_by: Newest version of the same path, "" where this is the newest.
        retired: Day of removal as YYYY-MM-DD, "" while in service.
        notes: Facts that the schemas cannot say, each with its provenance.
        provenance: Strongest source of the operation.
        confidence: `high`, `medium` or `low`.
    """

    id: str
    method: str
    path: str
    host: str = API_HOST
    summary: str = ""
    scopes: tuple[str, ...] = ()
    scopes_provenance: Provenance = Provenance.DOCUMENTED
    cipher: CipherRule = CipherRule.REQUIRED
    category_cipher: CipherRule = CipherRule.REFUSED
    parameters: tuple[Parameter, ...] = ()
    body_required: bool = False
    body_schema: dict[str, Any] | None = None
    content_type: str = "application/json"
    response_schema: dict[str, Any] | None = None
    fields: dict[str, FieldGroup] = {}
    errors: ErrorCodes = ErrorCodes()
    is_token_call: bool = False
    is_paginated: bool = False
    superseded_by: str = ""
    retired: str = ""
    notes: tuple[Note, ...] = ()
    provenance: Provenance = Provenance.DOCUMENTED
    confidence: str = "high"

    @cached_property
    def domain(self) -> str:
        """First part of the id."""
        return self.id.split(".")[0]

    @cached_property
    def version(self) -> str:
        """Second part of the id, the version segment of the path."""
        return self.id.split(".")[1]

    @cached_property
    def name(self) -> str:
        """Id without the version, the same for every version."""
        return f"{self.domain}.{self.id.split('.')[2]}"

    @cached_property
    def parameters_by_name(self) -> dict[str, Parameter]:
        """`parameters` by name, in their order."""
        return {parameter.name: parameter for parameter in self.parameters}

    @cached_property
    def body_validator(self) -> Any:
        """Compiled form of `body_schema`; accepts everything where there is none."""
        return _compile_request(self.body_schema or {})

    @cached_property
    def response_validator(self) -> Any:
        """Compiled form of `response_schema`; accepts everything where there is none."""
        return _compile(self.response_schema or {})


def is_write(method: str, path: str) -> bool:
    """Whether a request changes something: searches and queries by POST do not.

    Source: protocol facts, section 3: reads with many filters are POSTs ending in `/search`
    (documented); `/query` and `/calculate` read as well.
    """
    if method in ("GET", "HEAD"):
        return False
    return not path.rstrip("/").endswith(("/search", "/query", "/calculate"))


def matches_operation(pattern: str, operation: str) -> bool:
    """Whether `operation` is `pattern`, is it without its version, or lies in its domain.

    >>> matches_operation("order.get_order_list", "order.202309.get_order_list")
    True
    """
    if pattern == operation:
        return True
    parts = operation.split(".")
    if pattern.endswith(".*"):
        return bool(parts) and parts[0] == pattern[:-2]
    return len(parts) == 3 and pattern == f"{parts[0]}.{parts[2]}"
