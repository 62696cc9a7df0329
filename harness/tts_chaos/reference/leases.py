"""Mutual exclusion across threads and processes that survives the death of a holder.

A lease is a row with an end. Waiting is done by asking again, outside any transaction, so nothing
is ever held while somebody sleeps.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from tts_chaos.reference.database import Database
from tts_chaos.reference.errors import ConnectorError

__all__ = ["Lease", "Leases"]

_ASK_AGAIN_S = 0.02


class Lease:
    """A lease that is held."""

    def __init__(self, database: Database, name: str, holder: str, life_s: float) -> None:
        self._database = database
        self._name = name
        self._holder = holder
        self._life_s = life_s

    def renew(self) -> None:
        """Let the lease run for its full life again, before a step that may take long."""
        self._database.write(
            "UPDATE leases SET expires_at = ? WHERE name = ? AND holder = ?",
            time.time() + self._life_s,
            self._name,
            self._holder,
        )


class Leases:
    """Hands out leases.

    Args:
        database: Where they are kept.
        life_s: Life of a lease that is not renewed; longer than any single step done under one.
    """

    def __init__(self, database: Database, *, life_s: float) -> None:
        self._database = database
        self._life_s = life_s

    @contextmanager
    def hold(self, name: str) -> Iterator[Lease]:
        """Wait for the lease `name`, hold it, give it back.

        Raises:
            ConnectorError: If others hold it for twice its life.
        """
        holder = uuid.uuid4().hex
        give_up_at = time.monotonic() + 2 * self._life_s
        while not self._take(name, holder):
            if time.monotonic() > give_up_at:
                raise ConnectorError(f"somebody else has been busy with {name} for too long")
            time.sleep(_ASK_AGAIN_S)
        try:
            yield Lease(self._database, name, holder, self._life_s)
        finally:
            self._database.write("DELETE FROM leases WHERE name = ? AND holder = ?", name, holder)

    def _take(self, name: str, holder: str) -> bool:
        with self._database.transaction() as connection:
            # Read under the lock: a time from before the wait for it would make a fresh lease look
            # as if it came from the future.
            now = time.time()
            row = connection.execute(
                "SELECT expires_at FROM leases WHERE name = ?", (name,)
            ).fetchone()
            # A lease from the far future was written under another clock; nobody holds it.
            if row is not None and now < row["expires_at"] <= now + 2 * self._life_s:
                return False
            connection.execute(
                "INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", (name, holder, now + self._life_s)
            )
            return True
