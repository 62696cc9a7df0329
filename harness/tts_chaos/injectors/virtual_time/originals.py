"""The real functions, kept under their own names before anything is swapped.

Whatever in this package must live in real time (the monitor, the watchdog, the hand-over of turns)
uses these and never the modules they came from. Plain locks are the exception: `_thread` itself is
never changed, so `allocate_lock` is always the real one.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from _thread import allocate_lock

__all__ = [
    "allocate_lock",
    "condition_wait",
    "make_lock",
    "make_loop",
    "make_rlock",
    "make_simple_queue",
    "monotonic",
    "monotonic_ns",
    "sleep",
    "thread_join",
    "thread_start",
]

sleep = time.sleep
monotonic = time.monotonic
monotonic_ns = time.monotonic_ns
condition_wait = threading.Condition.wait
thread_start = threading.Thread.start
thread_join = threading.Thread.join
make_lock = threading.Lock
make_rlock = threading.RLock
make_simple_queue = queue.SimpleQueue
make_loop = asyncio.new_event_loop
