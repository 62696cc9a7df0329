"""Reading a PostgreSQL database on this machine, in a transaction that can change nothing."""

from __future__ import annotations

import importlib.util
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.subjects.external.failures import QueryError

__all__ = ["HOW_TO_GET", "SCHEMES", "is_on_this_machine", "read", "why_unavailable"]

SCHEMES = ("postgresql:", "postgres:")
HOW_TO_GET = "reading PostgreSQL needs psycopg: pip install 'pytest-tts-chaos[postgresql]'"
_LOCAL = ("", "localhost", "127.0.0.1", "::1")
_CONNECT_S = 5


def is_on_this_machine(url: str) -> bool:
    """Whether the database is reached without leaving this machine."""
    where = urlsplit(url)
    named = parse_qs(where.query)
    # Options after the question mark win over what stands before it.
    hosts = [*named.get("host", []), *named.get("hostaddr", [])] or [where.hostname or ""]
    # A folder of sockets in place of the host is written percent-encoded.
    return "service" not in named and all(
        host in _LOCAL or host.startswith("/") or host.lower().startswith("%2f") for host in hosts
    )


def why_unavailable() -> str:
    """Return what is missing to read a database, "" where nothing is."""
    return "" if importlib.util.find_spec("psycopg") else HOW_TO_GET


def read(url: str, query: str, *, limit_s: float, most_rows: int) -> list[dict[str, Any]]:
    """Return the rows of a query.

    Raises:
        QueryError: If the server is not there or refuses.
        BackendUnavailableError: If psycopg is not installed.
    """
    try:
        import psycopg
        from psycopg.rows import dict_row
    except ImportError:
        raise BackendUnavailableError(HOW_TO_GET) from None
    try:
        with psycopg.connect(
            url,
            connect_timeout=_CONNECT_S,
            options=f"-c statement_timeout={int(limit_s * 1000)}",
            row_factory=dict_row,
        ) as connection:
            connection.read_only = True
            rows = connection.execute(query).fetchmany(most_rows + 1)
            connection.rollback()
    except psycopg.Error as error:
        raise QueryError(f"PostgreSQL: {str(error).splitlines()[0]}") from None
    if len(rows) > most_rows:
        raise QueryError(f"PostgreSQL: more than {most_rows} rows")
    return [dict(row) for row in rows]
