"""A capability had by reading the program's own database, which nothing here can change."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tts_chaos.core.history import Json
from tts_chaos.subjects.external import postgresql
from tts_chaos.subjects.external.failures import QueryError, ShapeError
from tts_chaos.subjects.external.model import SqlQuery
from tts_chaos.subjects.external.templates import fill
from tts_chaos.subjects.external.values import parse

__all__ = ["Rows", "call_sql", "database_path"]

LONGEST_S = 10.0
"""A query that takes longer is a mistake, and would hold up the run."""

MOST_ROWS = 200_000
_STEPS_BETWEEN_LOOKS = 10_000
_READS_ONLY = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, 33}
"""33 is SQLITE_RECURSIVE, which the module does not name."""

Rows = list[dict[str, Any]]


def call_sql(name: str, how: SqlQuery, *, values: Mapping[str, str], folder: Path) -> Json:
    """Read; returns the rows in the shape of the capability.

    Args:
        name: The capability, an observation.
        how: Query and database.
        values: Of the placeholders that stand for the connection.
        folder: Relative paths of databases begin here.

    Raises:
        CallError: If the query fails, or its columns are not those that are needed.
    """
    url = fill(how.database, values)
    if url.startswith("sqlite:"):
        rows = _read_sqlite(folder / database_path(url), how.query)
    else:
        rows = postgresql.read(url, how.query, limit_s=LONGEST_S, most_rows=MOST_ROWS)
    return _SHAPERS.get(name, _as_list)(rows)


def database_path(url: str) -> str:
    """Return the path in a `sqlite:` URL, with or without slashes before it."""
    path = url.removeprefix("sqlite:")
    return path[2:] if path.startswith("//") else path


def _read_sqlite(file: Path, query: str) -> Rows:
    if not file.is_file():
        raise QueryError(f"there is no database {file} yet")
    deadline_s = time.monotonic() + LONGEST_S
    address = f"file:{quote(str(file))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=LONGEST_S)) as connection:
            connection.set_authorizer(_allow_reads)
            connection.set_progress_handler(
                lambda: time.monotonic() > deadline_s, _STEPS_BETWEEN_LOOKS
            )
            found = connection.execute(query)
            names = [column[0] for column in found.description or ()]
            rows = found.fetchmany(MOST_ROWS + 1)
    except sqlite3.Error as error:
        if time.monotonic() > deadline_s:
            raise QueryError(f"{file.name}: not done after {LONGEST_S:g} s") from None
        raise QueryError(f"{file.name}: {error}") from None
    if len(rows) > MOST_ROWS:
        raise QueryError(f"{file.name}: more than {MOST_ROWS} rows")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _allow_reads(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _READS_ONLY else sqlite3.SQLITE_DENY


# -- from rows to shapes --------------------------------------------------------------------------


def _as_list(rows: Rows) -> Json:
    return rows


def _as_orders(rows: Rows) -> Json:
    """Orders come with their lines in one column, as JSON, or with one line a row."""
    if rows and "lines" not in rows[0] and _LINE_COLUMNS & set(rows[0]):
        return _join_lines(rows)
    return [
        {**row, "lines": parse(row["lines"])} if isinstance(row.get("lines"), str | bytes) else row
        for row in rows
    ]


_LINE_COLUMNS = {"line_id", "sku_id", "seller_sku", "sale_price", "quantity"}


def _join_lines(rows: Rows) -> Json:
    orders: dict[Any, dict[str, Any]] = {}
    for row in rows:
        own = {name: value for name, value in row.items() if name not in _LINE_COLUMNS}
        order = orders.setdefault(row.get("id"), {**own, "lines": []})
        line = {
            name.removeprefix("line_"): row[name]
            for name in row
            if name in _LINE_COLUMNS and row[name] is not None
        }
        # An outer join gives an order without lines one row without a line.
        if line:
            order["lines"].append(line)
    return list(orders.values())


def _as_stock(rows: Rows) -> Json:
    _need(rows, "sku_id", "quantity")
    return [{"sku_id": str(row["sku_id"]), "quantity": row["quantity"]} for row in rows]


def _as_one(rows: Rows) -> Json:
    if len(rows) != 1:
        raise ShapeError(f"expected one row, got {len(rows)}")
    return rows[0]


def _need(rows: Rows, *columns: str) -> None:
    missing = [name for name in columns if rows and name not in rows[0]]
    if missing:
        raise ShapeError(
            f"expected the columns {', '.join(columns)}, got {', '.join(rows[0])}; "
            "rename with `as` in the query"
        )


_SHAPERS: dict[str, Callable[[Rows], Json]] = {
    "orders": _as_orders,
    "stock": _as_stock,
    "tokens": _as_one,
    "health": _as_one,
}
"""How rows become the shape of a capability; a list of objects where nothing is said."""
