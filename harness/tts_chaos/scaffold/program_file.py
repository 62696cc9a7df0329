"""The configuration of a program in any language: `tts-chaos.toml`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tts_chaos.diagnosis.roles import Role
from tts_chaos.scaffold.answers import Answers

__all__ = ["DEFAULT_NAMES", "HOW", "PLACEHOLDERS", "SCHEMAS", "program_files"]

SCHEMAS = ".tts-chaos/schemas"
"""Folder of the schemas that the first line of a file names, so that editors complete it."""

HOW: Mapping[str, str] = {
    "sync_orders": "POST /sync",
    "push_stock": "PUT /stock",
    "ship": "POST /ship",
    "cancel": "POST /cancel",
    "refund": "POST /refund",
    "deliver_webhook": "POST /webhook",
    "quote_checkout": "POST /quote",
    "restart": "restart",
    "reconfigure": "POST /settings",
    "flush": "POST /flush",
    "orders": "GET /orders",
    "stock": "GET /stock",
    "shipments": "GET /shipments",
    "refunds": "GET /refunds",
    "alerts": "GET /alerts",
    "tokens": "GET /tokens",
    "health": "GET /health",
    "conversions": "GET /conversions",
    "logs": "GET /logs",
}
"""How each capability is had where nobody says otherwise."""

PLACEHOLDERS: Mapping[Role, str] = {
    Role.API_URL: "{api_url}",
    Role.TOKEN_URL: "{token_url}",
    Role.APP_KEY: "{app_key}",
    Role.APP_SECRET: "{app_secret}",
    Role.ACCESS_TOKEN: "{access_token}",
    Role.REFRESH_TOKEN: "{refresh_token}",
    Role.SHOP_ID: "{shop_id}",
    Role.SHOP_CIPHER: "{shop_cipher}",
}
"""What the harness fills in for each role."""

DEFAULT_NAMES: Mapping[Role, str] = {role: f"TTS_{role.name}" for role in PLACEHOLDERS}

_BODIES = {"push_stock": "{changes}"}
"""What is sent where an action has one argument that is the whole body."""


def program_files(answers: Answers, _there: Mapping[str, str]) -> dict[str, str]:
    """Return the file, by name."""
    lines = [f"#:schema {SCHEMAS}/config.schema.json", "", "[integration]"]
    if answers.start:
        lines.append(f"start = {_text(answers.start)}")
    if answers.base_url:
        lines.append(f"base_url = {_text(answers.base_url)}")
    if answers.ready:
        lines.append(f"ready = {_text(answers.ready)}")
    if answers.connect:
        lines.append(f"connect = {_text(answers.connect)}")
    lines += ["", "[integration.env]"]
    lines += [f"{name} = {_text(value)}" for name, value in answers.env.items()]
    lines += ["", "[integration.capabilities]"]
    lines += [f"{name} = {_how(name, how)}" for name, how in answers.offers.items()]
    if answers.reach != "environment":
        lines += ["", "[integration.reach]", f"how = {_text(answers.reach)}"]
    return {"tts-chaos.toml": "\n".join(lines) + "\n"}


def _text(value: str) -> str:
    """Return a basic string of TOML; its escapes are JSON's."""
    return json.dumps(value, ensure_ascii=False)


def _how(name: str, how: str) -> str:
    if how == "restart":
        return "true"
    if how.startswith("command:"):
        return f"{{ command = {_text(how.removeprefix('command:').strip())} }}"
    if how.startswith("sql:"):
        query, _, database = how.removeprefix("sql:").rpartition("@")
        return f"{{ sql = {_text(query.strip())}, database = {_text(database.strip())} }}"
    if name in _BODIES:
        return f"{{ http = {_text(how)}, body = {_text(_BODIES[name])} }}"
    return _text(how)
