"""Ctrl-C and SIGTERM as an event."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

__all__ = ["until_interrupted"]


@contextlib.contextmanager
def until_interrupted() -> Iterator[threading.Event]:
    """Turn Ctrl-C and SIGTERM into an event for as long as the context lasts."""
    interrupted = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: interrupted.set()) for number in numbers}
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
