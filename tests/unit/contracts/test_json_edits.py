"""An edit changes what it means to, and not one byte more."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_chaos.contracts.json_edits import add_member, find_places, remove_at, rename_at, replace_at
from tts_chaos.contracts.json_paths import fields_of, split_path

ODD = '{ "code":0 ,"data" : {"orders":[ {"id":"1","total":1.50,"n":1E2},{"id":"\\u00e9"} ]}}'
"""White space, exponents and escapes that an encoder would write otherwise."""


def test_a_replaced_value_leaves_every_other_byte_alone() -> None:
    steps = split_path("$.data.orders[].total")

    assert replace_at(ODD, steps, lambda raw: f'"{raw}"') == ODD.replace("1.50", '"1.50"')


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ('{"a":1,"b":2,"c":3}', "$.b", '{"a":1,"c":3}'),
        ('{"a":1}', "$.a", "{}"),
        ('{"a":[{"b":1},{"b":2,"c":3},{"c":4}]}', "$.a[].b", '{"a":[{},{"c":3},{"c":4}]}'),
        ('{"a":[1,2]}', "$.a[]", '{"a":[]}'),
        ('{"b":{"a":1}}', "$.a", '{"b":{"a":1}}'),
    ],
)
def test_a_removed_member_takes_its_comma_along(text: str, path: str, expected: str) -> None:
    assert remove_at(text, split_path(path)) == expected


def test_a_renamed_member_keeps_place_and_value() -> None:
    assert rename_at('{"a":1, "b":2.0}', ("a",), "z") == '{"z":1, "b":2.0}'


def test_a_member_is_added_to_every_object_of_a_list() -> None:
    text = '{"a":[{},{"b":1}]}'

    assert add_member(text, ("a", "[]", "x"), None) == '{"a":[{"x":null},{"b":1,"x":null}]}'


@pytest.mark.parametrize("text", ["", "<html>", '{"a":', '{"a":1} trailing', "[1]", "null"])
def test_what_is_no_such_json_is_left_alone(text: str) -> None:
    assert find_places(text, ("a",)) == []
    assert remove_at(text, ("a",)) == text


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from("abc"), values, min_size=1), st.sampled_from(["", " "]))
def test_removing_a_member_is_what_deleting_the_key_is(value: dict[str, object], gap: str) -> None:
    text = json.dumps(value, separators=(f",{gap}", f":{gap}"))
    key = next(iter(value))

    assert json.loads(remove_at(text, (key,))) == {k: v for k, v in value.items() if k != key}


def test_a_schema_tells_each_field_below_lists() -> None:
    schema = {
        "properties": {
            "orders": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {"id": {"type": ["string", "null"], "maxLength": 20}},
                },
            }
        }
    }

    fields = fields_of(schema)

    assert list(fields) == ["$.orders", "$.orders[]", "$.orders[].id"]
    assert fields["$.orders[].id"].nullable
    assert fields["$.orders[].id"].required
    assert fields["$.orders[].id"].limits == {"maxLength": 20}


def test_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="is no path"):
        split_path("$.data..id")
