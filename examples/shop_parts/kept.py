"""What the connector must not forget: sealed JSON values in one SQLite table."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

__all__ = ["Kept"]


class Kept:
    """Values by kind and id. Everything is sealed: tokens must not lie about in plain text."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._seal = Fernet(key)
        self._lock = threading.RLock()
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS kept (kind TEXT, id TEXT, value TEXT,"
            " PRIMARY KEY (kind, id))"
        )

    def get(self, kind: str, id: str = "") -> Any:
        with self._lock:
            row = self._file.execute(
                "SELECT value FROM kept WHERE kind = ? AND id = ?", (kind, id)
            ).fetchone()
        return None if row is None else self._open(row[0])

    def all(self, kind: str) -> dict[str, Any]:
        with self._lock:
            rows = self._file.execute(
                "SELECT id, value FROM kept WHERE kind = ? ORDER BY rowid", (kind,)
            ).fetchall()
        return {id: self._open(value) for id, value in rows}

    def put(self, kind: str, id: str, value: Any) -> None:
        with self._lock:
            self._file.execute(
                "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT (kind, id)"
                " DO UPDATE SET value = excluded.value",
                (kind, id, self._close(value)),
            )

    def add(self, kind: str, id: str, value: Any) -> bool:
        """Keep a value unless there is one; says whether it was new. One step, even in parallel."""
        with self._lock:
            done = self._file.execute(
                "INSERT OR IGNORE INTO kept VALUES (?, ?, ?)", (kind, id, self._close(value))
            )
        return done.rowcount == 1

    def remove(self, kind: str, id: str) -> None:
        with self._lock:
            self._file.execute("DELETE FROM kept WHERE kind = ? AND id = ?", (kind, id))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep all of what follows, or nothing of it."""
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _close(self, value: Any) -> str:
        return self._seal.encrypt(json.dumps(value).encode()).decode()

    def _open(self, text: str) -> Any:
        return json.loads(self._seal.decrypt(text))
