"""Writes a scenario as the file that the loader reads back to the same value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tts_chaos.errors import InternalError
from tts_chaos.scenarios.model import (
    ActionStep,
    FaultStep,
    KillStep,
    LiftStep,
    PlatformStep,
    PostStep,
    Scenario,
    Step,
    WaitStep,
)

__all__ = ["to_toml"]


def to_toml(scenario: Scenario) -> str:
    """Return the text of the scenario's file; defaults are left out.

    Raises:
        InternalError: If a value has no form in a file: a default that was set to nothing.
    """
    head = {
        "title": scenario.title,
        "description": scenario.description,
        "why": scenario.why,
        "tags": list(scenario.tags),
        "needs": [need.value for need in scenario.needs],
    }
    lines = [f"{key} = {_value(value)}" for key, value in head.items() if value]
    for key in ("limits", "twin", "recovery"):
        lines += _table(f"[{key}]", _changed(getattr(scenario, key)))
    for probe in scenario.steady_state:
        lines += _table("[[steady-state-hypothesis.probe]]", {"oracle": probe.oracle})
    for key in ("method", "rollback"):
        for step in getattr(scenario, key):
            lines += _table(f"[[{key}]]", dict(_step(step)))
    lines += _table("[expect]", _changed(scenario.expect))
    return "\n".join([*lines, ""])


def _table(head: str, rows: Mapping[str, Any]) -> list[str]:
    return ["", head, *(f"{key} = {_value(value)}" for key, value in rows.items())] if rows else []


def _step(step: Step) -> Iterator[tuple[str, Any]]:
    match step:
        case FaultStep():
            yield "fault", step.fault.name
            yield "id", step.id
            yield from _changed(step.fault).items()
            yield from _beside(step.trigger, step.fault.default_trigger)
        case LiftStep():
            yield "lift", step.id
        case PlatformStep():
            yield "platform", step.command
            yield from step.arguments.items()
        case KillStep():
            yield "kill", True
        case ActionStep() | WaitStep() | PostStep():
            yield from _changed(step).items()


def _changed(value: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that are not as by default."""
    return {
        field.encode_name: msgspec.to_builtins(getattr(value, field.name))
        for field in msgspec.structs.fields(type(value))
        if getattr(value, field.name) != _default(field)
    }


def _default(field: Any) -> Any:
    return field.default_factory() if callable(field.default_factory) else field.default


def _beside(given: msgspec.Struct, usual: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(type(given)):
        value, default = getattr(given, field.name), getattr(usual, field.name)
        if value == default:
            continue
        if value is None:
            raise InternalError(f"a file cannot say that {field.name} is not {default!r}")
        yield field.encode_name, value


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(key)} = {_value(member)}" for key, member in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    # A string of JSON is one of TOML, unless it has a character beyond the first plane.
    return json.dumps(value, ensure_ascii=False)
