"""Each difference of two contracts as a scenario: the change comes while the integration works.

Only what an integration receives can drift under it; differences of requests, scopes and codes have
no scenario.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from tts_chaos.contracts.answers import WebhookEvent
from tts_chaos.contracts.diff import Difference, Side
from tts_chaos.faults.drift import JsonType

__all__ = ["drift_fault", "drift_scenarios"]

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
    if difference.kind == "operation_removed":
        return {"fault": "version_retired", "retired": difference.subject}
    if difference.side is Side.ANSWER:
        settings = _change(difference)
        return settings and {**settings, "operation": difference.subject}
    if difference.side is Side.WEBHOOK:
        return _webhook_fault(difference, webhooks)
    return None


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
    settings = _change(row)
    if settings is None:
        return None
    event = next(type for type, event in webhooks.items() if event.name == row.subject)
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
