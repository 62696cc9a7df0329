"""The simulated world: the platform in process, and time that jumps.

Every scenario that needs no real socket runs here. The integration runs in the thread that opened
the world (so objects bound to a thread, as SQLite connections are, stay usable), async code on one
event loop for the whole run (so that its clients can stay open between calls).
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from tts_chaos.core.clock import Clock, SkewedClock
from tts_chaos.core.history import OpKind
from tts_chaos.engine.plain import to_plain
from tts_chaos.engine.ports import Completion, Door, ProgramKilledError
from tts_chaos.errors import LimitExceededError, UsageError
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.injectors.aiohttp_seam import AiohttpSeam
from tts_chaos.injectors.outside import OutsideGuard
from tts_chaos.injectors.requests_seam import RequestsSeam
from tts_chaos.injectors.respx_seam import HttpxSeam
from tts_chaos.injectors.virtual_time.guards import HangError, RunOverError, VirtualTimeError
from tts_chaos.injectors.virtual_time.session import VirtualTime
from tts_chaos.injectors.virtual_time.slots import Slot
from tts_chaos.injectors.virtual_time.watchdog import Watchdog
from tts_chaos.typing import TwinConnection
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["SimulatedWorld"]

T = TypeVar("T")

HANG_LIMIT_S = 20.0
"""Real seconds for one call. A busy call of this world takes well under one; more is a hang."""

CLOSING_LIMIT_MS = 60_000
"""Virtual time that tasks left behind get for their clean-up."""


class SimulatedWorld:
    """A world in this process, for one run; implements `engine.ports.World`.

    Args:
        hang_limit_s: Real seconds after which a call counts as hung.
    """

    def __init__(self, *, hang_limit_s: float = HANG_LIMIT_S) -> None:
        self._virtual = VirtualTime()
        self._watchdog = Watchdog(self._virtual.scheduler, hang_limit_s)
        self._outside = OutsideGuard()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._undo = ExitStack()

    tests_program = False

    @property
    def name(self) -> str:
        """The word for this world."""
        return "simulated"

    @property
    def clock(self) -> Clock:
        """The run's clock; stands at its start before `open`."""
        return self._virtual.clock

    @property
    def proxy_engine(self) -> str:
        """Nothing: there is no proxy here."""
        return ""

    def refused_destinations(self) -> tuple[str, ...]:
        """Return destinations (`host:port`) whose connections were refused, once each, in order."""
        return tuple(self._outside.refused)

    def leftover_threads(self) -> tuple[str, ...]:
        """Return names of threads that were still there at the end and were made to end."""
        return self._virtual.left_threads

    @property
    def stubborn_threads(self) -> tuple[str, ...]:
        """Names of those that would not end, and go on in real time."""
        return self._virtual.stubborn_threads

    def open(
        self,
        door: Door,
        credentials: TwinConnection,
        platform_clock: SkewedClock,  # noqa: ARG002 - the door's side has its clock already
    ) -> TwinConnection:
        """Take over time and traffic of the calling thread; the addresses are the real ones.

        Raises:
            UsageError: If a simulated world is open in this process, or this one was used before.
        """
        with ExitStack() as undo:
            self._virtual.start()
            undo.callback(self._virtual.stop)
            undo.callback(self._watchdog.stop)
            for seam in (HttpxSeam(), RequestsSeam(), AiohttpSeam()):
                seam.install(door)
                undo.callback(seam.remove)
            self._outside.install()
            undo.callback(self._outside.remove)
            # Before the guards go: a thread may act once more as it ends.
            undo.callback(self._virtual.end_threads)
            undo.callback(self._close_loop)
            self._undo = undo.pop_all()
        return dataclasses.replace(
            credentials,
            api_url=f"https://{API_HOST}",
            token_url=f"https://{AUTH_HOST}",
            ca_file=None,
            world=self.name,
        )

    def close(self) -> None:
        """Give everything back; harmless when called twice or before `open`."""
        self._undo.close()

    def refusal(self, fault: Fault, trigger: Trigger) -> str | None:  # noqa: ARG002 - of the port
        """Say why a fault exists on real sockets only, or None where it can be simulated."""
        base, own = Fault, type(fault)
        if any(getattr(own, name) is not getattr(base, name) for name in _SIMULATED):
            return None
        return (
            f"{own.name} happens to real sockets, and the simulated world has none; "
            "run the scenario in the wire world"
        )

    def kill_refusal(self) -> str | None:
        """Say nothing: an integration in this process is killed by an exception."""
        return None

    def uses_proxy(self, fault: Fault, trigger: Trigger) -> bool:  # noqa: ARG002 - of the port
        """Say no: there is no proxy here."""
        return False

    def arm(self, id: str, fault: Fault, trigger: Trigger) -> None:
        """Do nothing; the door realises every fault here."""

    def lift(self, id: str) -> None:
        """Do nothing; the door realises every fault here."""

    def hits(self, id: str) -> int:  # noqa: ARG002 - of the port
        """Return 0: the door counts what it realises itself."""
        return 0

    def sleep(self, duration_ms: int) -> None:
        """Let time pass; threads and tasks that the integration has running do their work.

        Raises:
            LimitExceededError: If they use up their real time meanwhile.
        """
        end_us = self._virtual.clock.elapsed_us + duration_ms * 1000
        try:
            with self._watched([self._virtual.main]):
                while (left_us := end_us - self._virtual.clock.elapsed_us) > 0:
                    self._sleep_us(left_us)
        except VirtualTimeError as error:
            raise LimitExceededError(
                f"while time passed, work that the integration left running went wrong: "
                f"{self._watchdog.report or error}"
            ) from error

    def call(self, work: Callable[[], T], *, limit_ms: int) -> Completion:
        """Run a call of the integration; a coroutine it returns runs on the run's loop.

        Exceptions become FAIL; what a guard ended, and `sys.exit`, become INFO.
        """
        members = [self._virtual.main]
        with self._virtual.bounded(limit_ms, members):
            return self._complete(lambda: self._finish_sync(work()), members)

    def call_together(
        self, works: Sequence[Callable[[], Any]], *, limit_ms: int
    ) -> list[Completion]:
        """Run several calls at once: threads, or one gathering of tasks where they are async."""
        results: list[Any] = [None] * len(works)
        threads = [self._start_worker(work, results, place) for place, work in enumerate(works)]
        members = [slot for slot in map(self._virtual.scheduler.slot_of, threads) if slot]
        with self._virtual.bounded(limit_ms, members), self._watched(members):
            for thread in threads:
                thread.join()
        if any(map(inspect.isawaitable, results)):
            return self._gather(results, limit_ms)
        return results

    # -- one call ------------------------------------------------------------------------------

    def _complete(self, work: Callable[[], Any], members: Sequence[Slot]) -> Completion:
        try:
            with self._watched(members):
                return Completion(kind=OpKind.OK, value=work())
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever an integration raises is a result
            return self._to_completion(error)

    def _to_completion(self, error: BaseException) -> Completion:
        guard = _find_guard(error)
        if guard is not None:
            is_bare = isinstance(guard, HangError) and not guard.args
            return _info(HangError(self._watchdog.report) if is_bare else guard)
        if isinstance(error, RunOverError):
            return _info(error)
        if isinstance(error, ProgramKilledError):
            return Completion(kind=OpKind.INFO, error=str(error))
        if isinstance(error, SystemExit):
            text = f"SystemExit: the integration called sys.exit({error.code!r})"
            return Completion(kind=OpKind.INFO, error=text)
        return Completion(kind=OpKind.FAIL, error=_describe(error))

    @contextmanager
    def _watched(self, members: Sequence[Slot]) -> Iterator[None]:
        self._watchdog.arm(members)
        try:
            yield
        finally:
            self._watchdog.disarm()

    def _finish_sync(self, value: Any) -> Any:
        return to_plain(self._run_on_loop(value) if inspect.isawaitable(value) else value)

    # -- several calls -------------------------------------------------------------------------

    def _start_worker(
        self, work: Callable[[], Any], results: list[Any], place: int
    ) -> threading.Thread:
        def run() -> None:
            try:
                value = work()
                results[place] = (
                    value
                    if inspect.isawaitable(value)
                    else Completion(kind=OpKind.OK, value=to_plain(value))
                )
            except BaseException as error:  # noqa: BLE001 - as in a single call
                results[place] = self._to_completion(error)

        thread = threading.Thread(target=run, name=f"call-{place + 1}")
        thread.start()
        return thread

    def _gather(self, results: list[Any], limit_ms: int) -> list[Completion]:
        members = [self._virtual.main]
        loop = self._get_loop()
        tasks = {
            place: loop.create_task(_finish_async(value))
            for place, value in enumerate(results)
            if inspect.isawaitable(value)
        }
        with self._virtual.bounded(limit_ms, members):
            whole = self._complete(lambda: self._run_on_loop(asyncio.wait(tasks.values())), members)
            for place, task in tasks.items():
                results[place] = self._to_result(task, whole)
        return results

    def _to_result(self, task: asyncio.Task[Any], whole: Completion) -> Completion:
        if not task.done():
            self._unwind(task)
            return whole
        if task.cancelled():
            return Completion(kind=OpKind.FAIL, error="CancelledError")
        error = task.exception()
        if error is not None:
            return self._to_completion(error)
        return Completion(kind=OpKind.OK, value=task.result())

    # -- the loop ------------------------------------------------------------------------------

    def _get_loop(self) -> asyncio.AbstractEventLoop:
        if asyncio._get_running_loop() is not None:
            raise UsageError(
                "the simulated world runs its own event loop, and this thread is inside another "
                "one; run scenarios from a plain function, not from an async test"
            )
        if self._loop is None:
            self._loop = self._virtual.make_loop()
            self._loop.set_exception_handler(_tell_unless_killed)
        return self._loop

    def _run_on_loop(self, value: Awaitable[T]) -> T:
        loop = self._get_loop()
        task = loop.create_task(_await(value))
        try:
            return loop.run_until_complete(task)
        except BaseException:
            self._unwind(task)
            raise

    def _unwind(self, task: asyncio.Task[Any]) -> None:
        """Cancel a task and let it clean up, as long as that takes no time."""
        if task.done():
            # Taken, so that asyncio does not complain of one that nobody asked for.
            _ = task.cancelled() or task.exception()
            return
        task.cancel()
        try:
            self._get_loop().run_until_complete(asyncio.wait({task}))
        except VirtualTimeError:
            # It will not let go; closing the world gives it another chance.
            return
        if task.done() and not task.cancelled():
            # Whatever the clean-up raised, the guard that began it is the result.
            task.exception()

    def _sleep_us(self, duration_us: int) -> None:
        loop = self._loop
        if loop is None or not asyncio.all_tasks(loop):
            self._virtual.scheduler.sleep(self._virtual.main, duration_us)
            return
        try:
            loop.run_until_complete(asyncio.sleep(duration_us / 1_000_000))
        except SystemExit:
            # A background task of the integration ended; the rest of the time passes without it.
            return

    def _close_loop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is None:
            return
        try:
            with self._virtual.bounded(CLOSING_LIMIT_MS), self._watched([self._virtual.main]):
                for task in asyncio.all_tasks(loop):
                    task.cancel()
                if left := asyncio.all_tasks(loop):
                    loop.run_until_complete(asyncio.wait(left))
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.run_until_complete(loop.shutdown_default_executor())
        except (VirtualTimeError, SystemExit):
            # What would not end by itself ends with its threads and with the loop.
            pass
        finally:
            loop.close()


_SIMULATED = ("begin", "effects", "reshape")
"""Methods of a fault that the door realises; one with none of them has only its toxics."""


def _tell_unless_killed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say of tasks that nobody asked how they ended what asyncio says; of the killed, nothing."""
    if not isinstance(context.get("exception"), ProgramKilledError):
        loop.default_exception_handler(context)


async def _await(value: Awaitable[T]) -> T:
    return await value


async def _finish_async(value: Awaitable[Any]) -> Any:
    return to_plain(await value)


def _find_guard(error: BaseException) -> VirtualTimeError | None:
    """Return the guard that an exception is, or that a task group wrapped."""
    if isinstance(error, VirtualTimeError):
        return error
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            if (guard := _find_guard(part)) is not None:
                return guard
    return None


def _describe(error: BaseException) -> str:
    text = str(error)
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _info(error: BaseException) -> Completion:
    return Completion(kind=OpKind.INFO, error=_describe(error))
