"""What a SQLite file holds, as text: its bytes alone may split a value or spell it in UTF-16."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

__all__ = ["is_database", "text_of_database"]

_MAGIC = b"SQLite format 3\0"
_LIMIT_CHARACTERS = 32 * 1024 * 1024


def is_database(file: Path) -> bool:
    """Whether a file is a SQLite database."""
    try:
        with file.open("rb") as stream:
            return stream.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def text_of_database(file: Path) -> str:
    """Return every value of every table, one a line, up to 32 million characters.

    Nothing is written to the database. One that is locked, damaged or gone gives what could be
    read.
    """
    pieces: list[str] = []
    size = 0
    try:
        address = f"file:{quote(str(file))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=1)) as connection:
            connection.text_factory = bytes
            for piece in _values(connection):
                pieces.append(piece)
                size += len(piece)
                if size > _LIMIT_CHARACTERS:
                    break
    except sqlite3.Error:
        pass
    return "\n".join(pieces)


def _values(connection: sqlite3.Connection) -> Iterator[str]:
    tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
    for (name,) in tables:
        quoted = name.decode("utf-8", "replace").replace('"', '""')
        for row in connection.execute(f'select * from "{quoted}"'):  # noqa: S608 - a table's name
            yield from (_text(value) for value in row if value is not None)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
