"""A thread of the run as the scheduler sees it, one wait of it, and who looks after it."""

from __future__ import annotations

import threading
from enum import Enum
from typing import Protocol

from tts_chaos.injectors.virtual_time.originals import allocate_lock

__all__ = ["Nudge", "Slot", "State", "Ticket"]


class State(Enum):
    """Where a thread of the run stands.

    `STRAY` threads are blocked where the scheduler cannot see why (a lock older than the run, a
    real socket); when they go on, they do so beside the thread whose turn it is, up to their next
    wait or request.
    """

    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    STRAY = "stray"
    ENDED = "ended"


class Slot:
    """One thread of the run.

    Attributes:
        order: Ordinal of registration; breaks ties, so that equal runs are equal.
        ident: `threading.get_ident()` of the thread, 0 before it began.
        gate: Plain lock the thread sleeps on while it is not its turn.
        ticket: The wait it is in, None outside.
        error: Exception to raise in it at its next turn.
        is_real: Whether it is in real time for the moment.
        waits_for: What an endless wait waits for, for messages.
        joiners: Tickets of the threads that wait for its end.
        spins: Zero-length sleeps in a row.
    """

    __slots__ = (
        "error",
        "gate",
        "ident",
        "is_real",
        "joiners",
        "order",
        "spins",
        "state",
        "thread",
        "ticket",
        "waits_for",
    )

    def __init__(self, order: int, thread: threading.Thread, state: State) -> None:
        self.order = order
        self.thread = thread
        self.state = state
        self.ident = 0
        self.gate = allocate_lock()
        self.gate.acquire()
        self.ticket: Ticket | None = None
        self.error: BaseException | None = None
        self.is_real = False
        self.waits_for = ""
        self.joiners: list[Ticket] = []
        self.spins = 0

    @property
    def name(self) -> str:
        """Name of the thread."""
        return self.thread.name


class Ticket:
    """One wait of one thread. It fires at most once; firing before the wait begins counts."""

    __slots__ = ("is_fired", "slot")

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.is_fired = False


class Nudge(Protocol):
    """Whoever looks after blocked threads; told when there may be some."""

    def nudge(self) -> None:
        """Have a look soon. Called with the scheduler's mutex held."""
        ...
