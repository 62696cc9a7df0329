"""Each difference of two contracts as a scenario: the change comes while the integration works.

What it receives arrives changed; what it sends is refused where it breaks a new rule. A difference
that no integration can notice has no scenario: `NOTHING_DRIFTS` says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from tts_chaos.contracts.answers import WebhookEvent
from tts_chaos.contracts.diff import Difference, Side
from tts_chaos.contracts.operation import CipherRule
from tts_chaos.faults.drift import JsonType
from tts_chaos.faults.request_drift import RuleName
from tts_chaos.wire.codes import ApiCode

__all__ = ["NOTHING_DRIFTS", "drift_fault", "drift_scenarios"]

_ACTIONS = {
    "order": ("sync_orders",),
    "fulfillment": ("sync_orders", "ship"),
    "logistics": ("sync_orders", "ship"),
    "product": ("push_stock",),
}
_ARGUMENTS = {
    "push_stock": '{ changes = { "$sku:0" = 7 } }',
    "ship": '{ order_id = "$order:shippable" }',
}
_TYPES = {"integer": "number"}


def drift_fault(
    difference: Difference, webhooks: Mapping[int, WebhookEvent]
) -> dict[str, Any] | None:
    """Return the fault that a difference becomes, as a scenario writes it, or None for none."""
    if (difference.kind, difference.side) in NOTHING_DRIFTS:
        return None
    if difference.side is Side.WEBHOOK:
        return _webhook_fault(difference, webhooks)
    settings = _SIDES[difference.side](difference)
    return settings and {**settings, "operation": difference.subject}


def _whole(row: Difference) -> dict[str, Any] | None:
    """Return fault and settings for a difference of an operation as such."""
    match row.kind:
        case "operation_removed" | "sunset_set":
            return {"fault": "version_retired", "retired": row.subject}
        case "host_changed":
            return {"fault": "host_wrong"}
        case "cipher_changed":
            rule = "unknown" if row.new == CipherRule.REFUSED.value else "required"
            return {"fault": "request_rule_new", "path": row.path, "rule": rule}
        case "code_added":
            return {"fault": "call_refused", "code": row.new}
        case _:
            return {"fault": "call_refused", "code": int(_REFUSALS[row.kind])}


_REFUSALS = {
    "verb_changed": ApiCode.VERB_REFUSED,
    "path_changed": ApiCode.PATH_UNKNOWN,
    "scope_added": ApiCode.SCOPE_MISSING,
    "body_type_changed": ApiCode.BODY_UNREADABLE,
}


def _rule(row: Difference) -> dict[str, Any] | None:
    """Return fault and settings for a difference of a request's field."""
    rule: tuple[str, Any] | None
    match row.kind:
        case "required_field_added" | "required_set":
            rule = ("required", None)
        case "field_removed" | "field_renamed":
            rule = ("unknown", None)
        case "type_changed":
            rule = ("type", row.new)
        case "null_refused":
            rule = ("not_null", None)
        case "value_removed":
            rule = ("not_value", row.old)
        case _:
            rule = next((pair for pair in (row.new or {}).items() if pair[0] in _RULES), None)
    if rule is None:
        return None
    settings = {} if rule[1] is None else {"setting": rule[1]}
    return {"fault": "request_rule_new", "path": row.path, "rule": rule[0], **settings}


_RULES = frozenset(get_args(RuleName))


def _change(row: Difference) -> dict[str, Any] | None:
    """Return fault and settings for a difference of an answer's field."""
    match row.kind:
        case "field_removed" | "required_lifted":
            return {"fault": "field_removed", "path": row.path}
        case "field_renamed":
            return {"fault": "field_renamed", "path": row.path, "renamed": row.new}
        case "type_changed":
            kind = _TYPES.get(row.new, row.new)
            known = kind in get_args(JsonType)
            return {"fault": "field_retyped", "path": row.path, "type": kind} if known else None
        case "null_allowed":
            return {"fault": "field_null", "path": row.path}
        case "value_added":
            return {"fault": "enum_value_new", "path": row.path, "value": row.new}
        case "field_added" | "required_field_added":
            return {"fault": "field_new", "path": row.path, "value": _SAMPLES.get(row.new, "new")}
        case _:
            return None


_SIDES = {Side.OPERATION: _whole, Side.REQUEST: _rule, Side.ANSWER: _change}

_NOTHING_NEW = "what the integration does works as before"
_NOT_MADE_UP = "what such values would look like no contract tells"
NOTHING_DRIFTS: Mapping[tuple[str, Side], str] = {
    **dict.fromkeys(
        (
            ("operation_added", Side.OPERATION),
            ("version_added", Side.OPERATION),
            ("sunset_lifted", Side.OPERATION),
            ("scope_removed", Side.OPERATION),
            ("cipher_relaxed", Side.OPERATION),
            ("code_removed", Side.OPERATION),
            ("event_added", Side.WEBHOOK),
            ("field_added", Side.REQUEST),
            ("required_lifted", Side.REQUEST),
            ("null_allowed", Side.REQUEST),
            ("value_added", Side.REQUEST),
            ("limit_relaxed", Side.REQUEST),
            ("required_set", Side.ANSWER),
            ("required_set", Side.WEBHOOK),
            ("null_refused", Side.ANSWER),
            ("null_refused", Side.WEBHOOK),
            ("value_removed", Side.ANSWER),
            ("value_removed", Side.WEBHOOK),
            ("limit_tightened", Side.ANSWER),
            ("limit_tightened", Side.WEBHOOK),
        ),
        _NOTHING_NEW,
    ),
    **dict.fromkeys(
        (
            ("limit_relaxed", Side.ANSWER),
            ("limit_relaxed", Side.WEBHOOK),
            ("limit_changed", Side.ANSWER),
            ("limit_changed", Side.WEBHOOK),
        ),
        _NOT_MADE_UP,
    ),
}
"""Differences without a fault, and why. A changed `default` or `format` of a request has none
either, as no request can be told to break it."""

_SAMPLES: dict[str, Any] = {
    "integer": 1,
    "number": 1,
    "boolean": True,
    "array": [],
    "object": {},
}
_WEBHOOK_CHANGES = {
    "field_removed": "removed",
    "field_renamed": "renamed",
    "field_retyped": "retyped",
    "field_null": "null",
    "enum_value_new": "value_new",
    "field_new": "new",
}


def _webhook_fault(row: Difference, webhooks: Mapping[int, WebhookEvent]) -> dict[str, Any] | None:
    event = next(type for type, event in webhooks.items() if event.name == row.subject)
    if row.kind in ("event_removed", "event_renamed"):
        return {"fault": "webhooks_dropped", "event": event}
    settings = _change(row)
    if settings is None:
        return None
    told = settings.get("renamed", settings.get("type", settings.get("value")))
    change = _WEBHOOK_CHANGES[settings["fault"]]
    found = {"fault": "webhook_field_drifted", "path": row.path, "change": change, "event": event}
    return found if told is None else {**found, "value": str(told)}


def drift_scenarios(
    differences: Sequence[Difference], webhooks: Mapping[int, WebhookEvent]
) -> Iterator[tuple[str, str]]:
    """Yield name and text of a scenario for each difference that can drift."""
    taken: set[str] = set()
    for row in differences:
        fault = drift_fault(row, webhooks)
        if fault is None:
            continue
        name = _slug(f"{row.subject}-{row.kind}-{row.path.removeprefix('$.')}")
        number = 2
        unique = name
        while unique in taken:
            unique, number = f"{name}-{number}", number + 1
        taken.add(unique)
        yield unique, _text(row, fault)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _text(row: Difference, fault: Mapping[str, Any]) -> str:
    """Return the scenario's TOML."""
    where = f"{row.subject} {row.path}".strip()
    subscribe = ["[[method]]", 'platform = "subscribe_webhooks"', ""]
    lines = [
        f"title = {json.dumps(f'{where}: {row.kind}')}",
        f"description = {json.dumps(f'The contract changes: {_said(row)}.')}",
        f"why = {json.dumps(f'A comparison of two contracts found it, {row.impact.value}.')}",
        'tags = ["drift"]',
        'needs = ["virtual-time"]',
        "",
        *(subscribe if row.side is Side.WEBHOOK else ()),
        "[[method]]",
        *(f"{key} = {_toml(value)}" for key, value in fault.items()),
        'id = "drift"',
        "",
        "[[method]]",
        'platform = "place_orders"',
        "count = 3",
    ]
    for action in _ACTIONS.get(row.domain, ("sync_orders",)):
        lines += ["", "[[method]]", f'action = "{action}"']
        if action in _ARGUMENTS:
            lines.append(f"arguments = {_ARGUMENTS[action]}")
    judged = ["orders_complete", "orders_unique", "orders_exact"]
    if row.domain == "product":
        judged = ["stock_converges"]
    return "\n".join([*lines, "", "[expect]", f"oracles = {json.dumps(judged)}", ""])


def _said(row: Difference) -> str:
    told = [f"was {json.dumps(row.old)}"] if row.old is not None else []
    if row.new is not None:
        told.append(f"is {json.dumps(row.new)}")
    where = f"{row.subject} {row.path}".strip()
    return f"{row.kind} at {where}" + (f" ({', '.join(told)})" if told else "")


def _toml(value: Any) -> str:
    """Return a value as TOML writes it; tables are written inline."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)
