"""Who sends when: tickets with the instants of a plan, or a pace of one's own."""

from __future__ import annotations

from collections.abc import Callable

from tts_chaos.load.plan import Arrivals

__all__ = ["OwnPace", "Tickets"]


class Tickets:
    """Hands out an area's instants in order, each once, to whichever user is free.

    A user holds its next ticket while it waits for the instant, so the ticket that is next to be
    handed out is later than all that wait: none is late unless every user is busy. For users that
    take turns within one thread, as Locust's do.

    Args:
        arrivals: The instants.
        turn: Which of those that share them this process is, from 0.
        of: How many share them.
    """

    def __init__(self, arrivals: Arrivals, *, turn: int = 0, of: int = 1) -> None:
        self._arrivals = arrivals
        self._next = turn
        self._step = of

    def take(self) -> float | None:
        """Return the next instant in seconds from the begin, None where none is left."""
        number = self._next
        if number >= self._arrivals.count:
            return None
        self._next = number + self._step
        return self._arrivals.instant(number)


class OwnPace:
    """One user's own pace, for runs without a plan: an instant every so many seconds.

    Args:
        pace_s: Seconds from one to the next.
        now_s: The clock.
        first_s: How long before the first.
    """

    def __init__(self, pace_s: float, now_s: Callable[[], float], first_s: float = 0.0) -> None:
        self._pace_s = pace_s
        self._next_s = now_s() + first_s

    def take(self) -> float:
        """Return the next instant by the clock."""
        due_s, self._next_s = self._next_s, self._next_s + self._pace_s
        return due_s
