"""What a request is about: ids in its path and in its body."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.histories import Story

from tts_chaos.core.history import Exchange
from tts_chaos.oracles.targets import ids_named


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        pytest.param(None, {"E1"}, id="the-path"),
        pytest.param({"order_id": 7, "note": "N2"}, {"E1", "7"}, id="fields-that-name-one"),
        pytest.param({"skus": [{"id": "S1", "price": "9"}]}, {"E1", "S1"}, id="rows"),
        pytest.param({"id": {"sku_id": "S1"}}, {"E1", "S1"}, id="below-a-field-of-that-name"),
        pytest.param({"note": {"deep": {"package_id": "P1"}}}, {"E1", "P1"}, id="at-any-depth"),
        pytest.param({"id": None, "order_id": [1, {"id": 2}]}, {"E1", "2"}, id="no-plain-value"),
    ],
)
def test_the_ids_a_request_names(body: Any, ids: set[str]) -> None:
    history = Story().call("push", "E1", body=body).history()

    assert ids_named(history.of(Exchange)[0]) == ids
