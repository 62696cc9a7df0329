"""Placeholders meet the platform's state: what they become, and what they say when nothing fits."""

from __future__ import annotations

from typing import Any

import pytest

from tts_chaos.engine.arguments import resolve
from tts_chaos.errors import ScenarioError
from tts_chaos.twin.handled import Credentials

CREDENTIALS = Credentials(
    app_key="key",
    app_secret="secret",
    access_token="access",
    refresh_token="refresh",
    access_token_expires_at=1,
    refresh_token_expires_at=2,
    shops=(),
)


def _order(id: str, created_at_s: int, status: str = "AWAITING_SHIPMENT") -> dict[str, Any]:
    return {"id": id, "created_at_s": created_at_s, "status": status}


LEDGER = {
    "shops": {
        "s1": {
            "orders": [
                _order("2", 20),
                _order("3", 30, "COMPLETED"),
                _order("1", 10, "UNPAID"),
            ],
            "stock": {"sku-b": {}, "sku-a": {}},
        },
        "s2": {"orders": [_order("9", 99)], "stock": {"sku-z": {}}},
    }
}


def _resolve(value: Any, ledger: Any = LEDGER) -> Any:
    return resolve(value, ledger=ledger, credentials=CREDENTIALS)


@pytest.mark.parametrize(
    ("placeholder", "expected"),
    [
        ("$order:newest", "3"),
        ("$order:oldest", "1"),
        ("$order:shippable", "2"),
        ("$sku:0", "sku-a"),
        ("$sku:1", "sku-b"),
        ("$shop", "s1"),
        ("$shop:0", "s1"),
        ("$shop:1", "s2"),
        ("$app_key", "key"),
        ("$app_secret", "secret"),
        ("$access_token", "access"),
        ("$refresh_token", "refresh"),
    ],
)
def test_a_placeholder_becomes_what_is_true_now(placeholder: str, expected: str) -> None:
    assert _resolve(placeholder) == expected


def test_of_two_orders_of_one_second_the_id_decides() -> None:
    ledger = {"shops": {"s1": {"orders": [_order("2", 5), _order("1", 5)], "stock": {}}}}

    assert (_resolve("$order:newest", ledger), _resolve("$order:oldest", ledger)) == ("2", "1")


def test_placeholders_are_filled_in_at_any_depth_and_in_keys() -> None:
    value = {"changes": {"$sku:0": 5}, "list": ["$shop", ("$app_key",)], "plain": 3}

    assert _resolve(value) == {"changes": {"sku-a": 5}, "list": ["s1", ["key"]], "plain": 3}


@pytest.mark.parametrize("value", ["a$b", "", 3, None, True, 1.5, {"a": [1]}])
def test_anything_else_stays_as_it_is(value: Any) -> None:
    assert _resolve(value) == value


@pytest.mark.parametrize(
    ("placeholder", "message"),
    [
        ("$sku:2", r"'\$sku:2': there are 2, counted from 0"),
        ("$shop:2", r"'\$shop:2': there are 2, counted from 0"),
        ("$ordr", r"there is no placeholder '\$ordr'. Did you mean '\$order'"),
        ("$order", r"'\$order' points at no order; expected \$order:newest, "),
    ],
)
def test_a_placeholder_that_fits_nothing_says_so(placeholder: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        _resolve(placeholder)


def test_an_order_that_does_not_exist_is_told_as_such() -> None:
    ledger = {"shops": {"s1": {"orders": [_order("1", 1, "UNPAID")], "stock": {}}}}

    with pytest.raises(ScenarioError, match=r"'\$order:shippable': the shop has no such order"):
        _resolve("$order:shippable", ledger)
