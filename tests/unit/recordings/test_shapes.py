"""Shapes: types by path, and where two of them disagree."""

from __future__ import annotations

from typing import Any

import pytest

from tts_chaos.contracts.recordings.shapes import compare_shapes, shape_of


def test_items_of_a_list_are_taken_together() -> None:
    assert shape_of({"rows": [{"id": "1"}, {"id": 2, "n": None}]}) == {
        "$": {"object"},
        "$.rows": {"array"},
        "$.rows[]": {"object"},
        "$.rows[].id": {"string", "integer"},
        "$.rows[].n": {"null"},
    }


@pytest.mark.parametrize(
    ("recorded", "answered", "paths"),
    [
        pytest.param({"a": "1"}, {"a": "2"}, [], id="other-values-agree"),
        pytest.param({"a": "1"}, {"a": 1}, ["$.a"], id="another-type"),
        pytest.param({"a": "1"}, {}, ["$.a"], id="a-field-is-missing"),
        pytest.param({}, {"a": "1"}, ["$.a"], id="a-field-is-new"),
        pytest.param({"a": None}, {"a": "1"}, [], id="null-fits-every-type"),
        pytest.param({"r": [{"a": 1}]}, {"r": []}, [], id="an-empty-list-says-nothing"),
        pytest.param({"r": [{"a": 1}]}, {"r": [{}]}, ["$.r[].a"], id="a-field-of-items"),
        pytest.param({"o": {"a": 1}}, {}, ["$.o"], id="the-parent-alone-is-told"),
    ],
)
def test_differences_are_told_by_path(recorded: Any, answered: Any, paths: list[str]) -> None:
    assert [row.path for row in compare_shapes(recorded, answered)] == paths
