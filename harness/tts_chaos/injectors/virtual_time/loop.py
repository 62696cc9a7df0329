"""An asyncio event loop on virtual time: instead of sleeping until a timer, the clock jumps."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

from tts_chaos.injectors.virtual_time import active, originals
from tts_chaos.injectors.virtual_time.clock import MONOTONIC_START_US, to_us
from tts_chaos.injectors.virtual_time.scheduler import Scheduler
from tts_chaos.injectors.virtual_time.slots import Ticket

__all__ = ["VirtualLoop"]

REAL_WAIT_S = 0.05
"""Real time for which the loop listens to real sockets before the clock may jump past them."""

Ready = list[tuple[selectors.SelectorKey, int]]


class _Selector(selectors.DefaultSelector):
    """Waits for virtual time to pass instead of for sockets.

    The loop's own wake-up socket is always registered; any more are real ones.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler
        self._ticket: Ticket | None = None

    def wake(self) -> None:
        """End a wait; callable from any thread."""
        ticket = self._ticket
        if ticket is not None:
            self._scheduler.wake(ticket)

    def select(self, timeout: float | None = None) -> Ready:
        found = active.current()
        if found is None or (timeout is not None and timeout <= 0):
            return super().select(timeout)
        self._ticket = Ticket(found[1])
        try:
            return super().select(0) or self._wait(self._ticket, timeout)
        finally:
            self._ticket = None

    def _wait(self, ticket: Ticket, timeout_s: float | None) -> Ready:
        ready = self._listen(timeout_s)
        if ready:
            return ready
        deadline_us = None
        if timeout_s is not None:
            deadline_us = self._scheduler.clock.elapsed_us + to_us(timeout_s)
        self._scheduler.wait(ticket, deadline_us)
        return super().select(0)

    def _listen(self, timeout_s: float | None) -> Ready:
        """Give real sockets a chance; for ever, where nothing else can happen."""
        while len(self.get_map()) > 1:
            ready = super().select(REAL_WAIT_S)
            if ready or timeout_s is not None or len(self._scheduler.live()) > 1:
                return ready
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """The event loop of a run. After the run it falls back to real time."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._virtual_selector = _Selector(scheduler)
        self._clock = scheduler.clock
        super().__init__(self._virtual_selector)
        # Timers are compared in floats; half a microsecond absorbs what they cannot express.
        self._clock_resolution = 5e-7

    def time(self) -> float:
        """Return the loop's time in seconds: the run's monotonic clock."""
        if active.current() is None:
            return originals.monotonic()
        return (MONOTONIC_START_US + self._clock.elapsed_us) / 1_000_000

    def call_soon_threadsafe(  # type: ignore[override]  # the base is generic in `args`
        self, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.Handle:
        """Schedule a callback from any thread, and end the loop's wait."""
        handle = super().call_soon_threadsafe(callback, *args, context=context)
        self._virtual_selector.wake()
        return handle
