"""Mutual exclusion across threads and processes that survives the death of a holder.

A lease is a row with an end. Waiting is done by asking again, outside any transaction, so nothing
is ever held while somebody sleeps.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from tts_chaos.reference.database import Database
from tts_chaos.reference.errors import ConnectorError

__all__ = ["Leases"]

_ASK_AGAIN_S = 0.02
_PATIENCE_S = 600.0


class Leases:
    """Hands out leases.

    Whoever holds one calls `renew` before each step that may take long, and pauses by `sleep`.

    Args:
        database: Where they are kept.
        life_s: Life of a lease that is not renewed; longer than any single step done under one,
            short enough to wait for after a holder was killed.
    """

    def __init__(self, database: Database, *, life_s: float) -> None:
        self._database = database
        self._life_s = life_s
        self._thread = threading.local()

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Wait for the lease `name`, hold it, give it back.

        Raises:
            ConnectorError: If others hold it all the time.
        """
        holder = uuid.uuid4().hex
        give_up_at = time.monotonic() + _PATIENCE_S
        while not self._take(name, holder):
            if time.monotonic() > give_up_at:
                raise ConnectorError(f"somebody else has been busy with {name} for too long")
            time.sleep(_ASK_AGAIN_S)
        self._held().append((name, holder))
        try:
            yield
        finally:
            self._held().remove((name, holder))
            self._database.write("DELETE FROM leases WHERE name = ? AND holder = ?", name, holder)

    def renew(self) -> None:
        """Let the leases of this thread run for their full life again."""
        for name, holder in self._held():
            self._database.write(
                "UPDATE leases SET expires_at = ? WHERE name = ? AND holder = ?",
                time.time() + self._life_s,
                name,
                holder,
            )

    def sleep(self, duration_s: float) -> None:
        """Pause without losing the leases of this thread."""
        while duration_s > 0:
            self.renew()
            step_s = min(duration_s, self._life_s / 2) if self._held() else duration_s
            time.sleep(step_s)
            duration_s -= step_s
        self.renew()

    def _held(self) -> list[tuple[str, str]]:
        held: list[tuple[str, str]] | None = getattr(self._thread, "held", None)
        if held is None:
            held = self._thread.held = []
        return held

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
