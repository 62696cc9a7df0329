"""The schema of a scenario file: every fault with its settings, every command, every oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tts_chaos.cli.schemas.structs import (
    Schema,
    choice,
    described,
    first_paragraph,
    listed_in,
    struct_schema,
)
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.faults.fault import CAUSES, Fault, Trigger
from tts_chaos.oracles.catalogue import ORACLES
from tts_chaos.scenarios.loader import SECTIONS
from tts_chaos.scenarios.model import (
    ActionStep,
    Alert,
    Expect,
    Limits,
    Need,
    PostStep,
    Probe,
    Recovery,
    Scenario,
    TwinSetup,
    WaitStep,
)
from tts_chaos.scenarios.steps import STEPS, TRIGGER_BOUNDS, bounds_of
from tts_chaos.twin import catalogue as _catalogue  # noqa: F401 - registers every command
from tts_chaos.twin.commands import describe_arguments
from tts_chaos.twin.handler import COMMANDS
from tts_chaos.twin.regions import REGIONS
from tts_chaos.typing import ACTION_ARGUMENTS, ACTIONS

__all__ = ["fault_schema", "operation_words", "scenario_schema", "shared_definitions"]

_SENTENCE: Schema = {"type": "string", "pattern": r"\S"}
_NEEDS = {
    Need.VIRTUAL_TIME: "only in the simulated world, where time is virtual",
    Need.REAL_SOCKETS: "only in the wire world",
    Need.OWN_PROCESS: "only with a program, which SIGKILL really ends",
}


def scenario_schema() -> Schema:
    """Return the schema of a scenario file."""
    meanings = listed_in(Scenario.__doc__, "Attributes")
    sections: dict[str, Schema] = {
        "title": _SENTENCE,
        "description": _SENTENCE,
        "why": _SENTENCE,
        "tags": {"type": "array", "items": _SENTENCE},
        "needs": {
            "type": "array",
            "items": choice({str(need): text for need, text in _NEEDS.items()}),
        },
        "limits": struct_schema(Limits),
        "twin": struct_schema(TwinSetup, regions=_list_of({"enum": list(REGIONS)}, least=1)),
        "steady-state-hypothesis": {
            "type": "object",
            "properties": {
                "probe": described(
                    _list_of(struct_schema(Probe, oracle=_use("oracle"))),
                    "One statement: an oracle that must hold.",
                )
            },
            "additionalProperties": False,
        },
        "method": _list_of(_use("step"), least=1),
        "rollback": _list_of(_use("repair")),
        "recovery": struct_schema(Recovery, actions=_list_of(_scheduled())),
        "expect": _expect(),
    }
    return {
        "type": "object",
        "properties": {
            name: described(
                {key: each for key, each in sections[name].items() if key != "description"},
                meanings[name.replace("-", "_").replace("_hypothesis", "")],
            )
            for name in SECTIONS
        },
        "required": ["title", "description", "why", "method"],
        "additionalProperties": False,
        "$defs": {
            **shared_definitions(),
            "oracle": choice({name: ORACLES[name].summary for name in ORACLES}),
            "step": {"anyOf": [part for make in _STEPS.values() for part in make()]},
            "repair": {
                "anyOf": [
                    part
                    for kind, make in _STEPS.items()
                    if kind not in ("fault", "lift")
                    for part in make()
                ]
            },
        },
    }


def shared_definitions() -> dict[str, Schema]:
    """Return what a schema that has faults has to define besides: operations, trigger."""
    trigger = struct_schema(Trigger)["properties"]
    for key, (least, most, _) in TRIGGER_BOUNDS.items():
        trigger[key] = _bounded(trigger[key], least, most)
    trigger["operation"] = {**_about(trigger["operation"]), **_use("operation")}
    trigger["host"] = {**_about(trigger["host"]), "enum": ["api", "auth"]}
    trigger["shop"] = {**_about(trigger["shop"]), "type": "string", "pattern": r"^\$shop(:\d+)?$"}
    return {
        "operation": {"enum": operation_words()},
        **{f"trigger.{key}": schema for key, schema in trigger.items()},
    }


def operation_words() -> list[str]:
    """Return every way to name operations: in full, without the version, a whole domain."""
    rows = load_contracts().operations
    plain = {f"{id.split('.')[0]}.{id.split('.')[-1]}" for id in rows if id.count(".") == 2}
    return sorted({*rows, *plain, *(f"{id.partition('.')[0]}.*" for id in rows)})


def fault_schema(name: str, **more: Schema) -> Schema:
    """Return the schema of a table that arms a fault: name, settings and trigger side by side.

    Args:
        name: Name of the fault.
        more: Further keys of the table.
    """
    kind = FAULTS[name]
    schema = struct_schema(kind)
    settings = {key: _setting(key, each) for key, each in schema["properties"].items()}
    if "retired" in settings:
        settings["retired"] = {**_about(settings["retired"]), **_use("operation")}
    return described(
        {
            "type": "object",
            "properties": {
                "fault": {"const": name},
                "id": described({"type": "string", "minLength": 1}, "Names it for a later lift."),
                **settings,
                **{key: _use(f"trigger.{key}") for key in _trigger_keys(kind)},
                **more,
            },
            "required": ["fault", *schema["required"]],
            "additionalProperties": False,
        },
        f"{kind.summary[0].upper()}{kind.summary[1:]}.",
    )


def _trigger_keys(kind: type[Fault]) -> list[str]:
    of_requests = ("operation", "host", "shop", "only")
    every = [field.encode_name for field in msgspec.structs.fields(Trigger)]
    return [key for key in every if kind.target != "webhooks" or key not in of_requests]


def _setting(key: str, schema: Schema) -> Schema:
    numbers = ("integer", "number")
    types = [schema.get("type"), *(part.get("type") for part in schema.get("anyOf", ()))]
    if not any(each in numbers for each in types):
        return schema
    return _bounded(schema, *bounds_of(key))


def _bounded(schema: Schema, least: float, most: float | None) -> Schema:
    bounds = {"minimum": least, **({} if most is None else {"maximum": most})}
    # A bound holds for numbers alone, so that it may stand beside a choice of types.
    return {**schema, **bounds}


# -- steps ----------------------------------------------------------------------------------------


def _faults() -> list[Schema]:
    return [fault_schema(name) for name in FAULTS]


def _actions() -> list[Schema]:
    return [_action(name) for name in ACTIONS]


def _action(name: str) -> Schema:
    expected = ACTION_ARGUMENTS[name]
    schema = struct_schema(ActionStep, action={"const": name})
    arguments: Schema = {"type": "object"}
    required = ["action"]
    if expected is None:
        arguments["minProperties"] = 1
        required.append("arguments")
    else:
        known = {key: {"description": _GIVEN[key]} for key in expected}
        arguments |= {"properties": known, "additionalProperties": False}
        if expected:
            arguments["required"] = list(expected)
            required.append("arguments")
    schema["properties"]["arguments"] = {
        **_about(schema["properties"]["arguments"]),
        **arguments,
    }
    return {
        "type": "object",
        "description": f"Make the integration {ACTIONS[name]}.",
        "properties": schema["properties"],
        "required": required,
        "additionalProperties": False,
    }


_GIVEN = {
    "amount": 'Decimal text in the order\'s currency; "" for all that is left.',
    "changes": 'Sellable quantity by SKU, such as { "$sku:0" = 31 }.',
    "order_id": "An order, such as `$order:shippable`.",
    "headers": "Headers of the webhook, by name.",
    "body": "Its body, as text.",
    "lines": 'What is in the basket: a list of { sku_id = "$sku:0", quantity = 1 }.',
}
"""What the arguments of actions are."""

_USUAL = {
    "shop": "Which shop, such as `$shop:1`; the main one where it is left out.",
    "product_id": "Which product.",
    "sku_id": "Which SKU, such as `$sku:0`.",
    "operation": "A full id, an id without its version (every version), or `<domain>.*`.",
}
"""What arguments mean that many commands take."""


def _commands() -> list[Schema]:
    return [_command(name) for name in COMMANDS]


def _command(name: str) -> Schema:
    function = COMMANDS[name]
    arguments = describe_arguments(function)
    summary = first_paragraph(function.__doc__)
    meanings = {**_USUAL, **listed_in(function.__doc__, "Args")}
    # What is not described apart is described by what the command does.
    properties = {key: described(arguments[key], meanings.get(key, summary)) for key in arguments}
    return described(
        {
            "type": "object",
            "properties": {"platform": {"const": name}, **properties},
            "required": [
                "platform",
                *(k for k, each in arguments.items() if "default" not in each),
            ],
            "additionalProperties": False,
        },
        summary,
    )


def _waits() -> list[Schema]:
    return [{**struct_schema(WaitStep), "additionalProperties": False}]


def _posts() -> list[Schema]:
    return [{**struct_schema(PostStep), "additionalProperties": False}]


def _lifts() -> list[Schema]:
    return [_one_key("lift", {"type": "string"}, "Lift the fault armed under this id.")]


def _kills() -> list[Schema]:
    return [
        _one_key("kill", {"const": True}, "Kill the integration, with no time to write anything.")
    ]


def _one_key(key: str, schema: Schema, text: str) -> Schema:
    return {
        "type": "object",
        "description": text,
        "properties": {key: described(schema, text)},
        "required": [key],
        "additionalProperties": False,
    }


_MAKERS: dict[str, Callable[[], list[Schema]]] = {
    "fault": _faults,
    "action": _actions,
    "platform": _commands,
    "wait_ms": _waits,
    "post_ms": _posts,
    "lift": _lifts,
    "kill": _kills,
}
_STEPS = {kind: _MAKERS[kind] for kind in STEPS}
"""The kinds of steps that the reader knows; one without a schema would be missed when imported."""


# -- expectations ---------------------------------------------------------------------------------


def _expect() -> Schema:
    schema = struct_schema(Expect, oracles=_list_of(_use("oracle")))
    schema["properties"]["alert"] = {
        **_about(schema["properties"]["alert"]),
        **struct_schema(Alert, cause={"enum": list(CAUSES)}),
    }
    schema["properties"]["options"] = {
        **_about(schema["properties"]["options"]),
        "type": "object",
        "properties": {
            name: described(_options(oracle.options), oracle.summary)
            for name, oracle in ORACLES.items()
        },
        "additionalProperties": False,
    }
    return schema


def _options(defaults: Any) -> Schema:
    return {
        "type": "object",
        "properties": {
            key: {"description": f"{each} by default.", "type": "integer", "default": each}
            for key, each in defaults.items()
        },
        "additionalProperties": False,
    }


def _scheduled() -> Schema:
    return choice({name: ACTIONS[name] for name, given in ACTION_ARGUMENTS.items() if given == ()})


# -- pieces ---------------------------------------------------------------------------------------


def _use(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list_of(item: Schema, *, least: int = 0) -> Schema:
    schema: Schema = {"type": "array", "items": item}
    return {**schema, "minItems": least} if least else schema


def _about(schema: Schema) -> Schema:
    return {key: schema[key] for key in ("description", "default") if key in schema}
