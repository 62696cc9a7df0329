"""asyncio and anyio on virtual time."""

from __future__ import annotations

import asyncio
import threading
import time

import anyio
import pytest

from tts_chaos.injectors.virtual_time import DeadlockError, LivelockError, VirtualTime


def test_asyncio_run_inside_a_run_is_virtual(virtual: VirtualTime) -> None:
    asyncio.run(asyncio.sleep(3600))

    assert virtual.clock.elapsed_us == 3_600_000_000


def test_tasks_sleep_side_by_side(virtual: VirtualTime) -> None:
    async def work() -> None:
        await asyncio.gather(*(asyncio.sleep(n) for n in (5, 0.5, 3)))

    asyncio.run(work())

    assert virtual.clock.elapsed_us == 5_000_000


def test_asyncio_timeout_fires_on_the_microsecond(virtual: VirtualTime) -> None:
    async def work() -> None:
        async with asyncio.timeout(0.1):
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        asyncio.run(work())
    assert virtual.clock.elapsed_us == 100_000


def test_anyio_is_virtual(virtual: VirtualTime) -> None:
    async def work() -> None:
        with anyio.move_on_after(2.5):
            await anyio.sleep(60)

    anyio.run(work)

    assert virtual.clock.elapsed_us == 2_500_000


def test_a_thread_of_the_loop_sleeps_in_virtual_time(virtual: VirtualTime) -> None:
    asyncio.run(asyncio.to_thread(time.sleep, 7))

    assert virtual.clock.elapsed_us == 7_000_000


def test_anyio_worker_threads_are_virtual(virtual: VirtualTime) -> None:
    async def work() -> None:
        await anyio.to_thread.run_sync(time.sleep, 7)

    anyio.run(work)

    assert virtual.clock.elapsed_us == 7_000_000


def test_timers_go_on_while_a_thread_of_the_loop_works(virtual: VirtualTime) -> None:
    async def work() -> int:
        job = asyncio.create_task(asyncio.to_thread(time.sleep, 10))
        await asyncio.sleep(4)
        at_us = virtual.clock.elapsed_us
        await job
        return at_us

    assert asyncio.run(work()) == 4_000_000
    assert virtual.clock.elapsed_us == 10_000_000


def test_another_thread_can_wake_the_loop(virtual: VirtualTime) -> None:
    async def work() -> str:
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[str] = loop.create_future()

        def wake() -> None:
            time.sleep(3)
            loop.call_soon_threadsafe(woken.set_result, "woken")

        threading.Thread(target=wake).start()
        return await woken

    assert asyncio.run(work()) == "woken"
    assert virtual.clock.elapsed_us == 3_000_000


def test_a_future_that_nobody_sets_is_a_deadlock(virtual: VirtualTime) -> None:
    async def work() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(DeadlockError):
        asyncio.run(work())


def test_a_heartbeat_for_ever_runs_into_the_limit(virtual: VirtualTime) -> None:
    async def work() -> None:
        while True:  # noqa: ASYNC110 - a bad habit of integrations
            await asyncio.sleep(1)

    with pytest.raises(LivelockError), virtual.bounded(90_000):
        asyncio.run(work())
    assert virtual.clock.elapsed_us == 90_000_000


def test_a_loop_made_in_a_run_works_in_real_time_after_it() -> None:
    with VirtualTime() as virtual:
        loop = virtual.make_loop()

    before_s = time.perf_counter()
    loop.run_until_complete(asyncio.sleep(0.02))
    loop.close()

    assert 0.02 <= time.perf_counter() - before_s < 1


def test_new_loops_outside_a_run_are_real() -> None:
    with VirtualTime():
        pass
    loop = asyncio.new_event_loop()
    loop.close()

    assert type(loop).__module__.startswith("asyncio")
