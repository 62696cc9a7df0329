"""What an integration tells is read leniently; what cannot be read is said, never guessed."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from tests.support.histories import Story, order, told

from tts_chaos.core.history import Observed, OpKind
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.beliefs import (
    as_decimal,
    believed_orders,
    believed_stock,
    observations,
    truth_beside,
)


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        pytest.param(" 1.50 ", Decimal("1.50"), id="text"),
        pytest.param(0.1, Decimal("0.1"), id="float"),
        pytest.param(True, None, id="truth-is-no-amount"),
        pytest.param(None, None, id="nothing"),
        pytest.param("NaN", None, id="not-a-number"),
        pytest.param("a lot", None, id="words"),
    ],
)
def test_amounts(told: Any, amount: Decimal | None) -> None:
    assert as_decimal(told) == amount


@pytest.mark.parametrize(
    ("told", "quantity"),
    [
        pytest.param(3, 3, id="whole"),
        pytest.param("2", 2, id="text"),
        pytest.param(None, 1, id="nothing-told-is-one-unit"),
        pytest.param("some", 1, id="unreadable-is-one-unit"),
        pytest.param(True, 1, id="truth-is-one-unit"),
    ],
)
def test_units_of_a_line(told: Any, quantity: int) -> None:
    rows = [{"id": "1", "lines": [{"sku_id": "S1", "quantity": told}]}]

    (read,) = believed_orders(Observed(name="orders", value=rows)) or []

    assert read.lines[0].quantity == quantity


def test_lines_that_are_no_mapping_are_lines_without_anything() -> None:
    rows = [{"id": "1", "lines": ["S1", MappingProxyType({"sku_id": 7})]}]

    (read,) = believed_orders(Observed(name="orders", value=rows)) or []

    assert [line.sku for line in read.lines] == ["", "7"]


@pytest.mark.parametrize(
    ("told", "stock"),
    [
        pytest.param({7: "2"}, {"7": 2}, id="mapping"),
        pytest.param({"S1": 2.0}, {"S1": 2}, id="a-float-without-fraction"),
        pytest.param({"S1": 2.5}, {"S1": 2.5}, id="a-fraction-stays"),
        pytest.param({"S1": {"available": 2}}, {"S1": 2}, id="available"),
        pytest.param([{"sku_id": "S1", "quantity": 2}], {"S1": 2}, id="rows"),
        pytest.param([], {}, id="no-rows"),
        pytest.param([{"sku_id": "S1", "quantity": 2}, {"id": "S2"}], None, id="a-row-without-id"),
        pytest.param(["sku_id"], None, id="words"),
        pytest.param("", None, id="text"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_stock(told: Any, stock: dict[str, Any] | None) -> None:
    assert believed_stock(Observed(name="stock", value=told)) == stock


def test_observations_are_those_of_a_name_that_could_be_made() -> None:
    story = Story().observe("orders", [1]).observe("orders", error="locked").observe("stock", {})

    assert [each.value for each in observations(story.history(), "orders")] == [[1]]


BEFORE, AFTER = [order("1")], [order("1"), order("2")]


@pytest.mark.parametrize(
    ("story", "orders"),
    [
        pytest.param(Story().observe("orders"), None, id="none"),
        pytest.param(Story().truth(orders=BEFORE).observe("orders"), 1, id="only-one-before"),
        pytest.param(Story().observe("orders").truth(orders=AFTER), 2, id="only-one-after"),
        pytest.param(
            Story().truth().truth(orders=BEFORE).observe("orders").truth(orders=AFTER).truth(),
            2,
            id="the-next-one",
        ),
        pytest.param(
            Story()
            .truth().truth(orders=BEFORE).observe("orders").invoke("sync_orders").ok()
            .truth(orders=AFTER),
            1,
            id="the-last-one-where-it-acted-in-between",
        ),
        pytest.param(
            Story()
            .truth(orders=AFTER).invoke("sync_orders").ok().observe("orders").truth(orders=BEFORE),
            1,
            id="the-next-one-where-it-acted-before",
        ),
        pytest.param(
            Story().observe("orders").invoke("sync_orders").ok().truth(orders=AFTER),
            2,
            id="the-only-one-whatever-it-did",
        ),
    ],
)  # fmt: skip
def test_the_truth_beside_an_observation(story: Story, orders: int | None) -> None:
    history = story.history()

    found = truth_beside(history, history.of(Observed)[-1])

    assert (None if found is None else len(found.ledger["shops"]["shop-1"]["orders"])) == orders


def test_an_action_without_an_end_lasts_to_the_end_of_the_history() -> None:
    (action,) = actions_of(Story().invoke("sync_orders").call().history()).all

    assert (action.begin, action.end, action.end_ms, action.kind) == (0, 2, -1, OpKind.INFO)
    assert (action.value, action.error) == (None, "")


def test_a_field_that_is_empty_is_not_told() -> None:
    rows = [told(order("1"), status="", lines=[], currency=None, total_amount=0)]

    (read,) = believed_orders(Observed(name="orders", value=rows)) or []

    fields = ("id", "total_amount", "status", "lines", "currency", "never_heard_of")
    assert [field for field in fields if read.has(field)] == ["id", "total_amount"]
