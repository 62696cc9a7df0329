"""Looks after threads that block where the scheduler cannot see it, in real time.

The monitor sleeps while there is nothing to look after: it costs a run with a single thread
nothing, and one whose threads only wait in sight almost nothing.
"""

from __future__ import annotations

import threading

from tts_chaos.injectors.virtual_time import originals
from tts_chaos.injectors.virtual_time.blocked import BlockedThreads
from tts_chaos.injectors.virtual_time.scheduler import Scheduler
from tts_chaos.injectors.virtual_time.slots import Slot

__all__ = ["Monitor"]

TICK_S = 0.004
"""Pause between two looks. Short against what a person waits, long against a turn."""

QUIET_S = 0.05
"""Real time for which nobody must stir before a deadlock is called one."""

QUIET_BESIDE_OTHERS_S = 1.0
"""The same where threads exist that do not belong to the run: one of them may still wake us."""


class Monitor:
    """A thread of the harness, started when the first reason for it turns up."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._blocked = BlockedThreads()
        self._alarm = originals.allocate_lock()
        self._alarm.acquire()
        self._thread: threading.Thread | None = None
        self._is_over = False
        self._quiet_since_s: float | None = None
        self._is_awake = False

    def nudge(self) -> None:
        """Have a look soon."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="tts-chaos-monitor", daemon=True)
            start_in_real_time(self._scheduler, self._thread)
        if not self._is_awake:
            self._is_awake = True
            self._ring()

    def stop(self) -> None:
        """End the monitor's thread."""
        self._is_over = True
        if self._thread is not None:
            self._ring()
            originals.thread_join(self._thread)

    def _ring(self) -> None:
        if self._alarm.locked():
            self._alarm.release()

    def _run(self) -> None:
        self._alarm.acquire()
        while not self._is_over:
            with self._scheduler.mutex:
                is_needed = self._look()
                self._is_awake = is_needed
            self._alarm.acquire(True, TICK_S if is_needed else -1)

    def _look(self) -> bool:
        """Take one look; says whether another one is needed soon."""
        scheduler = self._scheduler
        if scheduler.running is not None:
            self._quiet_since_s = None
            self._look_at_running(scheduler.running)
            return len(scheduler.live()) > 1
        if scheduler.strays:
            settled = [self._blocked.has_settled(slot) for slot in scheduler.strays]
            if all(settled) and scheduler.can_go_on():
                scheduler.dispatch(past_strays=True)
                # What comes next may unblock one of them, so the old samples are worth nothing.
                for slot in scheduler.strays:
                    self._blocked.forget(slot)
            return True
        scheduler.dispatch()
        return self._look_at_silence()

    def _look_at_running(self, slot: Slot) -> None:
        if not self._scheduler.can_go_on():
            self._blocked.forget(slot)
        elif self._blocked.is_blocked(slot):
            self._scheduler.mark_stray(slot)
            self._scheduler.dispatch(past_strays=True)

    def _look_at_silence(self) -> bool:
        if self._scheduler.running is not None:
            return True
        now_s = originals.monotonic()
        if self._quiet_since_s is None:
            self._quiet_since_s = now_s
        error = self._scheduler.find_deadlock()
        if error is not None and now_s - self._quiet_since_s >= self._patience_s():
            self._quiet_since_s = None
            self._scheduler.strike(error)
        return True

    def _patience_s(self) -> float:
        ours = {slot.thread for slot in self._scheduler.live()}
        known = {*ours, threading.current_thread()}
        others = [
            thread
            for thread in threading.enumerate()
            if thread not in known and not thread.name.startswith("tts-chaos-")
        ]
        return QUIET_BESIDE_OTHERS_S if others else QUIET_S


def start_in_real_time(scheduler: Scheduler, thread: threading.Thread) -> None:
    """Start a thread of the harness from whichever thread."""
    slot = scheduler.current()
    if slot is None:
        originals.thread_start(thread)
        return
    slot.is_real = True
    try:
        originals.thread_start(thread)
    finally:
        slot.is_real = False
