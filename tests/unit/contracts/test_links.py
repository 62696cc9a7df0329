"""Links between operations: what they name exists."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conformance.documents import Link, links

from tts_chaos.contracts.loader import load_contracts

CONTRACTS = load_contracts()
PREFIX = "$response.body#/"


def expressions(value: Any) -> list[str]:
    """Return the runtime expressions in a value, however deep."""
    if isinstance(value, dict):
        return [found for inner in value.values() for found in expressions(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in expressions(inner)]
    return [value] if isinstance(value, str) and value.startswith("$") else []


def leads_somewhere(expression: str, schema: dict[str, Any]) -> bool:
    """Whether a pointer names a scalar that a schema describes."""
    for part in expression.removeprefix(PREFIX).split("/"):
        schema = schema.get("items", {}) if part == "0" else schema.get("properties", {}).get(part)
        if not schema:
            return False
    return schema["type"] in ("string", "integer")


def named(link: Link) -> list[str]:
    return [*link.parameters.values(), *expressions(link.body)]


@pytest.mark.parametrize("link", links(), ids=lambda link: link.name)
def test_both_ends_and_every_field_exist(link: Link) -> None:
    source, target = CONTRACTS.operation(link.source), CONTRACTS.operation(link.target)

    assert [e for e in named(link) if not leads_somewhere(e, source.response_schema or {})] == []
    for name in link.parameters:
        place, _, parameter = name.partition(".")
        known = {row.name for row in target.parameters}
        assert f"{{{parameter}}}" in target.path if place == "path" else parameter in known


@pytest.mark.parametrize("link", links(), ids=lambda link: link.name)
def test_a_link_feeds_something(link: Link) -> None:
    assert named(link)


def test_no_link_is_told_twice() -> None:
    names = [link.name for link in links()]

    assert len(names) == len(set(names))
