"""How long to wait before the next try, and which calls have to wait at all."""

from __future__ import annotations

import random
import time
from datetime import UTC
from email.utils import parsedate_to_datetime

from tts_chaos.reference.database import Database
from tts_chaos.reference.settings import Patience

__all__ = ["Jitter", "Pauses", "read_retry_after", "seconds_to_full_hour"]

_HOUR_S = 3_600


class Jitter:
    """Pauses between tries: a bound that doubles, half of it by chance, so that clients spread out.

    Args:
        seed: Makes the pauses repeatable; None draws from the system.
    """

    def __init__(self, seed: str | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - spreads load, keeps no secret

    def pause_s(self, patience: Patience, attempt: int) -> float:
        """Return the pause after try number `attempt` (from 1): half its bound at least.

        With chance alone, several short pauses in a row would be a storm now and then.
        """
        bound = min(patience.cap_s, patience.base_s * 2 ** (attempt - 1))
        pause_s: float = bound * self._random.uniform(0.5, 1)
        return pause_s

    def after_s(self, patience: Patience, asked_s: float) -> float:
        """Return the pause after `Retry-After`: never shorter, a little longer, not all alike."""
        return asked_s + self._random.uniform(0.05, 1.0) * patience.base_s


def read_retry_after(value: str, *, date: str = "") -> float | None:
    """Return the seconds to wait that a `Retry-After` value asks for, None where it says nothing.

    Both forms are read: a number of seconds, and an HTTP date, which is meant by the clock of the
    answer's own header `date` where there is one.
    """
    value = value.strip()
    if not value:
        return None
    try:
        if value.replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, _read_date(value) - (_read_date(date) if date else time.time()))
    except (ValueError, OverflowError):
        return None


def _read_date(value: str) -> float:
    moment = parsedate_to_datetime(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def seconds_to_full_hour(now: float) -> float:
    """Return the time until an hourly quota starts anew."""
    return _HOUR_S - now % _HOUR_S


class Pauses:
    """Calls that must not be made before some time; kept over a restart, shared by processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, scope: str, *, wait_s: float, cause: str) -> None:
        """Make no call in `scope` for `wait_s` seconds."""
        self._database.write(
            "INSERT INTO pauses VALUES (?, ?, ?) ON CONFLICT (scope) DO UPDATE SET"
            " until = max(until, excluded.until), cause = excluded.cause",
            scope,
            time.time() + wait_s,
            cause,
        )

    def left_s(self, scope: str) -> float:
        """Return how long calls in `scope` still have to wait; 0 for not at all."""
        row = self._database.row("SELECT until FROM pauses WHERE scope = ?", scope)
        return max(0.0, row["until"] - time.time()) if row else 0.0

    def forget(self) -> None:
        """Lift all pauses, as after an operator has changed the settings."""
        self._database.write("DELETE FROM pauses")
