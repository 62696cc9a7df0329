"""Requests against their contract."""

from __future__ import annotations

import json

import msgspec
import pytest

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.validation import Checked, check_body, check_query, check_response

CONTRACTS = load_contracts()
SEARCH = CONTRACTS.operation("order.202309.get_order_list")
DETAIL = CONTRACTS.operation("order.202507.get_order_detail")
PRODUCT = CONTRACTS.operation("product.202309.get_product")
INVENTORY = CONTRACTS.operation("product.202309.update_inventory")
TOKEN = CONTRACTS.operation("token.v2.get")
COMMON = [("app_key", "k"), ("timestamp", "1"), ("sign", "s"), ("shop_cipher", "c")]


def texts(checked: Checked) -> list[str]:
    return [problem.text for problem in checked.problems]


def warned(checked: Checked) -> list[str]:
    return [warning.where for warning in checked.warnings]


def test_values_are_typed_and_defaults_filled_in() -> None:
    checked = check_query(SEARCH, [*COMMON, ("page_size", "50"), ("sort_order", "ASC")])

    assert checked.ok
    assert checked.value == {"page_size": 50, "sort_order": "ASC", "sort_field": "create_time"}
    assert warned(checked) == []


def test_a_comma_list_is_split() -> None:
    assert check_query(DETAIL, [("ids", "1,2")]).value == {"ids": ["1", "2"]}


def test_an_empty_item_of_a_comma_list_counts() -> None:
    full = ",".join("1" * 50)

    assert check_query(DETAIL, [("ids", "")]).value == {"ids": []}
    assert check_query(DETAIL, [("ids", full)]).ok
    assert texts(check_query(DETAIL, [("ids", f"{full},")])) == [
        "param query.ids has more than 50 items"
    ]


def test_items_of_a_comma_list_are_typed() -> None:
    operation = CONTRACTS.operation("analytics.202609.get_shop_videos_performance_details")
    dates = [("start_date_ge", "2026-10-01"), ("end_date_lt", "2026-10-02")]

    good = check_query(operation, [*dates, ("video_ids", "1,2")])
    bad = check_query(operation, [*dates, ("video_ids", "1,x")])

    assert good.value["video_ids"] == [1, 2]
    assert texts(bad) == ["param query.video_ids[1] is no integer"]


@pytest.mark.parametrize(
    ("number", "problems"),
    [
        pytest.param(2**31 - 1, [], id="largest"),
        pytest.param(2**31, ["param query.page_size is more than 2147483647"], id="too-large"),
        pytest.param(-(2**31) - 1, ["param query.page_size is less than -2147483648"], id="low"),
    ],
)
def test_a_number_has_to_fit_its_format(number: int, problems: list[str]) -> None:
    operation = CONTRACTS.operation("customer_service.202309.get_conversations")

    assert texts(check_query(operation, [("page_size", str(number))])) == problems


def test_a_number_in_a_body_has_to_fit_its_format_however_deep() -> None:
    operation = CONTRACTS.operation("fulfillment.202309.ship_package")
    body = {"pickup_slot": {"start_time": 2**63, "end_time": 1}}

    checked = check_body(operation, json.dumps(body).encode())

    assert texts(checked) == ["param body.pickup_slot.start_time is more than 9223372036854775807"]


def test_a_date_has_to_be_one() -> None:
    operation = CONTRACTS.operation("analytics.202511.get_bestselling_videos")

    assert "param query.date is no date" in texts(check_query(operation, [("date", "soon")]))


def test_a_boolean_is_read() -> None:
    checked = check_query(PRODUCT, [("return_draft_version", "true")])

    assert checked.value == {"return_draft_version": True}


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        pytest.param([], ["param query.page_size is missing"], id="required-parameter-missing"),
        pytest.param(
            [("page_size", "many")], ["param query.page_size is no integer"], id="not-a-number"
        ),
        pytest.param(
            [("page_size", "")], ["param query.page_size is no integer"], id="empty-number"
        ),
        pytest.param(
            [("page_size", "101")],
            ["param query.page_size is more than 100"],
            id="above-the-limit",
        ),
        pytest.param(
            [("page_size", "1"), ("sort_order", "asc")],
            ["param query.sort_order is none of ASC, DESC"],
            id="lower-case-order",
        ),
        pytest.param(
            [("page_size", "1"), ("page_size", "2")],
            ["param query.page_size is given 2 times; expected one value"],
            id="repeated-key",
        ),
    ],
)
def test_a_bad_query_is_told(pairs: list[tuple[str, str]], expected: list[str]) -> None:
    assert texts(check_query(SEARCH, pairs)) == expected


def test_more_than_fifty_ids_are_refused() -> None:
    fifty = ",".join(str(number) for number in range(50))

    assert check_query(DETAIL, [("ids", fifty)]).ok
    assert not check_query(DETAIL, [("ids", fifty + ",50")]).ok


def test_a_word_for_a_boolean_is_refused() -> None:
    assert texts(check_query(PRODUCT, [("return_draft_version", "yes")])) == [
        "param query.return_draft_version is no boolean"
    ]


def test_repeated_keys_pass_leniently_as_a_list() -> None:
    checked = check_query(DETAIL, [("ids", "1"), ("ids", "2")], lenient=True)

    assert checked.ok
    assert checked.value == {"ids": ["1", "2"]}


def test_an_unknown_parameter_is_a_warning() -> None:
    checked = check_query(SEARCH, [("page_size", "1"), ("page", "2")])

    assert checked.ok
    assert warned(checked) == ["query.page"]


@pytest.mark.parametrize("name", ["version", "shop_id", "sign_method", "access_token"])
def test_leftovers_of_the_older_api_pass_without_a_word(name: str) -> None:
    assert warned(check_query(SEARCH, [("page_size", "1"), (name, "x")])) == []


def test_a_token_call_may_be_signed() -> None:
    pairs = [("app_key", "k"), ("app_secret", "s"), ("auth_code", "c"), ("sign", "x")]

    checked = check_query(TOKEN, [*pairs, ("grant_type", "authorized_code"), ("timestamp", "1")])

    assert checked.ok
    assert warned(checked) == []


def test_a_token_call_demands_its_secret_like_any_parameter() -> None:
    checked = check_query(TOKEN, [("app_key", "k"), ("grant_type", "authorization_code")])

    assert [problem.where for problem in checked.problems] == [
        "query.app_secret",
        "query.auth_code",
        "query.grant_type",
    ]


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        pytest.param({"minimum": 1}, 0, "is less than 1", id="too-small"),
        pytest.param({"maxItems": 1}, [1, 2], "has more than 1 items", id="too-many"),
        pytest.param({"maxLength": 1}, "ab", "has more than 1 characters", id="too-long"),
        pytest.param({"type": ["string", "null"]}, 1, "is no null or string", id="wrong-type"),
        pytest.param({"minItems": 1}, [], "breaks the rule minItems", id="any-other-rule"),
        pytest.param(
            {"enum": list(range(12))},
            "x",
            "is none of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more",
            id="a-long-list",
        ),
    ],
)
def test_each_rule_is_told_in_words(
    schema: dict[str, object], value: object, expected: str
) -> None:
    operation = msgspec.structs.replace(
        INVENTORY, body_schema={"type": "object", "properties": {"a": schema}}
    )

    checked = check_body(operation, json.dumps({"a": value}).encode())

    assert texts(checked) == [f"param body.a {expected}"]


def test_problems_are_told_in_order_of_place() -> None:
    checked = check_body(INVENTORY, b'{"skus":[{"inventory":[{"quantity":-1}]},{"id":"1"}]}')

    assert [problem.where for problem in checked.problems] == [
        "body.skus[0].id",
        "body.skus[0].inventory[0].quantity",
        "body.skus[1].inventory",
    ]


def test_a_problem_never_repeats_the_value() -> None:
    checked = check_query(TOKEN, [("grant_type", "hunter2hunter2")])

    assert "hunter2" not in " ".join(texts(checked))


def test_a_good_body_is_returned() -> None:
    body = {"skus": [{"id": "1", "inventory": [{"warehouse_id": "7", "quantity": 0}]}]}

    checked = check_body(INVENTORY, json.dumps(body).encode())

    assert checked.ok
    assert checked.value == body
    assert warned(checked) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", ["param body is missing"], id="nothing"),
        pytest.param(b"[]", ["param body is no object"], id="a-list"),
        pytest.param(b"null", ["param body is no object"], id="null"),
        pytest.param(b'{"skus":', ["param body is no JSON"], id="cut-json"),
        pytest.param(b"[" * 100_000, ["param body is no JSON"], id="nested-without-end"),
        pytest.param(b'{"skus":"\xff"}', ["param body is no JSON"], id="not-utf-8"),
        pytest.param(b"{}", ["param body.skus is missing"], id="required-field-missing"),
        pytest.param(
            b'{"skus":[{"inventory":[{"quantity":1}]}]}',
            ["param body.skus[0].id is missing"],
            id="required-field-missing-deep-down",
        ),
        pytest.param(
            b'{"skus":[{"id":"1","inventory":[{"quantity":"3"}]}]}',
            ["param body.skus[0].inventory[0].quantity is no integer"],
            id="number-as-text",
        ),
    ],
)
def test_a_bad_body_is_told(body: bytes, expected: list[str]) -> None:
    assert texts(check_body(INVENTORY, body)) == expected


def test_what_cannot_be_parsed_deserves_a_code_of_its_own() -> None:
    (problem,) = check_body(INVENTORY, b"skus=1").problems

    assert problem.code == 36009022


def test_a_field_missing_deserves_the_general_code() -> None:
    (problem,) = check_body(INVENTORY, b"{}").problems

    assert problem.code == 36009004


def test_no_body_is_fine_where_none_is_demanded() -> None:
    assert check_body(SEARCH, b"") == Checked(value={})


@pytest.mark.parametrize("name", ["page_size", "page_token"])
def test_paging_in_the_body_is_refused(name: str) -> None:
    checked = check_body(SEARCH, json.dumps({name: 10}).encode())

    assert texts(checked) == [f"param body.{name} is not allowed; expected in the query"]
    assert warned(checked) == []


def test_an_empty_list_passes_leniently_and_is_reported() -> None:
    checked = check_body(SEARCH, b"[]", lenient=True)

    assert checked.ok
    assert checked.value == {}
    assert warned(checked) == ["body"]


def test_leniency_covers_no_list_with_content() -> None:
    assert not check_body(SEARCH, b"[1]", lenient=True).ok


def test_unknown_fields_are_warnings_at_any_depth() -> None:
    body = b'{"x":1,"skus":[{"id":"1","inventory":[{"quantity":1,"y":2}]}]}'

    checked = check_body(INVENTORY, body)

    assert checked.ok
    assert warned(checked) == ["body.x", "body.skus[0].inventory[0].y"]


def test_a_body_that_the_operation_does_not_take_is_a_warning() -> None:
    checked = check_body(DETAIL, b'{"ids":["1"]}')

    assert checked.ok
    assert warned(checked) == ["body.ids"]


def test_an_upload_is_not_read_as_json() -> None:
    upload = msgspec.structs.replace(INVENTORY, content_type="multipart/form-data")

    assert check_body(upload, b"--boundary") == Checked(value={})


def test_an_answer_of_unknown_shape_keeps_to_any_contract() -> None:
    unknown = msgspec.structs.replace(INVENTORY, response_schema=None)

    assert check_response(unknown, {"anything": 1}) == ()


def test_an_answer_that_keeps_to_the_contract_has_no_problem() -> None:
    answer = {"code": 0, "message": "Success", "request_id": "r", "data": {"orders": []}}

    assert check_response(DETAIL, answer) == ()


def test_a_retyped_field_of_an_answer_is_found() -> None:
    answer = {"code": 0, "message": "", "request_id": "", "data": {"orders": [{"id": 1}]}}

    (problem,) = check_response(DETAIL, answer)

    assert problem.where == "$.data.orders[0].id"
