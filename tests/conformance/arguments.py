"""Arguments for any operation, made from its contract: believable, valid, from one seed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tts_chaos.contracts.operation import Operation
from tts_chaos.core.clock import SIMULATED_EPOCH_MS
from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.generic_fields import make_scalar

__all__ = ["Arguments", "make_arguments", "make_value"]

_PLACEHOLDER = re.compile(r"\{([^}]*)\}")
_PAGING = frozenset({"page_token"})
_PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
_DEEPEST = 8


@dataclass(frozen=True)
class Arguments:
    """What one call says, before anybody's codec has touched it.

    Attributes:
        path: Values of the path's placeholders, in its order.
        query: Parameters beyond the common ones, typed.
        body: The JSON body or the text parts of a multipart one; None for none.
        files: Parts with bytes.
    """

    path: dict[str, str]
    query: dict[str, Any]
    body: dict[str, Any] | None
    files: dict[str, tuple[str, bytes, str]]


def make_arguments(operation: Operation, *, seed: int = 7, full: bool = False) -> Arguments:
    """Return arguments that keep to the contract.

    Args:
        operation: The contract.
        seed: Where chance comes from; equal seeds give equal arguments.
        full: Whether to give every optional parameter and field, too. Never a page token: only the
            platform makes those.
    """
    maker = _Maker(Entropy(f"{seed}/{operation.id}"), full=full)
    values = maker.object(operation.body_schema or {}, _DEEPEST)
    files = {name: part for name, part in values.items() if isinstance(part, tuple)}
    body = {name: value for name, value in values.items() if name not in files}
    return Arguments(
        path={name: maker.scalar({"type": "string"}, name) for name in _names(operation)},
        query=maker.query(operation),
        body=None if operation.body_schema is None else body,
        files=files,
    )


def make_value(schema: Mapping[str, Any], *, seed: int = 7) -> Any:
    """Return a value of a JSON Schema with every field that it describes."""
    return _Maker(Entropy(seed), full=True).value(schema, "", _DEEPEST)


def _names(operation: Operation) -> list[str]:
    return _PLACEHOLDER.findall(operation.path)


class _Maker:
    """Draws values for schemas."""

    def __init__(self, entropy: Entropy, *, full: bool) -> None:
        self._entropy = entropy
        self._full = full

    def query(self, operation: Operation) -> dict[str, Any]:
        """Return the required parameters, or all."""
        return {
            row.name: self.value(row.schema, row.name, _DEEPEST)
            for row in operation.parameters
            if row.required or (self._full and row.name not in _PAGING)
        }

    def value(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        """Return a value of a schema."""
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            return self.object(schema, depth)
        if kind == "array":
            item = self.value(schema.get("items", {}), name.removesuffix("s"), depth - 1)
            return [item] * max(1, schema.get("minItems", 1)) if depth else []
        if schema.get("format") == "binary":
            return ("picture.png", _PNG, "image/png")
        return self.scalar(schema, name)

    def object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Return the required fields, or all."""
        required = schema.get("required", ())
        return {
            name: self.value(part, name, depth - 1)
            for name, part in schema.get("properties", {}).items()
            if depth and (name in required or (self._full and name not in _PAGING))
        }

    def scalar(self, schema: Mapping[str, Any], name: str) -> Any:
        """Return a value that is no object and no list."""
        if "const" in schema:
            return schema["const"]
        return make_scalar(
            schema,
            name,
            entropy=self._entropy,
            now_s=SIMULATED_EPOCH_MS // 1000,
            currency="GBP",
        )
