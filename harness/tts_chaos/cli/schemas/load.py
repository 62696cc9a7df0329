"""The schema of the table `load`: what is sent, and what must hold."""

from __future__ import annotations

from tts_chaos.cli.schemas.integration import request_line
from tts_chaos.cli.schemas.scenario import fault_schema
from tts_chaos.cli.schemas.structs import Schema, described, struct_schema
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.load.budgets import ALL, DEFAULTS, ERRORS, PERCENTILE, SUBJECTS
from tts_chaos.load.plan import AREAS, SHARES
from tts_chaos.load.profiles import Profile
from tts_chaos.load.samples import OPERATIONS
from tts_chaos.load.settings import KEYS, LEAST
from tts_chaos.load.targets import METHODS

__all__ = ["load_schema"]

_TEXT: Schema = {"type": "string"}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}


def load_schema() -> Schema:
    """Return the schema of the table; faults are those of `scenario.shared_definitions`."""
    parts = {
        "operations": _table({name: _operation(name) for name in OPERATIONS}),
        "budgets": _table({subject: _budget(subject) for subject in SUBJECTS}),
        "profiles": {"type": "object", "additionalProperties": _profile()},
        "faults": {
            "type": "object",
            "additionalProperties": {"type": "array", "minItems": 1, "items": _act()},
        },
        "shares": _table(
            {
                area: described(
                    {"type": "number", "minimum": 0, "default": SHARES[area]},
                    f"Share of {area}; {SHARES[area]} by default.",
                )
                for area in AREAS
            }
        ),
        "timeout_s": {"type": "number", "minimum": LEAST["timeout_s"]},
        "headers": {"type": "object", "additionalProperties": _TEXT},
        "orders": {"type": "number", "minimum": LEAST["orders"]},
        "products": {"type": "number", "minimum": LEAST["products"]},
    }
    return _table({key: described(parts[key], text) for key, text in KEYS.items()})


def _table(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _operation(name: str) -> Schema:
    body = described(_TEXT, "Template of the body, with placeholders such as {sku_id}.")
    line = described(request_line(*METHODS), "Method and path, as `GET /stock/{sku_id}`.")
    long = _table({"http": line, "body": body})
    either: Schema = {"anyOf": [request_line(*METHODS), {**long, "required": ["http"]}]}
    return described(either, f"The request that stands for {name}.")


def _budget(subject: str) -> Schema:
    usual = ", ".join(f"{key} {limit:g}" for key, limit in DEFAULTS.get(subject, {}).items())
    limit: Schema = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"const": False}]}
    share: Schema = {
        "anyOf": [{"type": "number", "minimum": 0, "exclusiveMaximum": 1}, {"const": False}]
    }
    schema: Schema = {
        "type": "object",
        "properties": {
            "p50": described(limit, "Milliseconds for half of the requests; false for none."),
            "p95": described(limit, "Milliseconds for 95 of 100 requests; false for none."),
            "p99": described(limit, "Milliseconds for 99 of 100 requests; false for none."),
            ERRORS: described(share, "Share of the requests that may go wrong; false for none."),
        },
        "patternProperties": {f"^{PERCENTILE}$": limit},
        "additionalProperties": False,
    }
    what = "all requests together" if subject == ALL else subject
    return described(schema, f"Of {what}; by default {usual or 'none'}.")


def _profile() -> Schema:
    schema = struct_schema(Profile)
    schema["properties"]["rate"] |= {"exclusiveMinimum": 0}
    stages = schema["properties"]["stages"]
    stages["minItems"] = 1
    stage = stages["items"]["properties"]
    stage["for_s"] |= {"exclusiveMinimum": 0}
    for key in ("rate", "end_rate", "backlog"):
        stage[key] |= {"minimum": 0}
    return schema


def _act() -> Schema:
    when = {
        "begin": described({**_SHARE, "default": 0}, "When, as a share of the peak."),
        "end": described({**_SHARE, "default": 1}, "When it is over, as a share of the peak."),
    }
    return {"anyOf": [fault_schema(name, **when) for name in FAULTS]}
