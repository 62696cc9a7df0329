"""Locks whose waiters the scheduler can see; put in the place of `threading.Lock` and `RLock`.

A lock made during a run outlives it: for threads in real time these work like any other lock.
"""

from __future__ import annotations

import threading
from types import TracebackType

from tts_chaos.injectors.virtual_time import active
from tts_chaos.injectors.virtual_time.clock import to_us
from tts_chaos.injectors.virtual_time.originals import allocate_lock
from tts_chaos.injectors.virtual_time.slots import Ticket

__all__ = ["VirtualLock", "VirtualRLock"]

LONGEST_S = threading.TIMEOUT_MAX


class VirtualLock:
    """A lock like `threading.Lock`; threads of the run wait for it in virtual time."""

    __slots__ = ("__weakref__", "_inner", "_tickets")

    def __init__(self) -> None:
        self._inner = allocate_lock()
        self._tickets: list[Ticket] = []

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; see `threading.Lock.acquire`."""
        _check_arguments(blocking, timeout)
        if self._inner.acquire(False):
            return True
        if not blocking:
            return False
        if active.current() is None:
            return self._inner.acquire(True, timeout)
        return self._wait(timeout)

    def release(self) -> None:
        """Give the lock back, and let the first waiter try."""
        self._inner.release()
        scheduler = active.scheduler_in_charge()
        while self._tickets:
            ticket = self._tickets.pop(0)
            if scheduler is not None and not ticket.is_fired:
                scheduler.wake(ticket)
                return

    def locked(self) -> bool:
        """Whether somebody holds it."""
        return self._inner.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _wait(self, timeout_s: float) -> bool:
        found = active.current()
        assert found is not None
        scheduler, slot = found
        deadline_us = None
        if timeout_s >= 0:
            deadline_us = scheduler.clock.elapsed_us + to_us(timeout_s)
        while True:
            ticket = Ticket(slot)
            self._tickets.append(ticket)
            try:
                # A thread in real time may have given it back before the ticket was in the list.
                if self._inner.acquire(False):
                    return True
                if not scheduler.wait(ticket, deadline_us):
                    return self._inner.acquire(False)
            finally:
                self._withdraw(ticket)
            if self._inner.acquire(False):
                return True

    def _withdraw(self, ticket: Ticket) -> None:
        if ticket in self._tickets:
            self._tickets.remove(ticket)

    def _at_fork_reinit(self) -> None:
        self._inner = allocate_lock()
        self._tickets.clear()

    def __repr__(self) -> str:
        return f"<{'locked' if self.locked() else 'unlocked'} {type(self).__name__}>"


class VirtualRLock:
    """A re-entrant lock like `threading.RLock`, fit for `threading.Condition`."""

    __slots__ = ("__weakref__", "_count", "_lock", "_owner")

    def __init__(self) -> None:
        self._lock = VirtualLock()
        self._owner = 0
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, again if the thread has it; see `threading.RLock.acquire`."""
        if self._is_owned():
            self._count += 1
            return True
        if not self._lock.acquire(blocking, timeout):
            return False
        self._owner = threading.get_ident()
        self._count = 1
        return True

    def release(self) -> None:
        """Give it back once."""
        if not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if self._count == 0:
            self._owner = 0
            self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    # The three methods by which `threading.Condition` lets go of a re-entrant lock for a while.

    def _is_owned(self) -> bool:
        return self._owner == threading.get_ident()

    def _release_save(self) -> tuple[int, int]:
        state = (self._count, self._owner)
        self._count, self._owner = 0, 0
        self._lock.release()
        return state

    def _acquire_restore(self, state: tuple[int, int]) -> None:
        self._lock.acquire()
        self._count, self._owner = state

    def _at_fork_reinit(self) -> None:
        self._lock = VirtualLock()
        self._owner = self._count = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} owner={self._owner} count={self._count}>"


def _check_arguments(blocking: bool, timeout: float) -> None:
    if not blocking and timeout != -1:
        raise ValueError("can't specify a timeout for a non-blocking call")
    if timeout < 0 and timeout != -1:
        raise ValueError("timeout value must be a non-negative number")
    if timeout > LONGEST_S:
        raise OverflowError("timeout value is too large")
