"""What is to be done later, in real time: in order of its instant, and of its entry where equal.

One thread does all of it. A timer for each would leave the order of two that are due together, or
that were both held up, to the system's scheduler.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable

__all__ = ["Agenda"]


class Agenda:
    """A list of things to do, and the thread that does them; it lives while there are any.

    Args:
        name: Name of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._entries: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, after_ms: int, act: Callable[[], None]) -> None:
        """Do `act` once, `after_ms` milliseconds from now; it must not raise."""
        with self._changed:
            due_s = time.monotonic() + after_ms / 1000
            heapq.heappush(self._entries, (due_s, next(self._numbers), act))
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def clear(self) -> None:
        """Forget everything that was not begun."""
        with self._changed:
            self._entries.clear()
            self._changed.notify()

    def _run(self) -> None:
        while (act := self._next()) is not None:
            act()

    def _next(self) -> Callable[[], None] | None:
        """Wait for what is due first; None, and the end of the thread, where nothing is left."""
        with self._changed:
            while self._entries:
                wait_s = self._entries[0][0] - time.monotonic()
                if wait_s <= 0:
                    return heapq.heappop(self._entries)[2]
                self._changed.wait(wait_s)
            self._thread = None
            return None
