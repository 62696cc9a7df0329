"""How long this process wanted to compute and was given no core: no fault of what it runs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

__all__ = ["starved_s"]

_TASKS = Path("/proc/self/task")


def starved_s() -> float:
    """Return the seconds that threads of this process have waited for a core, 0.0 where unknown.

    Linux tells it for each thread, in nanoseconds, as the second number of `schedstat`.
    """
    waited_ns = 0
    # A thread may end while it is looked at; and other systems have no such folder.
    with suppress(OSError):
        for task in _TASKS.iterdir():
            with suppress(OSError, ValueError, IndexError):
                waited_ns += int((task / "schedstat").read_bytes().split()[1])
    return waited_ns / 1e9
