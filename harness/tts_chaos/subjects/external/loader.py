"""Finds and reads the configuration of a program under test.

It stands in `tts-chaos.toml` under `[integration]`, or in `pyproject.toml` under
`[tool.tts_chaos.integration]`.
"""

from __future__ import annotations

import ipaddress
import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tts_chaos.core.registry import nearest
from tts_chaos.errors import IntegrationFileError
from tts_chaos.scenarios.shape import Place, convert, refuse_unknown_keys
from tts_chaos.subjects.external import postgresql
from tts_chaos.subjects.external.capability import (
    check_database,
    read_argv,
    read_call,
    read_http,
    read_request_line,
)
from tts_chaos.subjects.external.model import (
    Call,
    CommandCall,
    Configuration,
    HttpCall,
    HttpReady,
    LineReady,
    PortReady,
    Ready,
    SqlQuery,
    StartAgain,
)
from tts_chaos.subjects.external.templates import CONNECTION, fill, refuse_unknown, used_in
from tts_chaos.subjects.reach import REACHES

__all__ = [
    "READY_WITHIN_MOST_S",
    "TABLES",
    "IntegrationTable",
    "ReachTable",
    "SearchTable",
    "find_configuration",
    "load_configuration",
]

OWN_FILE = "tts-chaos.toml"
SHARED_FILE = "pyproject.toml"
TABLES = {
    "integration": "The program under test.",
    "doctor": "What `tts-chaos doctor` looks at.",
    "load": "What `tts-chaos load` sends, and what must hold.",
    "gate": "What a release has to fulfil: the policy of `--tts-gate`.",
    "plan": "What `tts-chaos plan` cannot measure: people, rates, objectives.",
}
"""Tables of the file, and what each is for."""
READY_WITHIN_MOST_S = 600
_PORT_MAX = 65_535
_OF_EACH_RUN = "http://127.0.0.1:{port}"


class _FilePlace(Place):
    """Where in a configuration file a value stands: `integration.capabilities.orders`."""

    def error(self, problem: str) -> IntegrationFileError:
        return IntegrationFileError(problem, path=self.path, key=self.key)


class SearchTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is searched for secrets after each run, besides output, workspace and its databases.

    Attributes:
        files: Files, or patterns of them; what earlier runs wrote does not count.
        urls: Pages of the program, as `GET /debug`.
        databases: PostgreSQL databases on this machine, as `postgresql://127.0.0.1/shop`.
    """

    files: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()


class ReachTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a program with hard-coded addresses reaches the twin.

    Attributes:
        how: `environment` where it takes addresses from its environment, `auto` to find a way.
        local_ports: Ports on this machine that it may reach all the same: its database's.
    """

    how: str = "environment"
    local_ports: tuple[int, ...] = ()


class IntegrationTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The program under test, as it stands in the file; what has several forms is read by hand.

    Attributes:
        capabilities: How each thing that it offers is had.
        start: The command that starts it, a list or a text; no shell. Left out for commands alone,
            or for a program that runs already.
        folder: Working folder, relative to this file.
        ready: When it is ready: `"GET /health"`, `{ line = "listening" }` or `{ port = true }`.
        ready_within_s: Seconds to get ready.
        base_url: Where it listens; `{port}` is a free port for each start.
        connect: For a program that runs already: the request that tells it the twin's addresses.
        env: Environment variables of the program.
        inherit: Environment variables to pass on besides the usual ones.
        search: What is searched for secrets.
        reach: How it reaches the twin.
    """

    capabilities: dict[str, Any]
    start: Any = None
    folder: str = "."
    ready: Any = None
    ready_within_s: float = 20.0
    base_url: str = _OF_EACH_RUN
    connect: Any = None
    env: dict[str, Any] = {}
    inherit: tuple[str, ...] = ()
    search: SearchTable = SearchTable()
    reach: ReachTable = ReachTable()


def find_configuration(folders: Iterable[Path]) -> Path | None:
    """Return the first file in `folders` that configures an integration.

    Raises:
        IntegrationFileError: If both files of a folder do, or one of them is no TOML.
    """
    for folder in folders:
        own, shared = folder / OWN_FILE, folder / SHARED_FILE
        in_shared = shared.is_file() and _table_of(shared) is not None
        if own.is_file() and not _is_for_the_doctor(own):
            if in_shared:
                raise IntegrationFileError(
                    f"the integration is configured here and in {shared}; keep one",
                    path=str(own),
                )
            return own
        if in_shared:
            return shared
    return None


def load_configuration(file: Path) -> Configuration:
    """Return the configuration that a file holds.

    Raises:
        IntegrationFileError: Naming file and key, what was expected, and the nearest valid word.
    """
    found = _table_of(file)
    if found is None:
        raise IntegrationFileError("expected the table [integration], found none", path=str(file))
    value, key = found
    place = _FilePlace(str(file), key)
    table = convert(value, IntegrationTable, place)
    capabilities = _read_capabilities(table.capabilities, place.at("capabilities"))
    configuration = Configuration(
        file=file,
        key=key,
        folder=_read_folder(table.folder, file, place.at("folder")),
        start=None if table.start is None else _argv(table.start, place.at("start")),
        ready=_read_ready(table, capabilities, place),
        ready_within_s=_seconds(table.ready_within_s, place.at("ready_within_s")),
        base_url=_read_base_url(table.base_url, place.at("base_url")),
        connect=_read_connect(table.connect, place.at("connect")),
        env=_read_env(table.env, place.at("env")),
        inherit=table.inherit,
        capabilities=capabilities,
        search_files=_read_patterns(table.search.files, place.at("search").at("files")),
        search_urls=_read_urls(table.search.urls, place.at("search").at("urls")),
        search_databases=_read_databases(
            table.search.databases, capabilities, place.at("search").at("databases")
        ),
        reach=_read_reach(table.reach.how, place.at("reach").at("how")),
        local_ports=_read_ports(table.reach.local_ports, place.at("reach").at("local_ports")),
    )
    _check_whole(configuration, place)
    return configuration


def _is_for_the_doctor(file: Path) -> bool:
    """Whether a file of our own configures other commands and no integration.

    An empty one, or one with a misspelt table, is meant for an integration.
    """
    try:
        tables = set(tomllib.loads(file.read_text(encoding="utf-8")))
        return bool(tables) and tables <= {"doctor", "load"}
    except (OSError, ValueError):
        return False


def _table_of(file: Path) -> tuple[Mapping[str, Any], str] | None:
    """Return the table of a file and its key; None where a shared file has none."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise IntegrationFileError(
            f"cannot be read: {error.strerror or error}", path=str(file)
        ) from None
    except ValueError as error:
        raise IntegrationFileError(f"no valid TOML: {error}", path=str(file)) from None
    if file.name == SHARED_FILE:
        return _shared_table(document.get("tool", {}), file)
    refuse_unknown_keys(document, TABLES, _FilePlace(str(file), "the file"))
    return _as_table(document.get("integration"), file, "integration")


def _shared_table(tool: Mapping[str, Any], file: Path) -> tuple[Mapping[str, Any], str] | None:
    for name in ("tts-chaos", "ttschaos", "tts_chaos_integration"):
        if name in tool:
            raise IntegrationFileError(
                f"unknown table 'tool.{name}'; write [tool.tts_chaos.integration]", path=str(file)
            )
    ours = tool.get("tts_chaos")
    if ours is None:
        return None
    place = _FilePlace(str(file), "tool.tts_chaos")
    if not isinstance(ours, Mapping):
        raise place.error(f"expected a table, got {ours!r}")
    refuse_unknown_keys(ours, TABLES, place)
    return _as_table(ours.get("integration"), file, "tool.tts_chaos.integration")


def _as_table(value: Any, file: Path, key: str) -> tuple[Mapping[str, Any], str] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise _FilePlace(str(file), key).error(f"expected a table, got {value!r}")
    return value, key


# -- one key after the other ----------------------------------------------------------------------


def _argv(value: Any, place: Place) -> tuple[str, ...]:
    return read_argv(value, CONNECTION, place)


def _read_folder(value: str, file: Path, place: Place) -> Path:
    folder = (file.parent / value).resolve()
    if not folder.is_dir():
        raise place.error(f"expected a folder, relative to this file; {folder} is none")
    return folder


def _read_capabilities(value: Mapping[str, Any], place: Place) -> dict[str, Call]:
    read = {name: read_call(name, how, place.at(name)) for name, how in value.items()}
    offered = {name: how for name, how in read.items() if how is not None}
    if not offered:
        raise place.error(
            'expected at least one capability, for example sync_orders = "POST /sync"'
        )
    return offered


def _read_ready(
    table: IntegrationTable, capabilities: Mapping[str, Call], place: Place
) -> Ready | None:
    value, here = table.ready, place.at("ready")
    if value is None:
        asked = any(isinstance(how, HttpCall) for how in capabilities.values())
        return PortReady() if asked else None
    if isinstance(value, str):
        method, path = read_request_line(value, here)
        if method != "GET":
            raise here.error(f"expected GET, which changes nothing, got {method}")
        return HttpReady(path=path)
    if not isinstance(value, Mapping) or len(value) != 1:
        raise here.error(
            f'expected "GET /health", {{ line = "text" }} or {{ port = true }}, got {value!r}'
        )
    refuse_unknown_keys(value, ("line", "port"), here)
    if "port" in value:
        if value["port"] is not True:
            raise here.at("port").error(f"expected true, got {value['port']!r}")
        return PortReady()
    if not isinstance(value["line"], str) or not value["line"].strip():
        raise here.at("line").error(f"expected text that it writes, got {value['line']!r}")
    return LineReady(text=value["line"])


def _seconds(value: float, place: Place) -> float:
    if not (math.isfinite(value) and 0 < value <= READY_WITHIN_MOST_S):
        raise place.error(
            f"expected seconds, above 0 and up to {READY_WITHIN_MOST_S}, got {value!r}"
        )
    return value


def _read_base_url(value: str, place: Place) -> str:
    refuse_unknown(value, ("port",), place)
    try:
        where = urlsplit(fill(value, {"port": "8080"}))
        port = where.port
    except ValueError as error:
        raise place.error(f"expected an address such as {_OF_EACH_RUN!r}: {error}") from None
    if where.scheme != "http" or not where.hostname:
        raise place.error(
            f"expected an address such as {_OF_EACH_RUN!r}, got {value!r}; "
            "the program is asked over plain http, on this machine"
        )
    if port is None:
        raise place.error(f"expected a port, at best {{port}}, got {value!r}")
    if not _is_loopback(where.hostname):
        raise place.error(
            f"{where.hostname!r} is not this machine, and nothing may leave it during a run"
        )
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_connect(value: Any, place: Place) -> HttpCall | None:
    if value is None:
        return None
    if isinstance(value, str):
        value = {"http": value}
    if not isinstance(value, Mapping) or "http" not in value:
        raise place.error(f'expected "METHOD /path" or a table with http, got {value!r}')
    return read_http("sync_orders", value, place)


def _read_env(value: Mapping[str, Any], place: Place) -> dict[str, str]:
    for name, text in value.items():
        if not isinstance(text, str):
            raise place.at(name).error(f"expected text, got {text!r}; put it into quotes")
        if not name or "=" in name or "\0" in name + text:
            raise place.at(name).error("no name of an environment variable has a = or a zero")
        refuse_unknown(text, CONNECTION, place.at(name))
    return dict(value)


def _read_patterns(values: tuple[str, ...], place: Place) -> tuple[str, ...]:
    for number, value in enumerate(values):
        refuse_unknown(value, ("workspace",), place.at(number))
        if not value.strip():
            raise place.at(number).error("expected a path or a pattern, got nothing")
    return values


def _read_urls(values: tuple[str, ...], place: Place) -> tuple[str, ...]:
    for number, value in enumerate(values):
        method, _ = read_request_line(value, place.at(number))
        if method != "GET":
            raise place.at(number).error(f"expected GET, which changes nothing, got {method}")
    return values


def _read_databases(
    values: tuple[str, ...], capabilities: Mapping[str, Call], place: Place
) -> tuple[str, ...]:
    """Return the PostgreSQL databases to search: those named, and those that are read anyway."""
    for number, value in enumerate(values):
        check_database(value, place.at(number), sqlite=False)
    read = [how.database for how in capabilities.values() if isinstance(how, SqlQuery)]
    named = [url for url in read if url.startswith(postgresql.SCHEMES)]
    return tuple(dict.fromkeys((*values, *named)))


def _read_reach(value: str, place: Place) -> str:
    if value not in REACHES:
        close = nearest(value, REACHES)
        hint = f"; did you mean {close!r}?" if close else ""
        raise place.error(f"{value!r} is not valid; expected one of {', '.join(REACHES)}{hint}")
    return value


def _read_ports(values: tuple[int, ...], place: Place) -> tuple[int, ...]:
    for number, value in enumerate(values):
        if not 0 < value <= _PORT_MAX:
            raise place.at(number).error(f"expected a port from 1 to {_PORT_MAX}, got {value}")
    return values


# -- what must fit together -----------------------------------------------------------------------


def _check_whole(configuration: Configuration, place: Place) -> None:
    calls = configuration.capabilities.values()
    if configuration.start is None:
        is_running = any(isinstance(how, HttpCall) for how in calls)
        is_called = any(isinstance(how, CommandCall) for how in calls)
        # Where every call is a command, each of them starts from what was kept.
        if any(isinstance(how, StartAgain) for how in calls) and (is_running or not is_called):
            raise (
                place.at("capabilities")
                .at("restart")
                .error("nothing can be started again without a `start` command; add one")
            )
        if is_running:
            _check_running_already(configuration, place)
    elif isinstance(configuration.ready, HttpReady | PortReady) and _is_deaf(configuration):
        raise place.at("base_url").error(
            "a free port is chosen for each start, but the program is not told which: pass {port} "
            "on in `start` or `env`, or write the port that it listens on here"
        )


def _is_deaf(configuration: Configuration) -> bool:
    """Whether the port is chosen here and told to nobody."""
    told = (*(configuration.start or ()), *configuration.env.values())
    is_chosen = "port" in used_in(configuration.base_url)
    return is_chosen and not any("port" in used_in(text) for text in told)


def _check_running_already(configuration: Configuration, place: Place) -> None:
    if "port" in used_in(configuration.base_url):
        raise place.error(
            "the key 'start' is required and missing; or, if the program runs already, write "
            "where it listens into base_url"
        )
    if configuration.connect is None:
        raise place.error(
            "a program that runs already has to be told the twin's addresses and keys before each "
            'run: add connect = "POST /path", or a start command, whose environment tells them'
        )
