"""A new rule refuses the requests that break it and no others; a code refuses every call."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from tts_chaos.core.entropy import Entropy
from tts_chaos.errors import ScenarioError
from tts_chaos.faults.effect import AnswerInstead, Moment
from tts_chaos.faults.request_drift import CallRefused, RequestRuleNew
from tts_chaos.scenarios.loader import parse_scenario
from tts_chaos.wire.message import ApiRequest, ApiResponse


def _request(body: Any = None, query: str = "") -> ApiRequest:
    text = b"" if body is None else json.dumps(body).encode()
    return ApiRequest(method="POST", path="/x", query=query, body=text)


def _moment() -> Moment:
    return Moment(
        request=_request(), operation="x", shop="", now_ms=0, hits=0, entropy=Entropy("t")
    )


def _answer(fault: CallRefused | RequestRuleNew) -> ApiResponse:
    (effect,) = fault.effects(_moment())
    assert isinstance(effect, AnswerInstead)
    return effect.response


@pytest.mark.parametrize(
    ("path", "rule", "setting", "broken", "kept"),
    [
        ("$.reason", "required", None, {}, {"reason": ""}),
        ("$.a[].b", "required", None, {"a": [{"b": 1}, {}]}, {"a": [{"b": 1}]}),
        ("$.a[].b", "required", None, {"a": [{}]}, {}),
        ("$.a", "unknown", None, {"a": None}, {"b": 1}),
        ("$.a", "not_null", None, {"a": None}, {"a": 0}),
        ("$.a", "type", "integer", {"a": "1"}, {"a": 1}),
        ("$.a", "type", "integer", {"a": True}, {"a": 1}),
        ("$.a", "type", "boolean", {"a": 1}, {"a": True}),
        ("$.a", "type", "string", {"a": 1}, {"a": "1"}),
        ("$.a[]", "not_value", "X", {"a": ["Y", "X"]}, {"a": ["Y"]}),
        ("$.a", "minimum", 2, {"a": 1}, {"a": 2}),
        ("$.a", "exclusiveMinimum", 2, {"a": 2}, {"a": "2.5"}),
        ("$.a", "maximum", 2, {"a": "3"}, {"a": 2}),
        ("$.a", "exclusiveMaximum", 2, {"a": 2}, {"a": "soon"}),
        ("$.a", "minLength", 2, {"a": "x"}, {"a": "xy"}),
        ("$.a", "maxLength", 2, {"a": "xyz"}, {"a": ["x", "y", "z"]}),
        ("$.a", "minItems", 1, {"a": []}, {"a": [1]}),
        ("$.a", "maxItems", 1, {"a": [1, 2]}, {"a": "xy"}),
        ("$.a", "pattern", "^[0-9]+$", {"a": "x1"}, {"a": "12"}),
    ],
)
def test_only_a_body_that_breaks_the_rule_is_refused(
    path: str, rule: Any, setting: Any, broken: Any, kept: Any
) -> None:
    fault = RequestRuleNew(path=path, rule=rule, setting=setting)

    assert fault.matches(_request(broken))
    assert not fault.matches(_request(kept))


@pytest.mark.parametrize(
    ("rule", "setting", "broken", "kept"),
    [
        ("maximum", 20, "page_size=50", "page_size=20"),
        ("required", None, "a=1", "page_size="),
        ("unknown", None, "page_size=1", "a=1"),
        ("not_value", 7, "page_size=7", "page_size=8"),
    ],
)
def test_only_a_parameter_that_breaks_the_rule_is_refused(
    rule: Any, setting: Any, broken: str, kept: str
) -> None:
    fault = RequestRuleNew(path="query.page_size", rule=rule, setting=setting)

    assert fault.matches(_request(query=broken))
    assert not fault.matches(_request(query=kept))


def test_a_body_that_is_no_json_breaks_other_rules_than_these() -> None:
    request = ApiRequest(method="POST", path="/x", body=b"\xff{")

    assert not RequestRuleNew(path="$.a", rule="required").matches(request)


def test_a_refused_request_is_told_its_field() -> None:
    answer = _answer(RequestRuleNew(path="$.skus[].id", rule="required"))

    envelope = msgspec.json.decode(answer.body)
    assert (answer.status, envelope["code"]) == (400, 36009004)
    assert envelope["message"].endswith("param body.skus[].id is missing")


def test_a_known_code_is_told_as_documented_and_a_new_one_as_business_errors_are() -> None:
    known, new = _answer(CallRefused(code=105005)), _answer(CallRefused(code=99_999_901))

    assert (known.status, msgspec.json.decode(known.body)["code"]) == (403, 105005)
    assert (new.status, msgspec.json.decode(new.body)["code"]) == (200, 99_999_901)


SCENARIO = """
title = "t"
description = "d"
why = "w"

[[method]]
fault = "request_rule_new"
operation = "order.get_order_list"
path = "PATH"
rule = "RULE"

[[method]]
action = "sync_orders"
"""


@pytest.mark.parametrize(
    ("path", "rule", "message"),
    [
        ("query.page_sise", "maximum", "Did you mean 'query.page_size'"),
        ("$.order_statu", "unknown", "Did you mean '$.order_status'"),
        ("query.page_size", "maximun", "maximun"),
    ],
)
def test_what_no_request_has_is_refused_when_loaded(path: str, rule: str, message: str) -> None:
    text = SCENARIO.replace("PATH", path).replace("RULE", rule)

    with pytest.raises(ScenarioError, match=re.escape(message)):
        parse_scenario(text, id="x", path="x.toml")


def test_a_field_that_is_to_be_required_need_not_be_there_yet() -> None:
    text = SCENARIO.replace("PATH", "$.reason").replace("RULE", "required")

    assert parse_scenario(text, id="x", path="x.toml").method
