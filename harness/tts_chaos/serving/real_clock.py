"""The machine's time as a `Clock`."""

from __future__ import annotations

import time

__all__ = ["RealClock"]


class RealClock:
    """The machine's time, in steps that never go backwards within one run."""

    def __init__(self) -> None:
        self._wall_ms = time.time_ns() // 1_000_000
        self._started_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        """Return the wall-clock instant of the start plus the time that has passed since."""
        return self._wall_ms + (time.monotonic_ns() - self._started_ns) // 1_000_000
