"""The schemas of `tts-chaos.toml` and of our tables in `pyproject.toml`."""

from __future__ import annotations

from tts_chaos.cli.schemas.integration import integration_schema
from tts_chaos.cli.schemas.load import load_schema
from tts_chaos.cli.schemas.scenario import shared_definitions
from tts_chaos.cli.schemas.structs import Schema, described, struct_schema
from tts_chaos.ini_keys import INI_KEYS
from tts_chaos.probing.configuration import KEYS as DOCTOR_KEYS
from tts_chaos.reporting.gate.policy import Policy
from tts_chaos.reporting.plan.settings import PlanSettings
from tts_chaos.subjects.external.loader import TABLES

__all__ = ["config_schema", "plan_schema", "policy_schema", "pyproject_schema"]

_INI_TYPES: dict[str, Schema] = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "paths": {"type": "array", "items": {"type": "string"}},
    "args": {"type": "array", "items": {"type": "string"}},
}
"""As pytest reads them; a text of several words will do for a list, too, and is not offered."""


def policy_schema() -> Schema:
    """Return the schema of `tts-gate.toml`."""
    return struct_schema(Policy)


def plan_schema() -> Schema:
    """Return the schema of `tts-plan.toml`."""
    return struct_schema(PlanSettings)


def config_schema() -> Schema:
    """Return the schema of `tts-chaos.toml`."""
    return {**_tables(), "$defs": shared_definitions()}


def pyproject_schema() -> Schema:
    """Return the schema of what is ours in `pyproject.toml`; the rest of it is left alone."""
    known = "|".join(name.removeprefix("tts_") for name in INI_KEYS)
    options = {
        "type": "object",
        "properties": {
            name: described({**_INI_TYPES[key.type], "default": key.default}, f"{key.description}.")
            for name, key in INI_KEYS.items()
        },
        # pytest takes a key that nobody reads without a word.
        "patternProperties": {rf"^tts_(?!({known})$)": False},
    }
    tool = {
        "tts_chaos": _tables(),
        "pytest": {"type": "object", "properties": {"ini_options": options}},
        **dict.fromkeys(("tts-chaos", "ttschaos", "tts_chaos_integration"), False),
    }
    return {
        "type": "object",
        "properties": {"tool": {"type": "object", "properties": tool}},
        "$defs": shared_definitions(),
    }


def _tables() -> Schema:
    parts = {
        "integration": integration_schema(),
        "doctor": _doctor(),
        "load": load_schema(),
        "gate": policy_schema(),
        "plan": plan_schema(),
    }
    return {
        "type": "object",
        "properties": {
            name: described(
                {key: each for key, each in parts[name].items() if key != "description"}, text
            )
            for name, text in TABLES.items()
        },
        "additionalProperties": False,
    }


def _doctor() -> Schema:
    texts: Schema = {"type": "array", "items": {"type": "string"}}
    shapes: dict[str, Schema] = {
        "operations": {"type": "array", "items": {"$ref": "#/$defs/operation"}},
        "mapping": {"type": "object", "additionalProperties": {"type": "object"}},
        "recordings": texts,
        "exclude": texts,
    }
    return {
        "type": "object",
        "properties": {
            key: described(shapes[key], f"{text[0].upper()}{text[1:]}.")
            for key, text in DOCTOR_KEYS.items()
        },
        "additionalProperties": False,
    }
