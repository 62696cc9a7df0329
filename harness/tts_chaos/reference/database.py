"""The connector's memory: one SQLite file, safe for threads, processes and sudden death.

Tokens, buyer data and webhook bodies are sealed before they come here. Money is text, times are
Unix seconds. One connection is shared behind a lock that is never held while anything waits; other
processes are kept out by SQLite itself.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["Database", "placeholders"]

_BUSY_S = 10.0
"""How long to wait for another process's transaction; ours take milliseconds."""

_MIGRATIONS = (
    """
    CREATE TABLE tokens (
        id INTEGER PRIMARY KEY CHECK (id = 1), sealed TEXT NOT NULL, seed TEXT NOT NULL,
        access_expires_at INTEGER NOT NULL, refresh_expires_at INTEGER NOT NULL,
        obtained_at INTEGER NOT NULL, generation INTEGER NOT NULL, state TEXT NOT NULL,
        refresh_failures INTEGER NOT NULL, refresh_not_before REAL NOT NULL);
    CREATE TABLE orders (
        shop_id TEXT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL,
        update_time INTEGER NOT NULL, create_time INTEGER NOT NULL, paid_time INTEGER NOT NULL,
        currency TEXT NOT NULL, total_amount TEXT NOT NULL, buyer TEXT NOT NULL,
        PRIMARY KEY (shop_id, id)) WITHOUT ROWID;
    CREATE TABLE lines (
        shop_id TEXT NOT NULL, order_id TEXT NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL,
        sku_id TEXT NOT NULL, seller_sku TEXT NOT NULL, sale_price TEXT NOT NULL,
        status TEXT NOT NULL, PRIMARY KEY (shop_id, order_id, id)) WITHOUT ROWID;
    CREATE INDEX lines_by_sku ON lines (sku_id);
    CREATE INDEX lines_by_order ON lines (order_id);
    CREATE INDEX orders_by_creation ON orders (create_time, id);
    CREATE TABLE watermarks (shop_id TEXT PRIMARY KEY, updated_to INTEGER NOT NULL);
    CREATE TABLE stock (
        sku_id TEXT PRIMARY KEY, shop_id TEXT NOT NULL, product_id TEXT NOT NULL,
        quantity INTEGER NOT NULL, committed INTEGER NOT NULL);
    CREATE TABLE outbox (
        sku_id TEXT PRIMARY KEY, quantity INTEGER NOT NULL, sequence INTEGER NOT NULL,
        asked_at REAL NOT NULL, tries INTEGER NOT NULL, committed_before INTEGER,
        last_error TEXT NOT NULL);
    CREATE TABLE shipments (
        shop_id TEXT NOT NULL, order_id TEXT NOT NULL, package_id TEXT NOT NULL,
        tracking_number TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL,
        PRIMARY KEY (order_id, package_id));
    CREATE TABLE inbox (
        id TEXT PRIMARY KEY, shop_id TEXT NOT NULL, type INTEGER NOT NULL, sealed TEXT NOT NULL,
        received_at REAL NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL);
    CREATE INDEX inbox_by_state ON inbox (state);
    CREATE TABLE alerts (
        id INTEGER PRIMARY KEY, cause TEXT NOT NULL, subject TEXT NOT NULL, message TEXT NOT NULL,
        opened_at REAL NOT NULL, last_at REAL NOT NULL, count INTEGER NOT NULL, closed_at REAL);
    CREATE TABLE prices (
        sku_id TEXT PRIMARY KEY, shop_id TEXT NOT NULL, product_id TEXT NOT NULL,
        currency TEXT NOT NULL, price TEXT NOT NULL, read_at REAL NOT NULL);
    CREATE TABLE leases (
        name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at REAL NOT NULL);
    CREATE TABLE pauses (scope TEXT PRIMARY KEY, until REAL NOT NULL, cause TEXT NOT NULL);
    """,
    """
    CREATE TABLE refunds (
        shop_id TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, order_id TEXT NOT NULL,
        state TEXT NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL, line_ids TEXT NOT NULL,
        update_time INTEGER NOT NULL, PRIMARY KEY (shop_id, kind, id)) WITHOUT ROWID;
    CREATE TABLE refund_marks (
        shop_id TEXT NOT NULL, kind TEXT NOT NULL, updated_to INTEGER NOT NULL,
        PRIMARY KEY (shop_id, kind)) WITHOUT ROWID;
    CREATE TABLE refund_wishes (
        order_id TEXT NOT NULL, wish TEXT NOT NULL, key TEXT NOT NULL, known_ids TEXT NOT NULL,
        PRIMARY KEY (order_id, wish)) WITHOUT ROWID;
    """,
)


class Database:
    """The open file.

    Args:
        path: Where it is, or shall be.
        sync_to_disk: Whether each commit waits for the disk; without, a power cut (but no crash of
            the process) may cost the last commits.
    """

    def __init__(self, path: Path, *, sync_to_disk: bool = True) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if sync_to_disk else 'NORMAL'}")
        self._migrate()

    def _migrate(self) -> None:
        with self.transaction() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            for script in _MIGRATIONS[version:]:
                for statement in script.split(";"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Do several statements as one: all of them are kept, or none.

        Takes the write lock at once, so that what is read inside cannot change before the commit.
        """
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        return next(iter(self.rows(sql, *values)), None)

    def write(self, sql: str, *values: Any) -> int:
        """Do one statement in a transaction of its own; returns the number of rows it changed."""
        with self.transaction() as connection:
            return connection.execute(sql, values).rowcount

    def close(self) -> None:
        """Close the file. Doing it twice is fine."""
        with self._lock:
            self._connection.close()


def placeholders(values: Sequence[object]) -> str:
    """Return `?, ?, ?` for as many values."""
    return ", ".join("?" for _ in values)
