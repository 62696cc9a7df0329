"""Swaps the functions of time for their stand-ins, and back."""

from __future__ import annotations

import asyncio
import queue
import threading
from typing import Any

from tts_chaos.injectors.virtual_time import originals, stand_ins
from tts_chaos.injectors.virtual_time.locks import VirtualLock, VirtualRLock
from tts_chaos.injectors.virtual_time.sweep import Site, find_sites

__all__ = ["Swaps"]

_CLOCKS: dict[Any, Any] = {
    originals.sleep: stand_ins.sleep,
    originals.monotonic: stand_ins.monotonic,
    originals.monotonic_ns: stand_ins.monotonic_ns,
}

_LOCKS: dict[Any, Any] = {
    originals.make_lock: VirtualLock,
    originals.make_rlock: VirtualRLock,
    originals.make_simple_queue: stand_ins.make_simple_queue,
    originals.make_loop: stand_ins.make_loop,
}

_OWN_PLACES = (
    Site(threading.Condition, "wait", originals.condition_wait, stand_ins.condition_wait),
    Site(threading.Thread, "start", originals.thread_start, stand_ins.thread_start),
    Site(threading.Thread, "join", originals.thread_join, stand_ins.thread_join),
    Site(threading, "Lock", originals.make_lock, VirtualLock),
    Site(threading, "RLock", originals.make_rlock, VirtualRLock),
    Site(queue, "SimpleQueue", originals.make_simple_queue, stand_ins.make_simple_queue),
    Site(asyncio, "new_event_loop", originals.make_loop, stand_ins.make_loop),
    Site(asyncio.events, "new_event_loop", originals.make_loop, stand_ins.make_loop),
)


class Swaps:
    """All swapped places of one run."""

    def __init__(self) -> None:
        self._sites: list[Site] = []

    def install(self) -> None:
        """Put every stand-in in its place."""
        self._sites = [*_OWN_PLACES, *find_sites(_CLOCKS, _LOCKS)]
        for site in self._sites:
            site.swap()

    def remove(self) -> None:
        """Put every original back."""
        for site in self._sites:
            site.restore()
        self._sites = []
