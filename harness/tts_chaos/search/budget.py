"""How much time a search may take, measured by a clock that its caller gives."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Budget"]


class Budget:
    """A stretch of time that begins when this is made.

    Args:
        limit_s: Seconds; None for no limit.
        now_s: The clock.
    """

    def __init__(self, limit_s: float | None, *, now_s: Callable[[], float]) -> None:
        self._limit_s = limit_s
        self._now_s = now_s
        self._started_s = now_s()

    @property
    def spent_s(self) -> float:
        """Seconds since the start."""
        return self._now_s() - self._started_s

    @property
    def is_spent(self) -> bool:
        """Whether no more may be begun."""
        return self._limit_s is not None and self.spent_s >= self._limit_s
