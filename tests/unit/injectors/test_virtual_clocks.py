"""What time it is during a run, and how it passes for a single thread."""

from __future__ import annotations

import datetime
import queue
import threading
import time
from time import monotonic as monotonic_by_name
from time import sleep as sleep_by_name

import pytest

from tts_chaos.core.clock import SIMULATED_EPOCH_MS
from tts_chaos.errors import UsageError
from tts_chaos.injectors.virtual_time import (
    DeadlockError,
    LivelockError,
    VirtualTime,
    VirtualTimeError,
)

HOUR_US = 3_600_000_000


class _Patient:
    """Keeps the function itself, as clients made for tests do."""

    pause = staticmethod(time.sleep)

    def wait(self, sleep: object = time.sleep) -> None:
        assert callable(sleep)
        sleep(2)

    def wait_by_keyword(self, *, sleep: object = time.sleep) -> None:
        assert callable(sleep)
        sleep(2)


def test_the_clock_starts_at_the_simulated_epoch(virtual: VirtualTime) -> None:
    assert virtual.clock.now_ms() == SIMULATED_EPOCH_MS
    assert time.time() == SIMULATED_EPOCH_MS / 1000


def test_an_hour_of_sleep_takes_exactly_an_hour_of_virtual_time(virtual: VirtualTime) -> None:
    time.sleep(3600)

    assert virtual.clock.elapsed_us == HOUR_US


def test_an_hour_of_sleep_takes_no_real_time(virtual: VirtualTime) -> None:
    before_s = time.perf_counter()

    time.sleep(3600)

    assert time.perf_counter() - before_s < 0.5


def test_wall_clock_and_monotonic_clock_move_together(virtual: VirtualTime) -> None:
    wall, steady = time.time(), time.monotonic()

    time.sleep(90)

    assert (time.time() - wall, time.monotonic() - steady) == (90, 90)


def test_datetime_now_is_virtual(virtual: VirtualTime) -> None:
    time.sleep(60)

    assert datetime.datetime.now(datetime.UTC).isoformat() == "2026-10-27T09:01:00+00:00"


def test_functions_imported_by_name_are_virtual(virtual: VirtualTime) -> None:
    before_s = monotonic_by_name()

    sleep_by_name(5)

    assert monotonic_by_name() - before_s == 5


@pytest.mark.parametrize(
    "wait",
    [_Patient().wait, _Patient().wait_by_keyword, lambda: _Patient.pause(2)],
    ids=["as-a-default-value", "as-a-keyword-default", "as-a-class-attribute"],
)
def test_a_sleep_kept_in_a_definition_is_virtual(wait: object) -> None:
    assert callable(wait)
    with VirtualTime() as virtual:
        wait()

        assert virtual.clock.elapsed_us == 2_000_000


def test_perf_counter_stays_real(virtual: VirtualTime) -> None:
    before_s = time.perf_counter()

    time.sleep(1000)

    assert time.perf_counter() - before_s < 100


@pytest.mark.parametrize("duration_s", [0.1, 0.3, 0.001, 0.7, 86_400.0])
def test_waits_split_by_float_arithmetic_end_on_the_millisecond(duration_s: float) -> None:
    with VirtualTime() as virtual:
        with pytest.raises(queue.Empty):
            queue.Queue[int]().get(timeout=duration_s)

        assert virtual.clock.elapsed_us == round(duration_s * 1_000_000)


def test_an_event_nobody_sets_times_out(virtual: VirtualTime) -> None:
    assert threading.Event().wait(7) is False
    assert virtual.clock.elapsed_us == 7_000_000


def test_a_lock_with_a_time_out_times_out(virtual: VirtualTime) -> None:
    lock = threading.Lock()
    lock.acquire()

    assert lock.acquire(timeout=4) is False
    assert virtual.clock.elapsed_us == 4_000_000


def test_a_negative_sleep_is_refused_as_by_the_real_one(virtual: VirtualTime) -> None:
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


def test_polling_with_sleeps_of_zero_lets_time_pass_in_the_end(virtual: VirtualTime) -> None:
    end_s = time.monotonic() + 0.05

    while time.monotonic() < end_s:
        time.sleep(0)

    assert virtual.clock.elapsed_us == 50_000


def test_waiting_for_ever_alone_is_a_deadlock_that_names_the_place(virtual: VirtualTime) -> None:
    with pytest.raises(DeadlockError, match=r"MainThread at test_virtual_clocks.py:\d+ in"):
        threading.Event().wait()


def test_taking_a_lock_twice_is_a_deadlock(virtual: VirtualTime) -> None:
    lock = threading.Lock()
    lock.acquire()

    with pytest.raises(DeadlockError):
        lock.acquire()


def test_time_past_the_limit_of_a_call_is_a_livelock(virtual: VirtualTime) -> None:
    with (
        pytest.raises(LivelockError, match="more than its limit of 1000 ms"),
        virtual.bounded(1000),
    ):
        time.sleep(2)
    assert virtual.clock.elapsed_us == 1_000_000


def test_the_limit_is_met_again_by_a_loop_that_swallows_it(virtual: VirtualTime) -> None:
    def insist() -> int:
        for attempt in range(100):
            try:
                time.sleep(0.9)
            except VirtualTimeError:
                return attempt
        return 100

    with virtual.bounded(1000):
        assert (insist(), insist()) == (1, 0)


def test_the_limit_ends_with_the_call(virtual: VirtualTime) -> None:
    with virtual.bounded(1000):
        time.sleep(1)

    time.sleep(100)

    assert virtual.clock.elapsed_us == 101_000_000


def test_a_guard_passes_through_except_exception() -> None:
    assert not issubclass(VirtualTimeError, Exception)


REAL = (
    time.sleep,
    time.monotonic,
    time.monotonic_ns,
    threading.Lock,
    threading.RLock,
    threading.Condition.wait,
    threading.Thread.start,
    threading.Thread.join,
    queue.SimpleQueue,
)


def _what_is_there() -> tuple[object, ...]:
    return (
        time.sleep,
        time.monotonic,
        time.monotonic_ns,
        threading.Lock,
        threading.RLock,
        threading.Condition.wait,
        threading.Thread.start,
        threading.Thread.join,
        queue.SimpleQueue,
    )


def test_everything_is_restored_after_a_run() -> None:
    with VirtualTime():
        assert not set(_what_is_there()) & set(REAL)

    assert _what_is_there() == REAL
    assert _Patient.wait.__defaults__ == (REAL[0],)


def test_everything_is_restored_after_an_error() -> None:
    def fail() -> None:
        with VirtualTime():
            raise KeyError("boom")

    with pytest.raises(KeyError):
        fail()

    assert _what_is_there() == REAL
    assert abs(time.time() - SIMULATED_EPOCH_MS / 1000) > 1


def test_a_second_virtual_time_inside_is_refused(virtual: VirtualTime) -> None:
    with pytest.raises(UsageError, match="already running in this process"):
        VirtualTime().start()


def test_the_refused_second_one_leaves_the_first_in_charge(virtual: VirtualTime) -> None:
    with pytest.raises(UsageError):
        VirtualTime().start()

    time.sleep(10)

    assert virtual.clock.elapsed_us == 10_000_000


def test_a_used_virtual_time_is_refused() -> None:
    virtual = VirtualTime()
    with virtual:
        pass

    with pytest.raises(UsageError, match="make a new one"):
        virtual.start()
