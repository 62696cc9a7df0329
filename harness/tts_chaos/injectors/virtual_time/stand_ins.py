"""What stands in for functions of `time`, `threading`, `queue` and `asyncio`.

Each of them asks first whether the calling thread belongs to the run, and does the real thing where
it does not. So they may stay behind in a module that was imported during a run, and threads of
pytest-xdist, of time-out plugins and of this package never notice them.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any

from tts_chaos.engine.ports import ProgramKilledError
from tts_chaos.injectors.virtual_time import active, originals
from tts_chaos.injectors.virtual_time.clock import to_us
from tts_chaos.injectors.virtual_time.guards import RunOverError
from tts_chaos.injectors.virtual_time.loop import VirtualLoop
from tts_chaos.injectors.virtual_time.scheduler import Scheduler
from tts_chaos.injectors.virtual_time.slots import Slot, Ticket

__all__ = [
    "condition_wait",
    "make_loop",
    "make_simple_queue",
    "monotonic",
    "monotonic_ns",
    "sleep",
    "thread_join",
    "thread_start",
]


def sleep(seconds: float, /) -> None:
    """Stand in for `time.sleep`."""
    found = active.current()
    if found is None:
        originals.sleep(seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    scheduler, slot = found
    scheduler.sleep(slot, to_us(seconds))


def monotonic() -> float:
    """Stand in for `time.monotonic`."""
    found = active.current()
    return originals.monotonic() if found is None else found[0].clock.monotonic_us() / 1_000_000


def monotonic_ns() -> int:
    """Stand in for `time.monotonic_ns`."""
    found = active.current()
    return originals.monotonic_ns() if found is None else found[0].clock.monotonic_us() * 1000


class _Waiter:
    """What a condition keeps for a waiting thread, in the place of a lock."""

    __slots__ = ("_scheduler", "_ticket")

    def __init__(self, scheduler: Scheduler, ticket: Ticket) -> None:
        self._scheduler = scheduler
        self._ticket = ticket

    def release(self) -> None:
        """Wake the thread; called by `notify`."""
        self._scheduler.wake(self._ticket)


def condition_wait(condition: Any, timeout: float | None = None) -> bool:
    """Stand in for `threading.Condition.wait`; events, semaphores and queues wait by it."""
    found = active.current()
    if found is None:
        return originals.condition_wait(condition, timeout)
    if not condition._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    scheduler, slot = found
    ticket = Ticket(slot)
    waiter = _Waiter(scheduler, ticket)
    condition._waiters.append(waiter)
    saved = condition._release_save()
    try:
        return _wait_for(scheduler, ticket, timeout)
    finally:
        condition._acquire_restore(saved)
        if not ticket.is_fired and waiter in condition._waiters:
            condition._waiters.remove(waiter)


def _wait_for(scheduler: Scheduler, ticket: Ticket, timeout_s: float | None) -> bool:
    if timeout_s is None:
        return scheduler.wait(ticket, None)
    if timeout_s <= 0:
        return ticket.is_fired
    return scheduler.wait(ticket, scheduler.clock.elapsed_us + to_us(timeout_s))


def thread_start(thread: threading.Thread) -> None:
    """Stand in for `threading.Thread.start`: a thread started inside belongs to the run."""
    found = active.current()
    if found is None or thread.ident is not None:
        originals.thread_start(thread)
        return
    scheduler, parent = found
    slot = scheduler.adopt(thread)
    # On the instance, so that a subclass with its own `run` works the same.
    thread.run = _within_turns(scheduler, slot, thread.run)  # type: ignore[method-assign]
    parent.is_real = True
    try:
        originals.thread_start(thread)
    except BaseException:
        scheduler.disown(slot)
        raise
    finally:
        parent.is_real = False


def _within_turns(scheduler: Scheduler, slot: Slot, run: Callable[[], None]) -> Callable[[], None]:
    def run_in_turns() -> None:
        try:
            scheduler.begin(slot)
            run()
        except (RunOverError, ProgramKilledError):
            # Caught here, because hooks for exceptions in threads would report it.
            return
        finally:
            # The instance must not keep itself alive through its own method.
            vars(slot.thread).pop("run", None)
            scheduler.finish(slot)

    return run_in_turns


def thread_join(thread: threading.Thread, timeout: float | None = None) -> None:
    """Stand in for `threading.Thread.join`."""
    found = active.current()
    slot = found[0].slot_of(thread) if found is not None else None
    if found is None or slot is None or slot is found[1]:
        originals.thread_join(thread, timeout)
        return
    scheduler, own = found
    ticket = Ticket(own)
    with scheduler.mutex:
        is_over = scheduler.slot_of(thread) is None
        slot.joiners.append(ticket)
    if is_over or _wait_for(scheduler, ticket, timeout):
        # Only the last steps of the interpreter's own bookkeeping are left.
        originals.thread_join(thread)


def make_simple_queue() -> Any:
    """Stand in for `queue.SimpleQueue`, whose waiters hide in C."""
    return queue._PySimpleQueue()  # type: ignore[attr-defined]


def make_loop() -> asyncio.AbstractEventLoop:
    """Stand in for `asyncio.new_event_loop`."""
    found = active.current()
    return originals.make_loop() if found is None else VirtualLoop(found[0])
