"""An API operation as its contract states it."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Any

import msgspec

__all__ = ["CipherRule", "Operation", "Parameter", "Provenance"]


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


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A query parameter. `schema` is a JSON Schema fragment for its decoded value."""

    name: str
    required: bool = False
    schema: dict[str, Any] = {}


class Operation(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One operation of the Open API.

    Attributes:
        id: `<domain>.<version>.<verb_noun>`.
        method: Upper-case verb.
        path: Path template with `{name}` placeholders.
        scopes: Scopes of which the token needs all; empty where none is known.
        cipher: Rule for `shop_cipher`.
        parameters: Query parameters beyond the common ones.
        body_required: Whether a body must be sent.
        body_schema: JSON Schema of the JSON body, None where the operation takes none.
        response_schema: JSON Schema of the whole envelope, None where unknown.
        is_token_call: Whether it lives on the token host, unsigned.
        retired: Day of removal as YYYY-MM-DD, "" while in service.
        provenance: Strongest source of the operation.
        confidence: `high`, `medium` or `low`.
    """

    id: str
    method: str
    path: str
    scopes: tuple[str, ...] = ()
    cipher: CipherRule = CipherRule.REQUIRED
    parameters: tuple[Parameter, ...] = ()
    body_required: bool = False
    body_schema: dict[str, Any] | None = None
    response_schema: dict[str, Any] | None = None
    is_token_call: bool = False
    retired: str = ""
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
