"""How long to wait and how often to try."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["HURRIED", "QUICK", "Patience"]


@dataclass(frozen=True)
class Patience:
    """Waits in seconds. `total_s` bounds one try as a whole: an answer may only trickle."""

    base_s: float = 1.0
    cap_s: float = 60.0
    attempts: int = 6
    longest_wait_s: float = 120.0
    connect_s: float = 5.0
    read_s: float = 15.0
    total_s: float = 60.0

    def pause_s(self, attempt: int) -> float:
        """Return a random pause, up to a bound that doubles: many must not come back at once."""
        return random.uniform(self.base_s, min(self.cap_s, self.base_s * 2**attempt))

    def after_s(self, asked_s: float) -> float:
        """Return the pause after `Retry-After`: never shorter, and not the same for all."""
        return asked_s + random.uniform(0.1, 1.0) * self.base_s


HURRIED = Patience(attempts=1, longest_wait_s=0.0, connect_s=0.8, read_s=1.5, total_s=2.0)
"""For a webhook: the platform waits three seconds for our answer."""

QUICK = Patience(
    base_s=0.05,
    cap_s=1.0,
    attempts=5,
    longest_wait_s=5.0,
    connect_s=1.0,
    read_s=2.0,
    total_s=5.0,
)
"""For tests on real sockets, where every second of patience is a second of waiting."""
