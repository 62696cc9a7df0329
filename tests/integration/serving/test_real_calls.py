"""How calls of the integration end in real time."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tts_chaos.core.history import OpKind
from tts_chaos.errors import UsageError
from tts_chaos.injectors.real_calls import CALL_THREAD, RealCalls

LIMIT_MS = 60
PLENTY_MS = 5_000


@pytest.fixture
def calls() -> Iterator[RealCalls]:
    real = RealCalls()
    yield real
    real.close()


def _spin() -> None:
    while True:
        time.monotonic()


def _wait_on_a_socket() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.recv(1)


def _wait_on_a_lock() -> None:
    threading.Event().wait()


def _block_the_loop() -> Any:
    async def blocking() -> None:
        time.sleep(60)  # noqa: ASYNC251 - the mistake under test

    return blocking()


def _swallow_everything_once() -> None:
    try:
        time.sleep(60)
    except BaseException:  # noqa: BLE001 - the mistake under test
        time.sleep(60)


def _raise(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def test_a_value_comes_back_plain(calls: RealCalls) -> None:
    done = calls.run(lambda: {"total": Decimal("1.10"), "ids": ("1",)}, limit_ms=PLENTY_MS)

    assert (done.kind, done.value) == (OpKind.OK, {"total": "1.10", "ids": ["1"]})


def test_an_exception_is_a_failure_with_its_text(calls: RealCalls) -> None:
    done = calls.run(_raise(ValueError("no such order")), limit_ms=PLENTY_MS)

    assert (done.kind, done.error) == (OpKind.FAIL, "ValueError: no such order")


def test_ending_the_interpreter_is_unknown(calls: RealCalls) -> None:
    done = calls.run(_raise(SystemExit(3)), limit_ms=PLENTY_MS)

    assert (done.kind, done.error) == (OpKind.INFO, "tried to end the interpreter: SystemExit(3)")


def test_a_keyboard_interrupt_passes_through(calls: RealCalls) -> None:
    with pytest.raises(KeyboardInterrupt):
        calls.run(_raise(KeyboardInterrupt()), limit_ms=PLENTY_MS)


def test_a_value_that_cannot_be_kept_is_refused(calls: RealCalls) -> None:
    with pytest.raises(UsageError, match="return a sorted list"):
        calls.run(lambda: {"1", "2"}, limit_ms=PLENTY_MS)


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(lambda: time.sleep(60), id="asleep"),
        pytest.param(_spin, id="busy"),
        pytest.param(_wait_on_a_socket, id="waiting-on-a-socket"),
        pytest.param(_wait_on_a_lock, id="waiting-on-a-lock"),
        pytest.param(lambda: asyncio.sleep(60), id="async"),
    ],
)
def test_an_endless_call_is_interrupted_at_its_limit(
    calls: RealCalls, work: Callable[[], Any]
) -> None:
    started = time.monotonic()

    done = calls.run(work, limit_ms=LIMIT_MS)

    assert (done.kind, done.error) == (OpKind.INFO, "still running after 60 ms; interrupted")
    assert 0.055 <= time.monotonic() - started < 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    "work",
    [
        pytest.param(_swallow_everything_once, id="that-swallows-the-first-interruption"),
        pytest.param(_block_the_loop, id="that-blocks-its-event-loop"),
    ],
)
def test_an_endless_call_is_interrupted_a_little_later(
    calls: RealCalls, work: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tts_chaos.injectors.real_calls.RING_AGAIN_S", 0.05)
    monkeypatch.setattr("tts_chaos.injectors.real_calls.LAST_WORDS_S", 0.05)

    done = calls.run(work, limit_ms=LIMIT_MS)

    assert done.kind is OpKind.INFO
    assert calls.run(lambda: asyncio.sleep(0, "next"), limit_ms=PLENTY_MS).value == "next"


def test_the_signal_handler_of_before_is_back_after_a_call(calls: RealCalls) -> None:
    before = signal.getsignal(signal.SIGURG)

    calls.run(lambda: None, limit_ms=PLENTY_MS)
    os.kill(os.getpid(), signal.SIGURG)

    assert signal.getsignal(signal.SIGURG) is before


def test_a_limit_that_is_over_before_the_call_begins_leaves_nothing_armed(
    calls: RealCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGURG)
    start = threading.Thread.start

    def start_and_dawdle(thread: threading.Thread) -> None:
        start(thread)
        time.sleep(0.1)

    monkeypatch.setattr(threading.Thread, "start", start_and_dawdle)

    done = calls.run(_spin, limit_ms=1)

    assert done.kind is OpKind.INFO
    assert signal.getsignal(signal.SIGURG) is before


def test_a_call_is_made_in_the_thread_of_the_caller(calls: RealCalls) -> None:
    database = sqlite3.connect(":memory:")

    done = calls.run(lambda: database.execute("select 7").fetchone()[0], limit_ms=PLENTY_MS)

    assert done.value == 7
    database.close()


def test_async_calls_share_one_event_loop(calls: RealCalls) -> None:
    async def loop_id() -> int:
        return id(asyncio.get_running_loop())

    first = calls.run(loop_id, limit_ms=PLENTY_MS)
    second = calls.run(loop_id, limit_ms=PLENTY_MS)

    assert first.value == second.value


def test_calls_together_overlap_and_keep_their_order(calls: RealCalls) -> None:
    meeting = threading.Barrier(3)

    def work(name: str) -> Callable[[], str]:
        def meet() -> str:
            meeting.wait(2)
            return name

        return meet

    done = calls.run_together([work("a"), work("b"), work("c")], limit_ms=PLENTY_MS)

    assert [each.value for each in done] == ["a", "b", "c"]


def test_async_calls_work_together_too(calls: RealCalls) -> None:
    done = calls.run_together([lambda: asyncio.sleep(0)] * 2, limit_ms=PLENTY_MS)

    assert [each.kind for each in done] == [OpKind.OK, OpKind.OK]


def test_async_calls_together_share_the_loop_and_overlap(calls: RealCalls) -> None:
    """An asyncio lock, like an async HTTP client, works on the loop it was first used on only."""
    lock = asyncio.Lock()
    arrived: list[int] = []

    async def work() -> int:
        arrived.append(1)
        async with lock:
            await asyncio.sleep(0.01)
            assert len(arrived) == 4
        return id(asyncio.get_running_loop())

    alone = calls.run(_loop_id, limit_ms=PLENTY_MS)
    done = calls.run_together([work] * 4, limit_ms=PLENTY_MS)

    assert [each.value for each in done] == [alone.value] * 4


async def _loop_id() -> int:
    return id(asyncio.get_running_loop())


def test_of_async_calls_together_each_ends_in_its_own_way(calls: RealCalls) -> None:
    async def fail() -> None:
        raise ValueError("no")

    works: list[Callable[[], Any]] = [
        lambda: asyncio.sleep(0, "here"),
        fail,
        lambda: asyncio.sleep(60),
    ]

    done = calls.run_together(works, limit_ms=LIMIT_MS)

    assert [(each.kind, each.value, each.error) for each in done] == [
        (OpKind.OK, "here", ""),
        (OpKind.FAIL, None, "ValueError: no"),
        (OpKind.INFO, None, "still running after 60 ms; interrupted"),
    ]


def test_one_that_ends_the_interpreter_ends_nothing_but_the_calls(calls: RealCalls) -> None:
    async def end_it_all() -> None:
        raise SystemExit(3)

    done = calls.run_together([end_it_all, lambda: asyncio.sleep(60)], limit_ms=PLENTY_MS)
    after = calls.run(_loop_id, limit_ms=PLENTY_MS)

    assert {each.error for each in done} == {"tried to end the interpreter: SystemExit(3)"}
    assert after.kind is OpKind.OK


def test_one_that_blocks_the_loop_is_interrupted(calls: RealCalls) -> None:
    done = calls.run_together([_block_the_loop] * 2, limit_ms=LIMIT_MS)

    assert [each.kind for each in done] == [OpKind.INFO, OpKind.INFO]


def test_one_endless_call_among_several_does_not_keep_the_others(calls: RealCalls) -> None:
    done = calls.run_together([_spin, lambda: "here"], limit_ms=LIMIT_MS)

    assert [each.kind for each in done] == [OpKind.INFO, OpKind.OK]
    assert not [t for t in threading.enumerate() if t.name == CALL_THREAD]


def test_a_thread_that_cannot_be_interrupted_is_abandoned(
    calls: RealCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tts_chaos.injectors.real_calls.LAST_WORDS_S", 0.02)
    released = threading.Event()

    done = calls.run_together([released.wait], limit_ms=20)

    assert done[0].error == "still running after 20 ms; could not be interrupted, abandoned"
    released.set()


def test_a_call_outside_the_main_thread_is_bounded_too(calls: RealCalls) -> None:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(calls.run(_spin, limit_ms=LIMIT_MS)))

    thread.start()
    thread.join(3)

    assert results[0].error == "still running after 60 ms; interrupted"


@pytest.mark.parametrize("count", [1, 2], ids=["one-call", "calls-together"])
def test_ctrl_c_ends_a_wait_at_once(calls: RealCalls, count: int) -> None:
    threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGINT]).start()
    released = threading.Event()
    works = [lambda: released.wait(60)] * count
    run: Callable[..., Any] = calls.run if count == 1 else calls.run_together
    started = time.monotonic()

    with pytest.raises(KeyboardInterrupt):
        run(works[0] if count == 1 else works, limit_ms=PLENTY_MS)

    assert time.monotonic() - started < 1
    released.set()
