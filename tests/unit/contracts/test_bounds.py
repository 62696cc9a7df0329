"""Bounds that formats of numbers imply."""

from __future__ import annotations

from typing import Any

import pytest

from tts_chaos.contracts.bounds import with_bounds

INT32 = {"type": "integer", "format": "int32"}


@pytest.mark.parametrize(
    ("schema", "low", "high"),
    [
        pytest.param(INT32, -(2**31), 2**31 - 1, id="32-bits"),
        pytest.param({"type": "integer", "format": "int64"}, -(2**63), 2**63 - 1, id="64-bits"),
        pytest.param({"type": "integer"}, -(2**63), 2**63 - 1, id="no-format"),
        pytest.param({**INT32, "minimum": 1}, 1, 2**31 - 1, id="with-a-minimum"),
        pytest.param({**INT32, "maximum": 100}, -(2**31), 100, id="with-a-maximum"),
        pytest.param({"type": ["integer", "null"]}, -(2**63), 2**63 - 1, id="or-null"),
    ],
)
def test_an_integer_gets_both_bounds(schema: dict[str, Any], low: int, high: int) -> None:
    bounded = with_bounds(schema)

    assert (bounded["minimum"], bounded["maximum"]) == (low, high)


def test_integers_are_found_in_objects_and_lists() -> None:
    schema = {"properties": {"rows": {"type": "array", "items": {"properties": {"n": INT32}}}}}

    deepest = with_bounds(schema)["properties"]["rows"]["items"]["properties"]["n"]

    assert deepest["maximum"] == 2**31 - 1


def test_what_is_no_integer_stays_as_it_is() -> None:
    schema = {"type": "object", "properties": {"id": {"type": "string", "maxLength": 5}}}

    assert with_bounds(schema) == schema


def test_the_schema_given_is_not_changed() -> None:
    schema = {"properties": {"n": dict(INT32)}}

    with_bounds(schema)

    assert schema == {"properties": {"n": INT32}}
