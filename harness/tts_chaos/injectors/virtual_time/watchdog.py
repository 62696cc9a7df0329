"""Ends a call that uses up its real time: one that computes without end, or waits out of reach."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from typing import Any

from tts_chaos.injectors.virtual_time import originals
from tts_chaos.injectors.virtual_time.guards import HangError
from tts_chaos.injectors.virtual_time.monitor import start_in_real_time
from tts_chaos.injectors.virtual_time.scheduler import Scheduler
from tts_chaos.injectors.virtual_time.slots import Slot, State
from tts_chaos.injectors.virtual_time.stacks import (
    describe_place,
    interrupt_thread,
    is_inside_harness,
    withdraw_interrupt,
)
from tts_chaos.injectors.virtual_time.starvation import starved_s

__all__ = ["Watchdog"]

LOOKS_PER_LIMIT = 20
"""So the limit is kept to five percent, at the price of one wake-up a second."""

MOST_PATIENCE = 20
"""However busy the machine, a call is ended after so many times its limit."""

BITES_BEFORE_SIGNAL = 3
"""A main thread that blocks in C notices no exception; only a signal gets it out."""

# Ignored by default, and used by hardly any program. Ctrl-C's own would be of no use where it is
# ignored, as it is in what a shell starts in the background.
_SIGNAL = getattr(signal, "SIGURG", None)


class Watchdog:
    """Watches one call at a time, in real time.

    Args:
        scheduler: The scheduler of the run.
        limit_s: Real seconds a call may take.
    """

    def __init__(self, scheduler: Scheduler, limit_s: float) -> None:
        self.limit_s = limit_s
        self.report = ""
        self._previous: Any = None
        self._scheduler = scheduler
        self._mutex = originals.allocate_lock()
        self._alarm = originals.allocate_lock()
        self._thread: threading.Thread | None = None
        self._members: Sequence[Slot] = ()
        self._since_s = 0.0
        self._starved_s: float | None = None
        self._bites = 0

    def arm(self, members: Sequence[Slot]) -> None:
        """Begin to watch a call that the threads `members` make."""
        if self._thread is None:
            self._alarm.acquire()
            self._thread = threading.Thread(
                target=self._run, name="tts-chaos-watchdog", daemon=True
            )
            start_in_real_time(self._scheduler, self._thread)
        if _SIGNAL is not None and threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(_SIGNAL, self._wake)
        with self._mutex:
            self.report = ""
            self._bites = 0
            self._since_s = originals.monotonic()
            self._starved_s = None
            self._members = members

    def disarm(self) -> None:
        """End the watch; nothing will be raised in the members any more."""
        with self._mutex:
            for slot in self._members:
                if self._bites:
                    withdraw_interrupt(slot.ident)
            self._members = ()
        if _SIGNAL is not None and self._previous is not None:
            signal.signal(_SIGNAL, self._previous)
            self._previous = None

    def stop(self) -> None:
        """End the watchdog's thread."""
        if self._thread is not None:
            self._alarm.release()
            originals.thread_join(self._thread)

    def _run(self) -> None:
        pause_s = self.limit_s / LOOKS_PER_LIMIT
        while not self._alarm.acquire(True, pause_s):
            with self._mutex:
                if self._members and self._spent_s() > self.limit_s:
                    self._bite()

    def _spent_s(self) -> float:
        """Return the real seconds of the call, less those in which a busy machine let it wait."""
        starved = starved_s()
        if self._starved_s is None:
            self._starved_s = starved
        spent_s = originals.monotonic() - self._since_s
        return max(spent_s - (starved - self._starved_s), spent_s / MOST_PATIENCE)

    def _bite(self) -> None:
        self._bites += 1
        if not self.report:
            self.report = self._describe()
        with self._scheduler.mutex:
            self._scheduler.strike(HangError(self.report))
            busy = [slot for slot in self._scheduler.live() if _is_busy(slot)]
            for slot in busy:
                self._interrupt(slot)
            self._scheduler.force_turn()

    def _interrupt(self, slot: Slot) -> None:
        if not is_inside_harness(slot.ident):
            interrupt_thread(slot.ident, HangError)
        is_main = slot.thread is threading.main_thread()
        if is_main and self._bites > BITES_BEFORE_SIGNAL and self._previous is not None:
            assert _SIGNAL is not None
            signal.pthread_kill(slot.ident, _SIGNAL)

    def _wake(self, _number: int, _frame: object) -> None:
        if self._members:
            raise HangError(self.report)

    def _describe(self) -> str:
        places = [f"{slot.name} {describe_place(slot.ident)}" for slot in self._scheduler.live()]
        return (
            f"the call took more than {self.limit_s:g} s of real time ({', '.join(places)}); it "
            "computes without end, or waits where virtual time does not reach (a real socket, "
            "another process, a function of `time` kept in an object made before the run)"
        )


def _is_busy(slot: Slot) -> bool:
    return slot.state in (State.RUNNING, State.STRAY)
