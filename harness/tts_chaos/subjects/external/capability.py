"""Reads one capability: `"POST /sync"`, or a table with http, command or sql."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tts_chaos.core.registry import nearest
from tts_chaos.scenarios.shape import Place, refuse_unknown_keys
from tts_chaos.subjects.external import postgresql
from tts_chaos.subjects.external.http_call import SETTINGS
from tts_chaos.subjects.external.model import Call, CommandCall, HttpCall, SqlQuery, StartAgain
from tts_chaos.subjects.external.templates import CONNECTION, refuse_unknown
from tts_chaos.typing import ACTION_ARGUMENTS, ACTIONS, OBSERVATIONS

__all__ = [
    "METHODS",
    "check_database",
    "read_argv",
    "read_call",
    "read_http",
    "read_path",
    "read_request_line",
]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_AT = re.compile(r"[^.\s]+(\.[^.\s]+)*")


def read_call(name: str, value: Any, place: Place) -> Call | None:
    """Return how a capability is had; None where the file says `false`: not at all.

    Raises:
        UsageError: If it says something else than one way to have it.
    """
    if name not in (*ACTIONS, *OBSERVATIONS):
        known = [*ACTIONS, *OBSERVATIONS]
        close = nearest(name, known)
        hint = f" Did you mean {close!r}?" if close else ""
        raise place.error(f"there is no capability {name!r}.{hint} Known: {', '.join(known)}")
    if isinstance(value, bool):
        if value and name != "restart":
            raise place.error(
                'only restart may be true; say how it is had, for example "POST /sync"'
            )
        return StartAgain() if value else None
    if isinstance(value, str):
        return read_http(name, {"http": value}, place)
    if not isinstance(value, Mapping):
        raise place.error(f'expected "METHOD /path" or a table, got {value!r}')
    ways = [way for way in _READERS if way in value]
    if len(ways) != 1:
        close = next((hit for key in value if (hit := nearest(key, _READERS))), None)
        hint = f" Did you mean {close!r}?" if close and not ways else ""
        found = " and ".join(ways) or f"only {', '.join(value)}" if value else "nothing"
        raise place.error(f"expected one of the keys {', '.join(_READERS)}, got {found}.{hint}")
    return _READERS[ways[0]](name, value, place)


def read_http(name: str, value: Mapping[str, Any], place: Place) -> HttpCall:
    """Return a capability had over HTTP; `name` decides which arguments there are."""
    refuse_unknown_keys(value, ("http", "headers", "body", "at"), place)
    line_place = place.at("http") if len(value) > 1 else place
    method, path = read_request_line(value["http"], line_place)
    known = _placeholders(name)
    refuse_unknown(path, known, line_place)
    headers = value.get("headers", {})
    if not isinstance(headers, Mapping):
        raise place.at("headers").error(f"expected a table of texts, got {headers!r}")
    for key, text in headers.items():
        refuse_unknown(_text(text, place.at("headers").at(key)), CONNECTION, place.at("headers"))
    body = value.get("body")
    if body is not None:
        if name == "deliver_webhook":
            raise place.at("body").error(
                "a webhook is passed through as it is, for its signature is over its raw body; "
                "leave this key out"
            )
        refuse_unknown(_text(body, place.at("body")), known, place.at("body"))
    return HttpCall(
        method=method, path=path, headers=dict(headers), body=body, at=_at(value, place)
    )


def read_request_line(value: Any, place: Place) -> tuple[str, str]:
    """Return method and path of `"POST /sync"`."""
    method, _, path = _text(value, place).strip().partition(" ")
    path = path.strip()
    if method not in METHODS:
        close = nearest(method.upper(), METHODS)
        hint = f" Did you mean {close!r}?" if close else ""
        raise place.error(
            f'expected "METHOD /path" with one of {", ".join(METHODS)}, got {value!r}.{hint}'
        )
    return method, read_path(path, place)


def read_path(path: str, place: Place) -> str:
    """Return a path that HTTP can carry."""
    if not path.startswith("/") or any(sign.isspace() for sign in path):
        raise place.error(f"expected a path that begins with /, without spaces, got {path!r}")
    return path


def read_argv(value: Any, known: Iterable[str], place: Place) -> tuple[str, ...]:
    """Return a command: a list of texts, or a text split as a shell does, without a shell."""
    if isinstance(value, str):
        try:
            parts = shlex.split(value)
        except ValueError as error:
            raise place.error(f"cannot be split into words ({error}): {value!r}") from None
    elif isinstance(value, list):
        parts = [_text(part, place.at(number)) for number, part in enumerate(value)]
    else:
        raise place.error(f"expected a command, a list of texts or a text, got {value!r}")
    if not parts or not parts[0]:
        raise place.error("expected a command, got nothing")
    for part in parts:
        refuse_unknown(part, known, place)
    return tuple(parts)


def _read_command(name: str, value: Mapping[str, Any], place: Place) -> CommandCall:
    refuse_unknown_keys(value, ("command", "at"), place)
    known = _placeholders(name) if name != "deliver_webhook" else (*CONNECTION, "headers")
    argv = read_argv(value["command"], known, place.at("command"))
    return CommandCall(argv=argv, at=_at(value, place))


def _read_sql(name: str, value: Mapping[str, Any], place: Place) -> SqlQuery:
    if name in ACTIONS:
        raise place.error(f"{name} is an action and a query only reads; use http or command")
    refuse_unknown_keys(value, ("sql", "database"), place)
    query = _text(value["sql"], place.at("sql")).strip()
    first = query.split(maxsplit=1)[0].lower() if query else ""
    if first not in ("select", "with", "values"):
        raise place.at("sql").error(f"expected a query that reads (select ...), got {query!r}")
    if "database" not in value:
        raise place.error(
            "the key 'database' is required and missing, for example "
            '"sqlite:{workspace}/shop.db" or "postgresql://127.0.0.1/shop"'
        )
    database = _text(value["database"], place.at("database"))
    check_database(database, place.at("database"))
    return SqlQuery(query=query, database=database)


def check_database(url: str, place: Place, *, sqlite: bool = True) -> None:
    """Check the URL of a database on this machine.

    Args:
        url: The URL, placeholders in it.
        place: Where it stands.
        sqlite: Whether a SQLite file will do.

    Raises:
        ScenarioError: If it is none, elsewhere, or cannot be read here.
    """
    refuse_unknown(url, CONNECTION, place)
    if sqlite and url.startswith("sqlite:"):
        if not url.removeprefix("sqlite:").strip("/"):
            raise place.error("expected the path of a file after sqlite:, got none")
        return
    if not url.startswith(postgresql.SCHEMES):
        either = '"sqlite:PATH" or ' if sqlite else ""
        raise place.error(f'expected {either}"postgresql://...", got {url!r}')
    if not postgresql.is_on_this_machine(url):
        raise place.error(f"{url!r} is not on this machine, and nothing may leave it during a run")
    missing = postgresql.why_unavailable()
    if missing:
        raise place.error(missing)


_READERS: dict[str, Callable[[str, Mapping[str, Any], Place], Call]] = {
    "http": read_http,
    "command": _read_command,
    "sql": _read_sql,
}


def _placeholders(name: str) -> tuple[str, ...]:
    """Return the placeholders that a capability may use: the connection's and its arguments."""
    if name == "deliver_webhook":
        return CONNECTION
    own = ACTION_ARGUMENTS.get(name, ())
    return (*CONNECTION, *((SETTINGS,) if own is None else own))


def _text(value: Any, place: Place) -> str:
    if not isinstance(value, str):
        raise place.error(f"expected text, got {value!r}")
    return value


def _at(value: Mapping[str, Any], place: Place) -> str:
    at = value.get("at", "")
    if at and not (isinstance(at, str) and _AT.fullmatch(at)):
        raise place.at("at").error(f'expected keys joined by dots ("data.orders"), got {at!r}')
    return str(at)
