"""Pauses that the platform asked for; they hold for later calls and over a restart."""

from __future__ import annotations

import time

from shop_parts.answers import CallError
from shop_parts.kept import Kept
from shop_parts.patience import Patience

__all__ = ["Pauses"]


class Pauses:
    """Calls that must not be made before some time."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def note(self, name: str, wait_s: float, patience: Patience) -> None:
        self._kept.put("pause", name, time.time() + patience.after_s(wait_s))

    def left_s(self, name: str, patience: Patience) -> float:
        """Return how long a call has to wait.

        Raises:
            CallError: If that is too long to sit it out.
        """
        left_s = (self._kept.get("pause", name) or 0.0) - time.time()
        if left_s > patience.longest_wait_s:
            raise CallError("rate_limit", f"a pause was asked for; {left_s:.0f} s are left of it")
        return max(0.0, left_s)
