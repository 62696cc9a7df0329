"""Several threads on virtual time: order, waking, strays, and those left behind."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError

import pytest

from tts_chaos.errors import UsageError
from tts_chaos.injectors.virtual_time import DeadlockError, VirtualTime

OLD_LOCK = threading.Lock()
"""Made before any run, so the scheduler cannot see who waits for it."""


def test_threads_sleep_side_by_side(virtual: VirtualTime) -> None:
    threads = [threading.Thread(target=time.sleep, args=(n,)) for n in (5, 3, 4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert virtual.clock.elapsed_us == 5_000_000


def test_sleepers_wake_by_deadline_then_by_registration(virtual: VirtualTime) -> None:
    woken: list[str] = []

    def sleep_then_tell(name: str, *naps_s: float) -> None:
        for nap_s in naps_s:
            time.sleep(nap_s)
        woken.append(name)

    naps: dict[str, tuple[float, ...]] = {"a": (2, 1), "b": (3,), "c": (1,)}
    threads = [threading.Thread(target=sleep_then_tell, args=(n, *naps[n])) for n in naps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert woken == ["c", "a", "b"]


def test_a_pool_gives_its_results_after_the_longest_job(virtual: VirtualTime) -> None:
    def nap(duration_s: int) -> int:
        time.sleep(duration_s)
        return virtual.clock.elapsed_us // 1_000_000

    with ThreadPoolExecutor(4) as pool:
        ends_s = list(pool.map(nap, [5, 1, 3, 2]))

    assert ends_s == [5, 1, 3, 2]


def test_a_future_times_out_before_its_job_ends(virtual: VirtualTime) -> None:
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(time.sleep, 60)
        with pytest.raises(FutureTimeoutError):
            future.result(timeout=10)
        at_us = virtual.clock.elapsed_us

    assert (at_us, virtual.clock.elapsed_us) == (10_000_000, 60_000_000)


def test_a_queue_wakes_its_reader_when_something_is_put(virtual: VirtualTime) -> None:
    box: queue.Queue[str] = queue.Queue()

    def put_later() -> None:
        time.sleep(3)
        box.put("parcel")

    threading.Thread(target=put_later).start()

    assert box.get(timeout=100) == "parcel"
    assert virtual.clock.elapsed_us == 3_000_000


def test_a_simple_queue_wakes_its_reader(virtual: VirtualTime) -> None:
    box: queue.SimpleQueue[str] = queue.SimpleQueue()
    timer = threading.Timer(4, box.put, args=("parcel",))
    timer.start()

    assert box.get(timeout=100) == "parcel"
    assert virtual.clock.elapsed_us == 4_000_000


def test_a_join_with_a_time_out_gives_up(virtual: VirtualTime) -> None:
    thread = threading.Thread(target=time.sleep, args=(50,))
    thread.start()

    thread.join(timeout=20)

    assert thread.is_alive()
    assert virtual.clock.elapsed_us == 20_000_000
    thread.join()
    assert not thread.is_alive()


def test_a_lock_held_over_a_sleep_is_waited_for_in_virtual_time(virtual: VirtualTime) -> None:
    lock = threading.Lock()

    def hold() -> None:
        with lock:
            time.sleep(10)

    threading.Thread(target=hold).start()
    time.sleep(1)
    with lock:
        assert virtual.clock.elapsed_us == 10_000_000


def test_a_reentrant_lock_can_be_taken_again_by_its_owner(virtual: VirtualTime) -> None:
    lock = threading.RLock()

    with lock, lock:
        taken_by_other: list[bool] = []
        other = threading.Thread(target=lambda: taken_by_other.append(lock.acquire(timeout=2)))
        other.start()
        other.join()

    assert taken_by_other == [False]


def test_a_lock_older_than_the_run_does_not_stop_it(virtual: VirtualTime) -> None:
    def hold() -> None:
        with OLD_LOCK:
            time.sleep(10)

    threading.Thread(target=hold).start()
    time.sleep(1)
    with OLD_LOCK:
        time.sleep(1)

    assert virtual.clock.elapsed_us == 11_000_000


def test_a_thread_that_computes_keeps_its_turn(virtual: VirtualTime) -> None:
    threading.Thread(target=time.sleep, args=(5,)).start()
    time.sleep(0)
    end_s = time.perf_counter() + 0.1

    while time.perf_counter() < end_s:
        pass

    assert virtual.clock.elapsed_us == 0


def test_two_threads_that_wait_for_each_other_are_a_deadlock(virtual: VirtualTime) -> None:
    first, second = threading.Lock(), threading.Lock()

    def take_second_then_first() -> None:
        with second:
            time.sleep(1)
            with first:
                raise AssertionError("unreachable")

    threading.Thread(target=take_second_then_first, name="other").start()
    first.acquire()
    time.sleep(1)

    with pytest.raises(DeadlockError, match=r"other at test_virtual_threads\.py"):
        second.acquire()


def test_threads_from_before_stay_in_real_time() -> None:
    go, seen = threading.Event(), queue.Queue[float]()
    began_s = time.time()

    def tell_real_time() -> None:
        go.wait()
        seen.put(time.time())
        before_s = time.perf_counter()
        time.sleep(0.02)
        seen.put(time.perf_counter() - before_s)

    outsider = threading.Thread(target=tell_real_time)
    outsider.start()
    with VirtualTime():
        go.set()
        real_now_s, slept_s = seen.get(), seen.get()
    outsider.join()

    assert 0 <= real_now_s - began_s < 60
    assert slept_s >= 0.02


def test_left_threads_are_named_and_ended() -> None:
    def beat() -> None:
        while True:
            time.sleep(30)

    heart = threading.Thread(target=beat, name="heartbeat")
    with VirtualTime() as virtual:
        heart.start()
        time.sleep(100)

    assert virtual.left_threads == ("heartbeat",)
    assert virtual.stubborn_threads == ()
    assert not heart.is_alive()


def test_a_left_thread_that_never_waits_is_ended() -> None:
    def spin() -> None:
        while True:
            sum(range(100))

    spinner = threading.Thread(target=spin, name="spinner", daemon=True)
    virtual = VirtualTime()
    virtual.start()
    spinner.start()
    virtual.stop()

    assert virtual.left_threads == ("spinner",)
    assert not spinner.is_alive()


def test_idle_workers_of_a_pool_end_without_a_log_record(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with VirtualTime() as virtual:
        pool = ThreadPoolExecutor(1, thread_name_prefix="pool")
        pool.submit(time.sleep, 1).result()

    assert virtual.left_threads == ("pool_0",)
    assert caplog.records == []


def test_only_the_thread_that_entered_may_leave() -> None:
    errors: list[BaseException] = []
    virtual = VirtualTime()

    def leave() -> None:
        try:
            virtual.stop()
        except UsageError as error:
            errors.append(error)

    with virtual:
        thread = threading.Thread(target=leave)
        thread.start()
        thread.join()

    assert "by the thread that entered" in str(errors[0])


def _run_busy_program() -> list[tuple[str, int]]:
    course: list[tuple[str, int]] = []

    def work(name: str, virtual: VirtualTime, lock: threading.Lock, box: queue.Queue[int]) -> None:
        for step in range(5):
            with lock:
                time.sleep(0.25)
                course.append((name, virtual.clock.elapsed_us))
            box.put(step)
            time.sleep(0.1 * (step % 3))

    with VirtualTime() as virtual:
        lock, box = threading.Lock(), queue.Queue[int]()
        with ThreadPoolExecutor(5) as pool:
            for name in "abcde":
                pool.submit(work, name, virtual, lock, box)
            for _ in range(25):
                box.get(timeout=60)
                course.append(("main", virtual.clock.elapsed_us))
    return course


def test_twenty_runs_of_a_program_with_threads_take_the_same_course() -> None:
    first = _run_busy_program()

    assert len(first) == 50
    assert all(_run_busy_program() == first for _ in range(20))


def _run_with_old_lock() -> list[tuple[str, int]]:
    course: list[tuple[str, int]] = []

    def work(name: str, virtual: VirtualTime) -> None:
        for _ in range(2):
            with OLD_LOCK:
                time.sleep(1)
                course.append((name, virtual.clock.elapsed_us))
            time.sleep(1)

    with VirtualTime() as virtual:
        threads = [threading.Thread(target=work, args=(name, virtual)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return course


@pytest.mark.slow
def test_twenty_runs_over_a_lock_older_than_the_run_take_the_same_course() -> None:
    first = _run_with_old_lock()

    assert all(_run_with_old_lock() == first for _ in range(20))
