"""Telling people: one alert per trouble, with its cause, closed when the trouble is over."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from tts_chaos.reference.database import Database
from tts_chaos.reference.journal import Journal

__all__ = ["Alerts"]

REMIND_AFTER_S = 3_600.0
"""A trouble that lasts is told again after this long."""

TROUBLE_COUNT = 3
TROUBLE_WINDOW_S = 600.0
"""So many failed tries within such a time are worth an alert, even where every call got through."""


class Alerts:
    """Alerts in the database; each also goes to the log as a warning."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal
        self._lock = threading.Lock()
        self._troubles: dict[tuple[str, str], deque[float]] = {}

    def report(self, cause: str, subject: str, message: str) -> None:
        """Raise an alert, or count it to the open one about the same cause and subject."""
        now = time.time()
        message = self._journal.scrub(message)
        with self._database.transaction() as connection:
            open_one = connection.execute(
                "SELECT id FROM alerts WHERE cause = ? AND subject = ? AND closed_at IS NULL"
                " AND opened_at > ?",
                (cause, subject, now - REMIND_AFTER_S),
            ).fetchone()
            if open_one is not None:
                connection.execute(
                    "UPDATE alerts SET last_at = ?, count = count + 1 WHERE id = ?",
                    (now, open_one["id"]),
                )
                return
            connection.execute(
                "INSERT INTO alerts (cause, subject, message, opened_at, last_at, count)"
                " VALUES (?, ?, ?, ?, ?, 1)",
                (cause, subject, message, now, now),
            )
        self._journal.warn("alert", cause=cause, subject=subject, message=message)

    def trouble(self, cause: str, subject: str, message: str) -> None:
        """Count one failed or slow try; several within minutes become an alert."""
        now = time.monotonic()
        with self._lock:
            times = self._troubles.setdefault((cause, subject), deque(maxlen=TROUBLE_COUNT))
            times.append(now)
            is_often = len(times) == TROUBLE_COUNT and now - times[0] <= TROUBLE_WINDOW_S
        if is_often:
            self.report(cause, subject, message)

    def all_well(self, subject: str) -> None:
        """Close what is open about `subject`."""
        open_ones = self._database.rows(
            "SELECT id FROM alerts WHERE subject = ? AND closed_at IS NULL", subject
        )
        if open_ones:
            self._database.write(
                "UPDATE alerts SET closed_at = ? WHERE subject = ? AND closed_at IS NULL",
                time.time(),
                subject,
            )
            self._journal.write("alert_closed", subject=subject)

    def all(self) -> list[dict[str, Any]]:
        """Return every alert, oldest first: {cause, message, at, last_at, count, open}."""
        rows = self._database.rows("SELECT * FROM alerts ORDER BY id")
        return [
            {
                "cause": row["cause"],
                "message": f"{row['subject']}: {row['message']}",
                "at": row["opened_at"],
                "last_at": row["last_at"],
                "count": row["count"],
                "open": row["closed_at"] is None,
            }
            for row in rows
        ]
