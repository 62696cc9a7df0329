"""The schema of the table `integration`: a program in any language."""

from __future__ import annotations

from tts_chaos.cli.schemas.structs import Schema, described, struct_schema
from tts_chaos.subjects.external.capability import METHODS
from tts_chaos.subjects.external.loader import READY_WITHIN_MOST_S, IntegrationTable
from tts_chaos.subjects.reach import REACHES
from tts_chaos.typing import ACTIONS, OBSERVATIONS

__all__ = ["integration_schema", "request_line"]

_TEXT: Schema = {"type": "string"}
_ARGV: Schema = {
    "anyOf": [
        {"type": "string", "pattern": r"\S"},
        {"type": "array", "minItems": 1, "items": _TEXT},
    ]
}
_AT = described(
    {"type": "string", "pattern": r"^([^.\s]+(\.[^.\s]+)*)?$"},
    "The part of the answer that counts: keys joined by dots.",
)
_QUERY: Schema = {"type": "string", "pattern": r"^\s*([sS][eE][lL][eE][cC][tT]|[wW][iI][tT][hH]|"
                  r"[vV][aA][lL][uU][eE][sS])\s"}  # fmt: skip
_ON_THIS_MACHINE = "On this machine; `{workspace}` is the run's own folder."


def request_line(*methods: str) -> Schema:
    """Return the schema of `"POST /sync"`."""
    return {"type": "string", "pattern": rf"^\s*({'|'.join(methods)})\s+/\S*\s*$"}


def integration_schema() -> Schema:
    """Return the schema of the table."""
    schema = struct_schema(
        IntegrationTable,
        start=_ARGV,
        ready={"anyOf": [request_line("GET"), _line(), _port()]},
        ready_within_s={
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": READY_WITHIN_MOST_S,
        },
        base_url={"type": "string", "pattern": r"^http://"},
        connect={"anyOf": [request_line(*METHODS), _http()]},
        env={
            "type": "object",
            "additionalProperties": _TEXT,
            "propertyNames": {"pattern": "^[^=]+$"},
        },
        capabilities=_capabilities(),
    )
    reach = schema["properties"]["reach"]["properties"]
    reach["how"] = {**reach["how"], "enum": list(REACHES)}
    reach["local_ports"]["items"] |= {"minimum": 1, "maximum": 65_535}
    search = schema["properties"]["search"]["properties"]
    search["files"]["items"] |= {"pattern": r"\S"}
    search["urls"]["items"] |= request_line("GET")
    search["databases"]["items"] |= {"pattern": "^postgres(ql)?://"}
    return schema


def _line() -> Schema:
    return {
        "type": "object",
        "description": "Ready once it has written this text.",
        "properties": {"line": described({"type": "string", "pattern": r"\S"}, "The text.")},
        "required": ["line"],
        "additionalProperties": False,
    }


def _port() -> Schema:
    return {
        "type": "object",
        "description": "Ready once its port takes connections.",
        "properties": {"port": {"const": True}},
        "required": ["port"],
        "additionalProperties": False,
    }


def _capabilities() -> Schema:
    words = {**ACTIONS, **OBSERVATIONS}
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {name: described(_ways(name), _sentence(words[name])) for name in words},
        "additionalProperties": False,
    }


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _ways(name: str) -> Schema:
    ways = [
        {"const": False, "description": "Not offered."},
        described(request_line(*METHODS), "A request; a status of 2xx is success."),
        _http(with_body=name != "deliver_webhook"),
        _command(),
    ]
    if name == "restart":
        ways.append({"const": True, "description": "Stop the program and start it again."})
    if name in OBSERVATIONS:
        ways.append(_sql())
    return {"anyOf": ways}


def _http(*, with_body: bool = True) -> Schema:
    body = described(_TEXT, "Template of the body; without it the arguments are sent as an object.")
    return {
        "type": "object",
        "description": "A request.",
        "properties": {
            "http": described(request_line(*METHODS), "Method and path, as `POST /sync`."),
            "headers": described(
                {"type": "object", "additionalProperties": _TEXT}, "Sent besides our own."
            ),
            **({"body": body} if with_body else {}),
            "at": _AT,
        },
        "required": ["http"],
        "additionalProperties": False,
    }


def _command() -> Schema:
    return {
        "type": "object",
        "description": "A command; exit status 0 is success, the last line it prints is JSON.",
        "properties": {
            "command": described(_ARGV, "The command, a list or a text; no shell."),
            "at": _AT,
        },
        "required": ["command"],
        "additionalProperties": False,
    }


def _sql() -> Schema:
    return {
        "type": "object",
        "description": "A query on the program's own database; it only reads.",
        "properties": {
            "sql": described(_QUERY, "A query that reads: select, with or values."),
            "database": described(
                {"type": "string", "pattern": "^(sqlite:.*[^/]|postgres(ql)?://.*)$"},
                _ON_THIS_MACHINE,
            ),
        },
        "required": ["sql", "database"],
        "additionalProperties": False,
    }
