"""Each kind of difference is found, alone, with the class that its direction gives it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import msgspec
import pytest

from tts_chaos.contracts.answers import WebhookEvent
from tts_chaos.contracts.diff import Difference, Impact, Surface, compare
from tts_chaos.contracts.diff.kinds import KINDS
from tts_chaos.contracts.diff.observed import compare_recordings
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import CipherRule, ErrorCodes, Operation, Parameter, Provenance
from tts_chaos.contracts.recordings import Exchange, Recording
from tts_chaos.wire.message import ApiRequest, ApiResponse

Change = Callable[[dict[str, Any]], object]
ID = "order.202309.get_thing"


def _schema() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "maxLength": 20},
            "status": {"type": "string", "x-tts-known-values": ["NEW", "DONE"]},
            "kind": {"type": "string", "enum": ["A", "B"]},
            "note": {"type": ["string", "null"]},
            "buyer_email": {"type": "string"},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["sku"],
                    "properties": {"sku": {"type": "string"}},
                },
            },
        },
        "required": ["id"],
    }


def _operation(**changes: Any) -> Operation:
    facts: dict[str, Any] = {
        "id": ID,
        "method": "POST",
        "path": "/order/202309/things",
        "body_schema": _schema(),
        "response_schema": _schema(),
        "parameters": (Parameter(name="page_size", schema={"type": "integer", "maximum": 100}),),
        "scopes": ("seller.order.info",),
        "errors": ErrorCodes(documented=(1,)),
    }
    return Operation(**{**facts, **changes})


def _event(**changes: Any) -> WebhookEvent:
    facts: dict[str, Any] = {
        "type": 1,
        "name": "THING",
        "subscribable": True,
        "owner_field": "shop_id",
        "trigger": "it changed",
        "data_schema": _schema(),
        "provenance": Provenance.DOCUMENTED,
        "confidence": "high",
    }
    return WebhookEvent(**{**facts, **changes})


def _surface(*operations: Operation, events: tuple[WebhookEvent, ...] = ()) -> Surface:
    return Surface(
        operations={row.id: row for row in operations}, webhooks={e.type: e for e in events}
    )


def _one(old: Surface, new: Surface) -> Difference:
    (found,) = compare(old, new)
    return found


def _changed(change: Change) -> dict[str, Any]:
    schema = deepcopy(_schema())
    change(schema)
    return schema


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["properties"]
    return found


B, R, C = Impact.BREAKING, Impact.RISKY, Impact.COMPATIBLE

FIELD_CHANGES: list[tuple[str, str, Change, Impact, Impact]] = [
    ("field_added", "$.x", lambda s: _properties(s).update(x={"type": "object"}), C, C),
    (
        "required_field_added",
        "$.x",
        lambda s: (_properties(s).update(x={"type": "object"}), s["required"].append("x")),
        B,
        C,
    ),
    ("field_removed", "$.items", lambda s: _properties(s).pop("items"), R, B),
    (
        "field_renamed",
        "$.buyer_email",
        lambda s: _properties(s).update(buyer_mail=_properties(s).pop("buyer_email")),
        B,
        B,
    ),
    ("type_changed", "$.id", lambda s: _properties(s)["id"].update(type="integer"), B, B),
    ("required_set", "$.status", lambda s: s["required"].append("status"), B, C),
    ("required_lifted", "$.id", lambda s: s["required"].clear(), C, B),
    (
        "null_allowed",
        "$.id",
        lambda s: _properties(s)["id"].update(type=["string", "null"]),
        C,
        B,
    ),
    ("null_refused", "$.note", lambda s: _properties(s)["note"].update(type="string"), B, C),
    (
        "value_added",
        "$.status",
        lambda s: _properties(s)["status"]["x-tts-known-values"].append("LATE"),
        C,
        R,
    ),
    ("value_removed", "$.kind", lambda s: _properties(s)["kind"]["enum"].remove("B"), B, C),
    ("limit_tightened", "$.id", lambda s: _properties(s)["id"].update(maxLength=10), B, C),
    ("limit_relaxed", "$.id", lambda s: _properties(s)["id"].pop("maxLength"), C, R),
    ("limit_changed", "$.id", lambda s: _properties(s)["id"].update(format="date"), R, R),
    (
        "field_removed",
        "$.items[].sku",
        lambda s: _properties(s)["items"]["items"].update(properties={}),
        R,
        B,
    ),
]


@pytest.mark.parametrize("row", FIELD_CHANGES, ids=lambda row: f"{row[0]}-{row[1]}")
def test_a_changed_field_has_a_class_in_each_direction(
    row: tuple[str, str, Change, Impact, Impact],
) -> None:
    kind, path, change, sent, received = row
    old, schema = _surface(_operation()), _changed(change)

    request = _one(old, _surface(_operation(body_schema=schema)))
    answer = _one(old, _surface(_operation(response_schema=schema)))

    assert (request.kind, request.side, request.path, request.impact) == (
        kind,
        "request",
        path,
        sent,
    )
    assert (answer.kind, answer.side, answer.path, answer.impact) == (
        kind,
        "answer",
        path,
        received,
    )


def test_a_changed_field_of_webhook_data_breaks_readers() -> None:
    schema = _changed(lambda s: _properties(s).pop("items"))

    found = _one(_surface(events=(_event(),)), _surface(events=(_event(data_schema=schema),)))

    assert (found.kind, found.side, found.path) == ("field_removed", "webhook", "$.data.items")
    assert found.impact is Impact.BREAKING


@pytest.mark.parametrize(
    ("changes", "kind", "impact"),
    [
        ({"method": "PUT"}, "verb_changed", B),
        ({"path": "/order/202309/others"}, "path_changed", B),
        ({"host": "elsewhere"}, "host_changed", B),
        ({"retired": "2027-01-01"}, "sunset_set", R),
        ({"scopes": ("seller.order.info", "seller.order.write")}, "scope_added", B),
        ({"scopes": ()}, "scope_removed", C),
        ({"cipher": CipherRule.REFUSED}, "cipher_changed", B),
        ({"cipher": CipherRule.OPTIONAL}, "cipher_relaxed", C),
        ({"errors": ErrorCodes(documented=(1, 2))}, "code_added", R),
        ({"errors": ErrorCodes()}, "code_removed", C),
        ({"content_type": "multipart/form-data"}, "body_type_changed", B),
    ],
)
def test_a_changed_rule_of_an_operation_is_one_difference(
    changes: dict[str, Any], kind: str, impact: Impact
) -> None:
    found = _one(_surface(_operation()), _surface(_operation(**changes)))

    assert (found.kind, found.impact, found.subject) == (kind, impact, ID)


def test_operations_and_events_come_and_go() -> None:
    other = _operation(id="order.202309.get_other", path="/order/202309/others")
    newer = _operation(id="order.202507.get_thing", path="/order/202507/things")
    old = _surface(_operation())

    assert _one(old, _surface(_operation(), other)).kind == "operation_added"
    assert _one(old, _surface(_operation(), newer)).kind == "version_added"
    assert _one(_surface(_operation(), other), old).kind == "operation_removed"
    assert _one(old, _surface(_operation(), events=(_event(),))).kind == "event_added"
    assert _one(_surface(_operation(), events=(_event(),)), old).kind == "event_removed"
    renamed = _surface(_operation(), events=(_event(name="OTHER"),))
    assert _one(_surface(_operation(), events=(_event(),)), renamed).kind == "event_renamed"


def test_an_unlike_name_is_a_removal_and_an_addition() -> None:
    schema = _changed(lambda s: _properties(s).update(zzz=_properties(s).pop("buyer_email")))

    found = compare(_surface(_operation()), _surface(_operation(response_schema=schema)))

    assert [row.kind for row in found] == ["field_removed", "field_added"]


def test_a_parameter_is_told_as_part_of_the_query() -> None:
    tighter = (Parameter(name="page_size", schema={"type": "integer", "maximum": 50}),)

    found = _one(_surface(_operation()), _surface(_operation(parameters=tighter)))

    assert (found.path, found.kind) == ("query.page_size", "limit_tightened")
    assert (found.old, found.new) == ({"maximum": 100}, {"maximum": 50})


def test_a_contract_does_not_differ_from_itself() -> None:
    contracts = load_contracts()
    surface = Surface(operations=contracts.operations, webhooks=contracts.webhooks)

    assert compare(surface, surface) == ()


def test_every_kind_has_a_class_and_a_reason() -> None:
    for kind in KINDS.values():
        assert kind.why
        assert (kind.whole is None) != (kind.sent is None)
        assert (kind.sent is None) == (kind.received is None)


def test_a_recorded_answer_shows_what_its_contract_does_not_say() -> None:
    contracts = load_contracts()
    answer = {
        "code": 0,
        "message": "Success",
        "request_id": "1",
        "data": {"orders": [{"id": 5, "status": "ON_REVIEW", "hint": "x", "buyer_email": None}]},
    }
    request = ApiRequest(
        method="GET",
        scheme="https",
        host="open-api.tiktokglobalshop.com",
        path="/order/202309/orders",
        query="",
        headers=(),
        body=b"",
    )
    response = ApiResponse(status=200, headers=(), body=msgspec.json.encode(answer))
    recording = Recording(path="r", exchanges=(Exchange(request=request, response=response),))

    found = compare_recordings(contracts, [recording])

    assert {(row.kind, row.path.rpartition(".")[2]) for row in found} >= {
        ("type_changed", "id"),
        ("value_added", "status"),
        ("field_added", "hint"),
        ("null_allowed", "buyer_email"),
    }
