"""Each fault of drift changes one field, and nothing else of the answer."""

from __future__ import annotations

import pytest
from tests.support.engine_parts import webhook_moment

from tts_chaos.errors import ScenarioError
from tts_chaos.faults.drift import (
    DriftFault,
    EnumValueNew,
    FieldNew,
    FieldNull,
    FieldRemoved,
    FieldRenamed,
    FieldRetyped,
    ItemsWrapped,
    UnitChanged,
    WebhookFieldDrifted,
    retype,
    scale,
)
from tts_chaos.scenarios.loader import parse_scenario
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.message import ApiResponse

BODY = '{"code": 0,"data":{"orders":[{"id":"5","total":"1.50","at":17}]}}'
LIST = '[{"id":"5","total":"1.50","at":17}]'
PATH = "$.data.orders[]"


@pytest.mark.parametrize(
    ("fault", "old", "new"),
    [
        (FieldRemoved(path=f"{PATH}.total"), ',"total":"1.50"', ""),
        (FieldRenamed(path=f"{PATH}.total", renamed="sum"), '"total"', '"sum"'),
        (FieldRetyped(path=f"{PATH}.id", type="number"), '"id":"5"', '"id":5'),
        (FieldRetyped(path=f"{PATH}.at", type="string"), '"at":17', '"at":"17"'),
        (FieldNull(path=f"{PATH}.id"), '"id":"5"', '"id":null'),
        (EnumValueNew(path=f"{PATH}.id", value="X"), '"id":"5"', '"id":"X"'),
        (FieldNew(path=f"{PATH}.x"), '"at":17', '"at":17,"x":"new"'),
        (UnitChanged(path=f"{PATH}.total", factor=100), '"1.50"', '"150"'),
        (UnitChanged(path=f"{PATH}.at", factor=1000), '"at":17', '"at":17000'),
        (ItemsWrapped(path="$.data.orders"), LIST, f'{{"items":{LIST}}}'),
    ],
)
def test_a_fault_changes_its_field_alone(fault: DriftFault, old: str, new: str) -> None:
    headers = (("content-length", str(len(BODY))), ("x-a", "b"))

    answer = fault.alter(ApiResponse(status=200, headers=headers, body=BODY.encode()))

    assert old in BODY
    assert answer.body.decode() == BODY.replace(old, new, 1)
    assert answer.headers == (("content-length", str(len(answer.body))), ("x-a", "b"))


def test_an_answer_that_is_no_text_stays_as_it_is() -> None:
    answer = ApiResponse(status=200, headers=(), body=b"\xff\xfe")

    assert FieldNull(path="$.a").alter(answer) == answer


@pytest.mark.parametrize(
    ("raw", "kind", "expected"),
    [
        ('"x1"', "number", "2"),
        ("true", "number", "1"),
        ('""', "boolean", "false"),
        ("5", "array", "[5]"),
        ('"NaN"', "number", "0"),
        ('{"a":1}', "string", '"{\\"a\\":1}"'),
    ],
)
def test_a_value_takes_another_type(raw: str, kind: str, expected: str) -> None:
    assert retype(raw, kind) == expected  # type: ignore[arg-type]


def test_what_is_no_number_has_no_unit() -> None:
    assert scale("null", 100) == "null"
    assert scale('"1.5"', 0.01) == '"0.015"'


def test_a_drifted_webhook_is_signed_again() -> None:
    fault = WebhookFieldDrifted(path="$.data.s", change="renamed", event=1, value="t")
    webhook = OutgoingWebhook(
        notification="1",
        type=1,
        shop="1",
        attempt=1,
        headers=(("authorization", "old"),),
        body=b'{"type":1,"data":{"s":"A"}}',
    )
    moment = webhook_moment(lambda body: f"s{len(body)}", now_ms=0, seed="x")

    (drifted,) = fault.reshape((webhook,), moment)

    assert drifted.body == b'{"type":1,"data":{"t":"A"}}'
    assert drifted.headers == (("authorization", f"s{len(drifted.body)}"),)
    other = WebhookFieldDrifted(path="$.data.s", change="null", event=2)
    assert other.reshape((webhook,), moment) == (webhook,)


def _scenario(fault: str) -> str:
    return (
        'title = "t"\ndescription = "d"\nwhy = "w."\n[[method]]\n'
        f'{fault}\n[[method]]\naction = "sync_orders"\n'
    )


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            'fault = "field_null"\noperation = "order.get_order_detail"\n'
            'path = "$.data.orders[].totl_amount"',
            r"\$.method\[0\].path: the contract of order.get_order_detail has no field "
            r"'\$.data.orders\[\].totl_amount'. Did you mean",
        ),
        ('fault = "field_null"\npath = "$.data..id"', "is no path; expected one like"),
        (
            'fault = "field_null"\noperation = "order.get_order_detial"\npath = "$.data.orders"',
            "Did you mean 'order.get_order_detail'",
        ),
        (
            'fault = "field_new"\noperation = "order.get_order_detail"\npath = "$.data.odrers[].x"',
            r"has no field '\$.data.odrers\[\]'",
        ),
        (
            'fault = "webhook_field_drifted"\nchange = "null"\nevent = 999\npath = "$.data.id"',
            "there is no webhook type 999",
        ),
        (
            'fault = "webhook_field_drifted"\nchange = "null"\nevent = 1\npath = "$.data.ordr_id"',
            "Did you mean '\\$.data.order_id'",
        ),
    ],
)
def test_a_field_that_no_contract_has_is_refused(fault: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        parse_scenario(_scenario(fault), id="x", path="x.toml")
