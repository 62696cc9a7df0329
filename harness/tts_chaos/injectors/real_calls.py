"""Calls of the integration in real time, none of them endless.

A call is made in the calling thread where that can be interrupted (the main thread of a POSIX
system), because objects such as SQLite connections may be used in the thread that made them and in
no other. Elsewhere it is made in a thread of its own, which is abandoned when it does not end.

    kind of call                         how it is ended at the limit
    blocked or busy in the main thread   a signal, whose handler raises `CallTimeLimitError`
    async, in any thread                 its task is cancelled; the loop lives on
    in another thread                    `CallTimeLimitError` at its next bytecode, then abandoned

Async calls all run on one loop, those at the same moment included, as in a program of one's own:
clients and locks of asyncio belong to the loop that they were first used on.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import inspect
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from tts_chaos.core.history import OpKind
from tts_chaos.engine.plain import to_plain
from tts_chaos.engine.ports import Completion, OutcomeUnknownError

__all__ = ["CALL_THREAD", "CallTimeLimitError", "RealCalls"]

CALL_THREAD = "tts-chaos-call"
"""Name of the threads in which calls are made."""

RING_AGAIN_S = 1.0
"""Pause before a call that went on after its limit is interrupted again: time to clean up."""

LAST_WORDS_S = 0.5
"""How long a thread that was told to end is waited for before it is abandoned."""

POLL_S = 0.2
"""Longest wait in one go: Ctrl-C does not interrupt a wait on every system."""

# Ignored by default, so that one that arrives a moment late does no harm; used by hardly any
# program; and not the alarm signal, which test runners use for time-outs of their own.
_SIGNAL = getattr(signal, "SIGURG", None)

_T = TypeVar("_T")


class CallTimeLimitError(BaseException):
    """The call has used up its time. No `Exception`: an integration must not swallow it."""


class RealCalls:
    """Makes calls, and keeps one event loop for those that are async."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None

    def run(self, work: Callable[[], Any], *, limit_ms: int) -> Completion:
        """Make one call; see `engine.ports.World.call`."""
        if not _can_interrupt():
            return self.run_together([work], limit_ms=limit_ms)[0]
        try:
            return _Alarm(limit_ms / 1000).guard(
                lambda alarm: _complete(lambda: self._resolve(work(), alarm), limit_ms)
            )
        except CallTimeLimitError:
            return _interrupted(limit_ms)

    def run_together(
        self, works: Sequence[Callable[[], Any]], *, limit_ms: int
    ) -> list[Completion]:
        """Make several calls at the same moment; see `engine.ports.World.call_together`.

        Async ones begin once those that are not have ended; hardly anybody mixes them.
        """
        barrier = threading.Barrier(len(works))
        hands_over = _can_interrupt()
        threads = [_CallThread(work, limit_ms, barrier, hands_over=hands_over) for work in works]
        for thread in threads:
            thread.start()
        deadline_s = time.monotonic() + limit_ms / 1000
        try:
            done = [thread.wait_until(deadline_s) for thread in threads]
        finally:
            for thread in threads:
                thread.end()
        waiting = [place for place, thread in enumerate(threads) if thread.awaitable is not None]
        if waiting:
            awaitables = [threads[place].awaitable for place in waiting]
            for place, completion in zip(
                waiting, self._run_async_together(awaitables, limit_ms), strict=True
            ):
                done[place] = completion
        return done

    def _run_async_together(self, awaitables: Sequence[Any], limit_ms: int) -> list[Completion]:
        """Await several calls on the one loop, each bounded by itself."""
        try:
            outcomes = _Alarm(limit_ms / 1000).guard(
                lambda alarm: self._run_on_loop(_outcomes(awaitables, alarm.leave_to_event_loop()))
            )
        except CallTimeLimitError:
            # One that blocks the loop keeps all the others.
            return [_interrupted(limit_ms) for _ in awaitables]
        except SystemExit as error:
            # It ends the loop, and with it the others.
            return [_complete(functools.partial(_raise, error), limit_ms) for _ in awaitables]
        return [_complete(outcome, limit_ms) for outcome in outcomes]

    def close(self) -> None:
        """End the event loop kept for async calls."""
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.close()

    def _resolve(self, value: Any, alarm: _Alarm) -> Any:
        if not inspect.isawaitable(value):
            return value
        return self._run_on_loop(_bounded(value, alarm.leave_to_event_loop()))

    def _run_on_loop(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        if self._runner is None:
            self._runner = asyncio.Runner()
        try:
            return self._runner.run(coroutine)
        except (CallTimeLimitError, SystemExit):
            if not _has_ended_in_order(self._runner):
                self.close()
            raise


def _can_interrupt() -> bool:
    """Whether a call in this thread can be ended by a signal."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and _SIGNAL is not None and sys.platform != "win32"


def _has_ended_in_order(runner: asyncio.Runner) -> bool:
    """Whether the loop has no task left, so that the next call can use it."""
    return not asyncio.all_tasks(runner.get_loop())


async def _bounded(awaitable: Any, remaining_s: float) -> Any:
    task = asyncio.ensure_future(awaitable)
    done, _ = await asyncio.wait({task}, timeout=remaining_s)
    if done:
        return task.result()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait({task}, timeout=LAST_WORDS_S)
    raise CallTimeLimitError


async def _outcomes(awaitables: Sequence[Any], limit_s: float) -> list[Callable[[], Any]]:
    """Await all at once; each outcome returns what came, or raises it."""

    async def one(awaitable: Any) -> Callable[[], Any]:
        try:
            value = await _bounded(awaitable, limit_s)
        except (Exception, CallTimeLimitError, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever it raises, failed
            return functools.partial(_raise, error)
        return lambda: value

    return await asyncio.gather(*map(one, awaitables))


def _raise(error: BaseException) -> None:
    raise error


def _complete(call: Callable[[], Any], limit_ms: int) -> Completion:
    """Make a call and say how it ended."""
    try:
        value = call()
    except CallTimeLimitError:
        return _interrupted(limit_ms)
    except (SystemExit, GeneratorExit) as error:
        return Completion(kind=OpKind.INFO, error=f"tried to end the interpreter: {error!r}")
    except OutcomeUnknownError as error:
        return Completion(kind=OpKind.INFO, error=str(error))
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever it raises, failed
        return Completion(kind=OpKind.FAIL, error=f"{type(error).__name__}: {error}")
    return Completion(kind=OpKind.OK, value=to_plain(value))


def _interrupted(limit_ms: int) -> Completion:
    error = f"still running after {limit_ms} ms; interrupted"
    return Completion(kind=OpKind.INFO, error=error)


class _Alarm:
    """Interrupts the main thread after a while, again and again until left."""

    def __init__(self, limit_s: float) -> None:
        self._deadline_s = time.monotonic() + limit_s
        self._over = threading.Event()
        self._is_armed = False

    def guard(self, work: Callable[[_Alarm], _T]) -> _T:
        """Do the work, interrupted once its time is up; return what it returns.

        No context manager: Python may ring on entering any function, `__exit__` too, which would
        then never disarm. Here the first step after the work is an assignment, which nothing can
        come before.

        Raises:
            CallTimeLimitError: If the work let the interruption through.
        """
        assert _SIGNAL is not None
        previous = signal.signal(_SIGNAL, self._interrupt)
        try:
            self._is_armed = True
            threading.Thread(target=self._watch, name=f"{CALL_THREAD}-watch", daemon=True).start()
            return work(self)
        finally:
            self._is_armed = False
            self._over.set()
            signal.signal(_SIGNAL, previous)

    def leave_to_event_loop(self) -> float:
        """Ring later, because the loop keeps the limit itself; returns the seconds left."""
        remaining_s = max(self._deadline_s - time.monotonic(), 0)
        self._deadline_s += LAST_WORDS_S + RING_AGAIN_S
        return remaining_s

    def _interrupt(self, _number: int, _frame: object) -> None:
        if self._is_armed and time.monotonic() >= self._deadline_s:
            self._deadline_s = time.monotonic() + RING_AGAIN_S
            raise CallTimeLimitError

    def _watch(self) -> None:
        main = threading.main_thread().ident
        assert main is not None
        assert _SIGNAL is not None
        while not self._over.wait(max(self._deadline_s - time.monotonic(), 0.01)):
            if time.monotonic() >= self._deadline_s:
                signal.pthread_kill(main, _SIGNAL)


class _CallThread(threading.Thread):
    """One call in a thread of its own.

    Args:
        work: The call.
        limit_ms: For an async one that is awaited here.
        barrier: Where all wait for each other.
        hands_over: Whether an async one is left in `awaitable`, to be awaited on the common loop.
    """

    def __init__(
        self,
        work: Callable[[], Any],
        limit_ms: int,
        barrier: threading.Barrier,
        *,
        hands_over: bool = False,
    ) -> None:
        super().__init__(name=CALL_THREAD, daemon=True)
        self.awaitable: Any = None
        self._hands_over = hands_over
        self._work = work
        self._limit_ms = limit_ms
        self._barrier = barrier
        self._outcome: Completion | BaseException | None = None

    def run(self) -> None:
        """Make the call."""
        try:
            self._barrier.wait()
            self._outcome = _complete(self._resolve, self._limit_ms)
        except CallTimeLimitError:
            return
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._outcome = error

    def _resolve(self) -> Any:
        value = self._work()
        if not inspect.isawaitable(value):
            return value
        if self._hands_over:
            self.awaitable = value
            return None
        bounded: Coroutine[Any, Any, Any] = _bounded(value, self._limit_ms / 1000)
        return asyncio.run(bounded)

    def wait_until(self, deadline_s: float) -> Completion:
        """Return how the call ended, or that it did not.

        Raises:
            BaseException: What the call let through, such as KeyboardInterrupt or UsageError.
        """
        for pause_s in _slices(deadline_s):
            self.join(pause_s)
            if not self.is_alive():
                break
        if self.is_alive():
            self.end()
            self.join(LAST_WORDS_S)
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        if self.is_alive():
            error = f"still running after {self._limit_ms} ms; could not be interrupted, abandoned"
            return Completion(kind=OpKind.INFO, error=error)
        return self._outcome or _interrupted(self._limit_ms)

    def end(self) -> None:
        """Ask the thread to end, if it has not."""
        if self.is_alive() and self.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self.ident), ctypes.py_object(CallTimeLimitError)
            )


def _slices(deadline_s: float) -> Iterator[float]:
    """Return waits up to a deadline, none of them long; at least one."""
    remaining_s = max(deadline_s - time.monotonic(), 0.001)
    while remaining_s > 0:
        yield min(remaining_s, POLL_S)
        remaining_s = deadline_s - time.monotonic()
