"""Reading a PostgreSQL database on this machine, in a transaction that can change nothing."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.subjects.external.failures import QueryError

if TYPE_CHECKING:
    import psycopg

__all__ = [
    "HOW_TO_GET",
    "SCHEMES",
    "is_on_this_machine",
    "read",
    "texts_of_tables",
    "why_unavailable",
]

SCHEMES = ("postgresql:", "postgres:")
HOW_TO_GET = "reading PostgreSQL needs psycopg: pip install 'pytest-tts-chaos[postgresql]'"
_LOCAL = ("", "localhost", "127.0.0.1", "::1")
_CONNECT_S = 5
_LIMIT_CHARACTERS = 32 * 1024 * 1024
_ROWS_AT_ONCE = 1_000

_COLUMNS = """
select n.nspname, c.relname, a.attname, a.atttypid = 'bytea'::regtype
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm') and not c.relispartition
  and a.attnum > 0 and not a.attisdropped
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and has_table_privilege(c.oid, 'select')
order by n.nspname, c.relname, a.attnum
"""
"""Columns of all tables that may be read, and whether each holds bytes."""


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
    with _reading(url, limit_s) as connection:
        from psycopg.rows import dict_row

        with connection.cursor(row_factory=dict_row) as cursor:
            # Prepared, it cannot be two: `select 1; commit; drop table orders` is refused.
            rows = cursor.execute(query, prepare=True).fetchmany(most_rows + 1)
    if len(rows) > most_rows:
        raise QueryError(f"PostgreSQL: more than {most_rows} rows")
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    """Return a value as JSON can have it: instants as ISO 8601 writes them, bytes as text."""
    if value is None or isinstance(value, bool | int | float | str | Decimal | dict):
        return value
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _options(limit_s: float) -> str:
    return f"-c statement_timeout={int(limit_s * 1000)} -c default_transaction_read_only=on"


def texts_of_tables(url: str, *, limit_s: float) -> Iterator[tuple[str, str]]:
    """Yield each table's name and every value in it, one a line, up to 32 million characters.

    Nothing is written to the database. Bytes are read as the text that they spell.

    Raises:
        QueryError: If the server is not there or refuses.
        BackendUnavailableError: If psycopg is not installed.
    """
    with _reading(url, limit_s) as connection:
        for (schema, table), columns in _tables(connection).items():
            yield f"{schema}.{table}", _text_of_table(connection, schema, table, columns)


@contextlib.contextmanager
def _reading(url: str, limit_s: float) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Give a connection that can change nothing, and is rolled back."""
    try:
        import psycopg
    except ImportError:
        raise BackendUnavailableError(HOW_TO_GET) from None
    try:
        with psycopg.connect(
            url, connect_timeout=_CONNECT_S, options=_options(limit_s)
        ) as connection:
            connection.read_only = True
            yield connection
            connection.rollback()
    except psycopg.Error as error:
        raise QueryError(f"PostgreSQL: {str(error).splitlines()[0]}") from None


def _tables(
    connection: psycopg.Connection[tuple[Any, ...]],
) -> dict[tuple[str, str], list[tuple[str, bool]]]:
    tables: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for schema, table, column, holds_bytes in connection.execute(_COLUMNS):
        tables.setdefault((schema, table), []).append((column, holds_bytes))
    return tables


def _text_of_table(
    connection: psycopg.Connection[tuple[Any, ...]],
    schema: str,
    table: str,
    columns: list[tuple[str, bool]],
) -> str:
    from psycopg import sql

    # The server spells the values, so that no type is strange here; of a row written as one text,
    # it would double quotes and write bytes in hexadecimal.
    spelt = [
        sql.SQL("encode({}, 'escape')" if holds_bytes else "{}::text").format(sql.Identifier(name))
        for name, holds_bytes in columns
    ]
    query = sql.SQL("select {} from {}").format(
        sql.SQL(", ").join(spelt), sql.Identifier(schema, table)
    )
    pieces: list[str] = []
    size = 0
    with connection.cursor("tts_chaos_search") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        for row in cursor.execute(query):
            found = [value for value in row if value is not None]
            pieces.extend(found)
            size += sum(map(len, found))
            if size > _LIMIT_CHARACTERS:
                break
    return "\n".join(pieces)
