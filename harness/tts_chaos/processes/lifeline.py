"""Ends this process when the one that started it is gone: for workers, which would play on."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading

__all__ = ["end_with_parent"]

POLL_S = 0.2


def end_with_parent() -> None:
    """Watch over the parent from now on, in a thread; does nothing on Windows."""
    if sys.platform == "win32":
        return
    parent = os.getppid()

    def watch() -> None:
        # Not time.sleep: that is virtual in the simulated world.
        while os.getppid() == parent:
            select.select([], [], [], POLL_S)
        # As the parent ended: without a farewell. What this process started has watchdogs.
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="tts-chaos-lifeline", daemon=True).start()
