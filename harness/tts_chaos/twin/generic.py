"""Answers made from a contract alone, for operations that the twin does not model.

Such an answer has the right shape and invented, empty content; nothing is committed. It carries a
header that says so, and earns no evidence.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.contracts.operation import Operation
from tts_chaos.core.history import Json

__all__ = ["GENERATED_HEADER", "generate_data"]

GENERATED_HEADER = ("x-tts-twin", "generated-from-contract")
"""Marks answers that are not behaviour."""

_DEEPEST = 8
"""Response schemas are shallower; the bound stops one that refers to itself."""


def generate_data(operation: Operation) -> dict[str, Any]:
    """Return the smallest `$.data` of the right shape: every field, lists empty, texts empty."""
    schema = (operation.response_schema or {}).get("properties", {}).get("data", {})
    data = _value(schema, _DEEPEST)
    return data if isinstance(data, dict) else {}


def _value(schema: dict[str, Any], depth: int) -> Json:
    kind = schema.get("type")
    if kind == "array" or depth == 0:
        return []
    if kind == "integer":
        return schema.get("minimum", 0)
    if kind == "number":
        return schema.get("minimum", 0.0)
    if kind == "boolean":
        return False
    if kind == "string":
        return (schema.get("enum") or schema.get("x-tts-known-values") or [""])[0]
    properties = schema.get("properties", {})
    return {name: _value(part, depth - 1) for name, part in properties.items()}
