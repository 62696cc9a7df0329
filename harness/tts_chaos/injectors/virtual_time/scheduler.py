"""Turns and time: one thread of the run goes on at a time, and the clock jumps when none can.

Theory of operation. Every thread of the run has a `Slot`. The one whose turn it is runs until it
waits (a sleep, a condition, a lock, a join, the idle event loop); then the next ready one is let
go, in the order in which they became ready. When none is ready, the clock jumps to the earliest
deadline, and all that are due become ready in order of deadline, then of registration. Nothing
polls, so the same program takes the same course every time.

A thread may also block where none of this shows: on a lock older than the run, on a real socket.
The monitor notices that, and the turn goes on without it (`State.STRAY`).
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tts_chaos.injectors.virtual_time import originals
from tts_chaos.injectors.virtual_time.clock import VirtualClock
from tts_chaos.injectors.virtual_time.guards import (
    DeadlockError,
    LivelockError,
    RunOverError,
    VirtualTimeError,
)
from tts_chaos.injectors.virtual_time.slots import Nudge, Slot, State, Ticket
from tts_chaos.injectors.virtual_time.stacks import describe_place, interrupt_thread
from tts_chaos.injectors.virtual_time.timers import Timers

__all__ = ["Scheduler"]

SPINS_PER_STEP = 100
"""So many zero-length sleeps in a row count as one of a millisecond: a loop that polls another
thread this way would else hold the clock for ever."""

SPIN_STEP_US = 1000


class Scheduler:
    """Decides which thread of the run goes on, and what time it is.

    Invariants: at most one slot is `RUNNING`; the clock never goes back; every change of state
    happens under `mutex`, which is re-entrant because a finaliser may wake a thread at any time.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.mutex = originals.make_rlock()
        self.running: Slot | None = None
        self.strays: list[Slot] = []
        self.monitor: Nudge | None = None
        self._slots: dict[int, Slot] = {}
        self._by_thread: dict[threading.Thread, Slot] = {}
        self._ready: deque[Slot] = deque()
        self._timers = Timers()
        self._orders = itertools.count()
        self._members: Sequence[Slot] = ()
        self._limit_us: int | None = None
        self._limit_text = ""
        self._is_dispatching = False
        self._main: Slot | None = None
        self._is_ending = False
        self._endless: list[str] = []

    # -- who belongs to the run ---------------------------------------------------------------

    def enrol_current(self) -> Slot:
        """Register the calling thread, which has the first turn."""
        slot = Slot(next(self._orders), threading.current_thread(), State.RUNNING)
        slot.ident = threading.get_ident()
        self._slots[slot.ident] = self._by_thread[slot.thread] = slot
        self.running = self._main = slot
        self._members = (slot,)
        return slot

    def current(self) -> Slot | None:
        """Return the slot of the calling thread, None where it lives in real time."""
        slot = self._slots.get(threading.get_ident())
        return None if slot is None or slot.is_real else slot

    def slot_of(self, thread: threading.Thread) -> Slot | None:
        """Return the slot of a thread that has not ended, if it belongs to the run."""
        return self._by_thread.get(thread)

    def live(self) -> list[Slot]:
        """Return the slots of all threads that have not ended, in order of registration."""
        return sorted(self._by_thread.values(), key=lambda slot: slot.order)

    def adopt(self, thread: threading.Thread) -> Slot:
        """Register a thread that is about to start; its first turn comes after those waiting."""
        with self.mutex:
            slot = Slot(next(self._orders), thread, State.READY)
            self._by_thread[thread] = slot
            self._ready.append(slot)
            if self.monitor is not None:
                self.monitor.nudge()
            return slot

    def disown(self, slot: Slot) -> None:
        """Forget a thread that could not be started."""
        with self.mutex:
            self._by_thread.pop(slot.thread, None)
            if slot in self._ready:
                self._ready.remove(slot)

    def begin(self, slot: Slot) -> None:
        """Wait, in the new thread, for its first turn."""
        with self.mutex:
            slot.ident = threading.get_ident()
            self._slots[slot.ident] = slot
        self._park(slot)

    def finish(self, slot: Slot) -> None:
        """Note that the calling thread is at its end, and pass the turn on."""
        with self.mutex:
            self._slots.pop(slot.ident, None)
            self._by_thread.pop(slot.thread, None)
            self._leave_turn(slot)
            slot.state = State.ENDED
            for ticket in slot.joiners:
                self._fire(ticket)
            self.dispatch()

    # -- waiting and waking -------------------------------------------------------------------

    def wait(self, ticket: Ticket, deadline_us: int | None, waits_for: str = "") -> bool:
        """Let the calling thread wait until `ticket` fires or the clock shows `deadline_us`.

        Args:
            ticket: A ticket of the calling thread's own slot.
            deadline_us: On the scale of `clock.elapsed_us`; None waits for ever.
            waits_for: What it waits for, when that is known to have no end.

        Returns:
            Whether the ticket fired.

        Raises:
            VirtualTimeError: If a guard ends the call meanwhile.
            RunOverError: If the run ends meanwhile.
        """
        slot = ticket.slot
        with self.mutex:
            self._raise_pending(slot)
            if ticket.is_fired:
                return True
            self._leave_turn(slot)
            slot.state = State.WAITING
            slot.ticket = ticket
            slot.waits_for = waits_for
            if deadline_us is not None:
                self._timers.add(deadline_us, ticket)
            self.dispatch()
        self._park(slot)
        return ticket.is_fired

    def sleep(self, slot: Slot, duration_us: int) -> None:
        """Let the calling thread sleep; a length of zero gives every other ready one a turn."""
        slot.spins = 0 if duration_us else slot.spins + 1
        if slot.spins >= SPINS_PER_STEP:
            slot.spins, duration_us = 0, SPIN_STEP_US
        if duration_us:
            self.wait(Ticket(slot), self.clock.elapsed_us + duration_us)
        else:
            self.yield_turn(slot)

    def yield_turn(self, slot: Slot) -> None:
        """Let every other ready thread go first."""
        with self.mutex:
            self._raise_pending(slot)
            self._leave_turn(slot)
            self._make_ready(slot)
            self.dispatch()
        self._park(slot)

    def checkpoint(self) -> None:
        """Let a thread that goes on out of turn queue up before it acts on the outside."""
        slot = self.current()
        if slot is None:
            return
        if slot.state is State.STRAY:
            self.yield_turn(slot)
        else:
            with self.mutex:
                self._raise_pending(slot)

    def wake(self, ticket: Ticket) -> None:
        """Fire a ticket; callable from any thread."""
        with self.mutex:
            self._fire(ticket)
            self.dispatch()

    @contextmanager
    def endless_wait(self, waits_for: str) -> Iterator[None]:
        """Note, for messages, that a task waits for something that never comes."""
        self._endless.append(waits_for)
        try:
            yield
        finally:
            self._endless.remove(waits_for)

    # -- bounds of a call ---------------------------------------------------------------------

    def bound(self, members: Sequence[Slot], limit_ms: int) -> None:
        """From now on, strike `members` with a guard when they cannot end in time."""
        with self.mutex:
            self._members = members
            self._limit_us = self.clock.elapsed_us + limit_ms * 1000
            self._limit_text = f"the call took more than its limit of {limit_ms} ms of virtual time"

    def unbound(self) -> None:
        """Lift the bounds of the call."""
        with self.mutex:
            self._members = () if self._main is None else (self._main,)
            self._limit_us = None
            for slot in self._by_thread.values():
                slot.error = None

    def strike(self, error: BaseException) -> bool:
        """Raise `error` in every member of the call, each a copy; says whether any could be."""
        with self.mutex:
            struck = [self.throw(slot, error) for slot in self._members]
            self.dispatch()
            return any(struck)

    def throw(self, slot: Slot, error: BaseException) -> bool:
        """Raise a copy of `error` in a thread: at once if it waits, else at its next wait."""
        with self.mutex:
            if slot.state is State.ENDED:
                return False
            slot.error = type(error)(*error.args)
            if slot.state is not State.WAITING:
                return slot.state is State.READY
            self._make_ready(slot)
            return True

    def force_turn(self) -> None:
        """Let the turn go on without the thread that has it, and without any stray."""
        with self.mutex:
            if self.running is not None:
                self.mark_stray(self.running)
            self.dispatch(past_strays=True)

    # -- turns --------------------------------------------------------------------------------

    def mark_stray(self, slot: Slot) -> None:
        """Take the turn from a thread that is blocked out of sight."""
        slot.state = State.STRAY
        self.strays.append(slot)
        self.running = None

    def can_go_on(self) -> bool:
        """Whether another thread than the one whose turn it is could do something."""
        return bool(self._ready) or self._timers.next_due_us() is not None

    def dispatch(self, *, past_strays: bool = False) -> None:
        """Give the turn to the next thread, if nobody has it. Call with `mutex` held."""
        if self._is_dispatching:
            return
        self._is_dispatching = True
        try:
            while self.running is None:
                if self.strays and not past_strays:
                    break
                if not self._ready and not self._advance():
                    break
                self._grant(self._ready.popleft())
        finally:
            self._is_dispatching = False
        if self.running is None and self.monitor is not None:
            self.monitor.nudge()

    def find_deadlock(self) -> VirtualTimeError | None:
        """Return what to strike with if nobody can ever go on, else None."""
        if self.running is not None or self.strays or self.can_go_on() or not self._members:
            return None
        endless = self._endless_waits()
        if endless:
            return LivelockError(f"waits for ever: {endless}")
        return DeadlockError(
            "nothing is scheduled and everybody waits for ever: " + self._describe()
        )

    def _advance(self) -> bool:
        """Jump to the next deadline; says whether somebody became ready."""
        due_us = self._timers.next_due_us()
        if due_us is None:
            return False
        if self._limit_us is not None and due_us > self._limit_us:
            self.clock.elapsed_us = max(self.clock.elapsed_us, self._limit_us)
            return self._strike_late()
        self.clock.elapsed_us = max(self.clock.elapsed_us, due_us)
        for slot in self._timers.take_due(due_us):
            self._make_ready(slot)
        return True

    def _strike_late(self) -> bool:
        endless = self._endless_waits()
        reason = f"; waits for ever: {endless}" if endless else ""
        error = LivelockError(f"{self._limit_text}{reason} ({self._describe()})")
        if self.strike(error):
            return True
        for slot in self._members:
            if slot.state is State.STRAY:
                interrupt_thread(slot.ident, LivelockError)
        return False

    def _endless_waits(self) -> str:
        in_threads = [slot.waits_for for slot in self.live() if slot.waits_for]
        return "; ".join([*in_threads, *self._endless])

    def _describe(self) -> str:
        return ", ".join(f"{slot.name} {describe_place(slot.ident)}" for slot in self.live())

    def _fire(self, ticket: Ticket) -> None:
        if not ticket.is_fired:
            ticket.is_fired = True
            if ticket.slot.ticket is ticket:
                self._make_ready(ticket.slot)

    def _make_ready(self, slot: Slot) -> None:
        slot.state = State.READY
        slot.ticket = None
        slot.waits_for = ""
        self._ready.append(slot)

    def _grant(self, slot: Slot) -> None:
        slot.state = State.RUNNING
        self.running = slot
        slot.gate.release()

    def _leave_turn(self, slot: Slot) -> None:
        if self.running is slot:
            self.running = None
        elif slot in self.strays:
            self.strays.remove(slot)

    def _park(self, slot: Slot) -> None:
        try:
            slot.gate.acquire()
        except BaseException:
            # A signal handler raised (Ctrl-C): the thread goes on now, whoever's turn it is.
            self._reclaim(slot)
            raise
        self._raise_pending(slot)

    def _reclaim(self, slot: Slot) -> None:
        with self.mutex:
            if slot.state is State.RUNNING:
                slot.gate.acquire(False)
                return
            if slot in self._ready:
                self._ready.remove(slot)
            slot.ticket = None
            if self.running is None:
                slot.state = State.RUNNING
                self.running = slot
            else:
                slot.state = State.STRAY
                self.strays.append(slot)

    def _raise_pending(self, slot: Slot) -> None:
        if slot.error is not None:
            error, slot.error = slot.error, None
            raise error
        if self._is_ending and slot is not self._main:
            raise RunOverError

    # -- the end ------------------------------------------------------------------------------

    def end_others(self, join: Callable[[Slot], bool]) -> tuple[str, ...]:
        """End all threads but the first, one after the other; returns the names of all of them.

        Args:
            join: Waits, in real time, for one thread to end and says whether it did.
        """
        self._is_ending = True
        others = [slot for slot in self.live() if slot is not self._main]
        for slot in others:
            self._end(slot, join)
        return tuple(slot.name for slot in others)

    def _end(self, slot: Slot, join: Callable[[Slot], bool]) -> None:
        with self.mutex:
            slot.error = RunOverError()
            if slot.state in (State.WAITING, State.READY):
                if slot in self._ready:
                    self._ready.remove(slot)
                slot.ticket = None
                # Beside the main thread, which only waits for it in real time.
                slot.state = State.STRAY
                self.strays.append(slot)
                slot.gate.release()
        if join(slot):
            return
        interrupt_thread(slot.ident, RunOverError)
        join(slot)
