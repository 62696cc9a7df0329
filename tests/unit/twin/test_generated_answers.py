"""Answers made from contracts: valid, believable, and the same for the same request."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from tests.support.twin_pair import TwinPair

from tts_chaos.contracts.bounds import with_bounds
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import Operation
from tts_chaos.contracts.validation import check_response
from tts_chaos.twin.generic import generate_data
from tts_chaos.twin.handler import Call

CONTRACTS = load_contracts()
SHOP = "7000000000000000042"


def make(
    operation: Operation | str, pair: TwinPair, *, currency: str = "GBP", **given: Any
) -> dict[str, Any]:
    """Generate for a call that names `path`, `query` and `body` as given."""
    if isinstance(operation, str):
        operation = CONTRACTS.operation(operation)
    call = Call(
        env=pair.twin.env,
        operation=operation,
        shop_id=SHOP,
        open_id="",
        path=given.get("path", {}),
        query=given.get("query", {}),
        body=given.get("body", {}),
    )
    return generate_data(call, currency=currency)


@pytest.mark.parametrize("operation", CONTRACTS.operations.values(), ids=lambda row: row.id)
def test_an_answer_keeps_to_its_contract_whatever_the_chance(operation: Operation) -> None:
    pair = TwinPair(products=1)

    for number in range(20):
        data = make(operation, pair, query={"n": number}, currency="JPY")
        envelope = {"code": 0, "message": "Success", "request_id": "x", "data": data}
        assert check_response(operation, envelope) == ()


def test_dates_and_numbers_have_their_format() -> None:
    pair = TwinPair(products=1)

    for operation in CONTRACTS.operations.values():
        schema = with_bounds(operation.response_schema or {})
        strict = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        data = make(operation, pair)
        assert strict.is_valid({"code": 0, "message": "", "request_id": "", "data": data})


def test_the_same_request_gets_the_same_answer_whatever_was_asked_before() -> None:
    pair = TwinPair(products=1)
    first = make("finance.202309.get_withdrawals", pair, query={"page_size": 10})
    make("analytics.202405.get_shop_performance", pair)

    assert make("finance.202309.get_withdrawals", pair, query={"page_size": 10}) == first
    assert make("finance.202309.get_withdrawals", pair, query={"page_size": 11}) != first


def test_what_the_path_names_is_in_the_answer() -> None:
    pair = TwinPair(products=1)

    data = make("product.202309.get_product", pair, path={"product_id": "1729"})

    assert data["id"] == "1729"
    assert data["skus"][0]["id"] != "1729"


def test_what_the_body_names_is_in_the_answer() -> None:
    pair = TwinPair(products=1)

    data = make("return_refund.202309.search_returns", pair, body={"order_id": "5770"})

    assert {row["order_id"] for row in data["return_orders"]} == {"5770"}


def test_each_id_that_the_request_lists_gets_its_row() -> None:
    pair = TwinPair(products=1)

    by_query = make(
        "product.202405.get_products_seo_words", pair, query={"product_ids": ["1", "2", "1"]}
    )
    by_body = make(
        "return_refund.202309.search_returns", pair, body={"return_ids": ["7", "8", "9"]}
    )

    assert [row["id"] for row in by_query["products"]] == ["1", "2"]
    assert [row["return_id"] for row in by_body["return_orders"]] == ["7", "8", "9"]


def test_a_number_that_does_not_fit_is_not_named_again() -> None:
    pair = TwinPair(products=1)

    data = make("product.202401.listing_schemas", pair, query={"category_ids": [2**40]})

    assert all(row["category_id"] < 2**31 for row in data["listing_schemas"])


def test_lists_that_hold_no_ids_are_passed_over() -> None:
    body: dict[str, Any] = {"return_ids": [{}, [], None], "order_ids": "x"}

    rows = make("return_refund.202309.search_returns", TwinPair(products=1), body=body)

    assert len(rows["return_orders"]) in (1, 2)


def test_what_ends_lies_after_what_begins() -> None:
    pair = TwinPair(products=1)

    for number in range(20):
        row = make("promotion.202309.get_activity", pair, query={"n": number})
        assert row["begin_time"] < row["end_time"]


def test_a_value_beside_a_currency_is_an_amount() -> None:
    payment = make("finance.202605.get_payments", TwinPair(products=1), currency="JPY")

    assert {"." in row["amount"]["value"] for row in payment["payments"]} == {False}
    assert {row["amount"]["currency"] for row in payment["payments"]} == {"JPY"}
    pound = make("finance.202605.get_payments", TwinPair(products=1))["payments"][0]
    assert len(pound["amount"]["value"].partition(".")[2]) == 2


def test_the_only_page_is_the_last() -> None:
    data = make("finance.202309.get_withdrawals", TwinPair(products=1))

    assert data["next_page_token"] == ""
    assert data["total_count"] == len(data["withdrawals"])


def test_an_invented_answer_tells_of_no_failure() -> None:
    pair = TwinPair(products=1)

    for operation in CONTRACTS.operations.values():
        assert make(operation, pair).get("errors", []) == []


def test_amounts_have_the_digits_of_the_currency() -> None:
    pair = TwinPair(products=1)

    yen = make("finance.202309.get_withdrawals", pair, currency="JPY")["withdrawals"][0]

    assert yen["currency"] == "JPY"
    assert "." not in yen["amount"]


def test_times_lie_in_the_last_month() -> None:
    pair = TwinPair(products=1)
    now_s = pair.twin.env.now_s()

    row = make("finance.202309.get_withdrawals", pair)["withdrawals"][0]

    assert now_s - 31 * 86_400 <= row["create_time"] < now_s
