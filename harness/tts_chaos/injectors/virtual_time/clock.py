"""The one clock of a simulated run, in whole microseconds.

Microseconds, because clients compute deadlines in floats: on a finer grid a wait of 100 ms, split
by such arithmetic, would end at 99.999998 ms, and a clock in milliseconds would then read 99.
"""

from __future__ import annotations

from tts_chaos.core.clock import SIMULATED_EPOCH_MS

__all__ = ["MONOTONIC_START_US", "VirtualClock", "to_us"]

MONOTONIC_START_US = 20_000_000 * 1_000_000
"""Reading of `time.monotonic()` at the start: 231 days, later than on most machines, so that an
instant taken before the run does not lie in the future. Larger would cost a float its precision."""


def to_us(duration_s: float) -> int:
    """Return seconds as whole microseconds; anything positive is at least one.

    >>> to_us(0.1), to_us(1e-9), to_us(0.0)
    (100000, 1, 0)
    """
    return max(round(duration_s * 1_000_000), 1) if duration_s > 0 else 0


class VirtualClock:
    """A clock that only the scheduler moves; implements `core.clock.Clock`.

    Attributes:
        elapsed_us: Virtual time since the start.
    """

    __slots__ = ("elapsed_us", "start_ms")

    def __init__(self, start_ms: int = SIMULATED_EPOCH_MS) -> None:
        self.start_ms = start_ms
        self.elapsed_us = 0

    def now_ms(self) -> int:
        """Return the instant in milliseconds since the Unix epoch."""
        return self.start_ms + self.elapsed_us // 1000

    def wall_ns(self) -> int:
        """Return the instant in nanoseconds since the Unix epoch, as `time.time_ns` does."""
        return self.start_ms * 1_000_000 + self.elapsed_us * 1000

    def monotonic_us(self) -> int:
        """Return what `time.monotonic` shows, in microseconds."""
        return MONOTONIC_START_US + self.elapsed_us
