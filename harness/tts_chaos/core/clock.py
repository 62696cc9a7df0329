"""Time as a value that is handed in, in integer milliseconds since the Unix epoch.

Nothing below the injectors reads the machine's clock: whoever builds a twin gives it a `Clock`.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["SIMULATED_EPOCH_MS", "Clock", "ManualClock", "SkewedClock"]

# A fixed start makes two runs of one seed byte-identical; a plain Tuesday morning in UTC, far from
# any daylight-saving change, so that scenarios about such changes have to ask for one.
SIMULATED_EPOCH_MS = 1_793_091_600_000


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now_ms(self) -> int:
        """Return the instant in milliseconds since the Unix epoch."""
        ...


class ManualClock:
    """A clock that moves only when told to.

    Invariants: never goes backwards.
    """

    def __init__(self, start_ms: int = SIMULATED_EPOCH_MS) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> int:
        """Return the current virtual instant."""
        return self._now_ms

    def advance(self, duration_ms: int) -> None:
        """Move forward by `duration_ms`.

        Raises:
            ValueError: If `duration_ms` is negative.
        """
        if duration_ms < 0:
            raise ValueError(f"a clock cannot go back by {-duration_ms} ms")
        self._now_ms += duration_ms


class SkewedClock:
    """Another clock, read through an offset that may change during a run.

    The twin reads its time through one of these: moving the platform's clock looks to the
    integration exactly as if its own clock were off, in any language.
    """

    def __init__(self, base: Clock) -> None:
        self._base = base
        self.offset_ms = 0

    def now_ms(self) -> int:
        """Return the base clock's instant plus the offset."""
        return self._base.now_ms() + self.offset_ms
