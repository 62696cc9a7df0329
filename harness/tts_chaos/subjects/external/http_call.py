"""A capability had over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tts_chaos.core.history import Json
from tts_chaos.subjects.external.asking import Answer, ask
from tts_chaos.subjects.external.failures import AnswerError
from tts_chaos.subjects.external.model import HttpCall
from tts_chaos.subjects.external.templates import fill, used_in
from tts_chaos.subjects.external.values import excerpt, parse, part_at
from tts_chaos.typing import ACTIONS

__all__ = ["as_json", "as_text", "call_http"]

SETTINGS = "settings"
"""Placeholder for all settings of `reconfigure`, whose names the scenario decides."""


def as_text(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return arguments for places that hold text: text as it is, everything else as JSON."""
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in arguments.items()}


def as_json(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return arguments for places that hold JSON."""
    return {name: json.dumps(value) for name, value in arguments.items()}


def call_http(
    name: str,
    how: HttpCall,
    arguments: Mapping[str, Any],
    *,
    base_url: str,
    values: Mapping[str, str],
) -> Json:
    """Ask; returns the value that came, its shape unchecked.

    Args:
        name: The capability.
        how: How it is had.
        arguments: Those of the call, by name.
        base_url: Where the program listens.
        values: Of the placeholders that stand for the connection.

    Raises:
        CallError: If it answers with an error, with no JSON where that is needed, or not at all.
    """
    if name == "deliver_webhook":
        return _deliver(how, arguments, base_url, values).status
    if name == "reconfigure":
        arguments = {SETTINGS: dict(arguments)}
    path = fill(how.path, {**values, **as_text(arguments)}, lambda value: quote(value, safe=""))
    body = _body(how, arguments, values)
    headers = _headers(how, values)
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    answer = ask(base_url, how.method, path, headers=headers, body=body)
    if not 200 <= answer.status < 300:
        raise AnswerError(f"{how.title} answered {answer.status}: {excerpt(answer.body)}")
    if name in ACTIONS and name != "quote_checkout":
        return None
    return part_at(parse(answer.body), how.at)


def _deliver(
    how: HttpCall, arguments: Mapping[str, Any], base_url: str, values: Mapping[str, str]
) -> Answer:
    """Pass a webhook through, byte for byte: its signature is over the raw body."""
    headers = {**_headers(how, values), **arguments["headers"]}
    # Counted from the body here; a second one, perhaps another, would be no valid request.
    headers = {k: v for k, v in headers.items() if k.lower() not in ("content-length", "host")}
    body = arguments["body"]
    data = body if isinstance(body, bytes) else str(body).encode()
    return ask(base_url, how.method, fill(how.path, values), headers=headers, body=data)


def _headers(how: HttpCall, values: Mapping[str, str]) -> dict[str, str]:
    return {name: fill(value, values) for name, value in how.headers.items()}


def _body(how: HttpCall, arguments: Mapping[str, Any], values: Mapping[str, str]) -> bytes | None:
    if how.body is not None:
        # What stands for the connection is put between quotes by whoever wrote the template.
        quoted = {name: json.dumps(value)[1:-1] for name, value in values.items()}
        return fill(how.body, {**quoted, **as_json(arguments)}).encode()
    if how.method in _WITHOUT_BODY or not arguments or used_in(how.path) & set(arguments):
        return None
    sent = arguments[SETTINGS] if set(arguments) == {SETTINGS} else dict(arguments)
    return json.dumps(sent).encode()


_WITHOUT_BODY = ("GET", "HEAD", "DELETE")
