"""Virtual time for one run: entered by one thread, left by the same one."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType

from tts_chaos.core.clock import SIMULATED_EPOCH_MS
from tts_chaos.errors import UsageError
from tts_chaos.injectors.virtual_time import active, originals
from tts_chaos.injectors.virtual_time.clock import VirtualClock
from tts_chaos.injectors.virtual_time.guards import RunOverError
from tts_chaos.injectors.virtual_time.loop import VirtualLoop
from tts_chaos.injectors.virtual_time.monitor import Monitor
from tts_chaos.injectors.virtual_time.scheduler import Scheduler
from tts_chaos.injectors.virtual_time.slots import Slot
from tts_chaos.injectors.virtual_time.swaps import Swaps
from tts_chaos.injectors.virtual_time.wallclock import WallClock

__all__ = ["VirtualTime"]

JOIN_S = 1.0
"""Real time a left thread gets to end after each of the two requests to do so."""


class VirtualTime:
    """Makes time virtual for the thread that enters, and for the threads started inside.

    Example:
        >>> import time
        >>> with VirtualTime() as virtual:
        ...     time.sleep(3600)
        ...     virtual.clock.elapsed_us
        3600000000

    Virtual: `time.time` and `datetime.now` with their kin, `time.monotonic`, `time.sleep`, waits of
    conditions, events, queues, locks, threads and pools, and new asyncio loops. Real:
    `time.perf_counter`, sockets, other processes, sleeps inside C extensions, and all of it for
    threads started elsewhere.

    Args:
        start_ms: Wall-clock instant of the start, in milliseconds since the Unix epoch.
    """

    def __init__(self, *, start_ms: int = SIMULATED_EPOCH_MS) -> None:
        self.clock = VirtualClock(start_ms)
        self.scheduler = Scheduler(self.clock)
        self._monitor = Monitor(self.scheduler)
        self._swaps = Swaps()
        self._wall_clock = WallClock(self._read_wall_ns)
        self._main: Slot | None = None
        self._undo = ExitStack()
        self._has_ended = False
        self.left_threads: tuple[str, ...] = ()
        self.stubborn_threads: tuple[str, ...] = ()

    def start(self) -> None:
        """Take time over.

        Raises:
            UsageError: If virtual time is running already, or this object has been used.
            ConfigError: If another library holds the wall clock.
        """
        if self._main is not None:
            raise UsageError("this virtual time has been used; make a new one for each run")
        active.claim(self.scheduler)
        with ExitStack() as undo:
            undo.callback(active.release)
            self._wall_clock.start()
            undo.callback(self._wall_clock.stop)
            self._main = self.scheduler.enrol_current()
            self.scheduler.monitor = self._monitor
            undo.callback(self._monitor.stop)
            undo.callback(self._swaps.remove)
            self._swaps.install()
            undo.callback(self.end_threads)
            self._undo = undo.pop_all()

    def stop(self) -> None:
        """Give time back, after ending the threads that were left behind.

        Their names are in `left_threads`; those that would not end, in `stubborn_threads`.

        Raises:
            UsageError: If another thread than the one that started calls.
        """
        if self._main is not None and self._main.ident != threading.get_ident():
            raise UsageError("virtual time is left by the thread that entered it")
        self._undo.close()

    def __enter__(self) -> VirtualTime:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @contextlib.contextmanager
    def bounded(self, limit_ms: int, members: Sequence[Slot] | None = None) -> Iterator[None]:
        """Bound what happens inside to `limit_ms` of virtual time.

        Args:
            limit_ms: Virtual time from now on.
            members: Threads to strike when it is over; the thread that entered by default.

        Raises:
            LivelockError: In the members, when the clock reaches the limit.
            DeadlockError: In the members, when nobody can go on any more.
        """
        self.scheduler.bound((self.main,) if members is None else members, limit_ms)
        try:
            yield
        finally:
            self.scheduler.unbound()

    @property
    def main(self) -> Slot:
        """The slot of the thread that entered."""
        assert self._main is not None
        return self._main

    def make_loop(self) -> VirtualLoop:
        """Return a new event loop on this clock."""
        return VirtualLoop(self.scheduler)

    def _read_wall_ns(self) -> int | None:
        return None if self.scheduler.current() is None else self.clock.wall_ns()

    def end_threads(self) -> None:
        """End the threads that were left behind, while everything is still in its place.

        Called by `stop`; a caller that has more to take down, such as guards of the network, calls
        it first, since threads may act once more as they end.
        """
        if self._has_ended:
            return
        self._has_ended = True
        logger = logging.getLogger("concurrent.futures")
        logger.addFilter(_is_not_about_the_end)
        try:
            self.left_threads = self.scheduler.end_others(_join_in_real_time)
        finally:
            logger.removeFilter(_is_not_about_the_end)
        self.stubborn_threads = tuple(
            slot.name for slot in self.scheduler.live() if slot is not self._main
        )


def _join_in_real_time(slot: Slot) -> bool:
    originals.thread_join(slot.thread, JOIN_S)
    return not slot.thread.is_alive()


def _is_not_about_the_end(record: logging.LogRecord) -> bool:
    """Whether a log record is about anything but a pool's worker that was made to end."""
    return record.exc_info is None or not isinstance(record.exc_info[1], RunOverError)
