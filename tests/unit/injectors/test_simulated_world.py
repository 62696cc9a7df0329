"""Calls of an integration in the simulated world, and how each may end."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import requests
import tenacity

from tts_chaos.core.clock import SIMULATED_EPOCH_MS, SkewedClock
from tts_chaos.core.history import OpKind
from tts_chaos.engine.ports import Completion, World
from tts_chaos.errors import LimitExceededError, UsageError
from tts_chaos.faults.effect import Effect, Moment, Toxic
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import ApiResponse, make_json_response

if TYPE_CHECKING:
    from tests.unit.injectors.conftest import ScriptedDoor

URL = "https://open-api.tiktokglobalshop.com/order/202309/orders"
OK = make_json_response({"code": 0})
LIMIT_MS = 3_600_000
SILENT = Delivery(response=None, connection=Connection.SILENT)


def test_it_is_a_world() -> None:
    world: World = SimulatedWorld()

    assert world.name == "simulated"
    assert world.clock.now_ms() == SIMULATED_EPOCH_MS


def test_opening_gives_the_real_addresses(door: ScriptedDoor, connection: Any) -> None:
    world = SimulatedWorld()

    given = world.open(door, connection, SkewedClock(world.clock))
    world.close()

    assert given.api_url == "https://open-api.tiktokglobalshop.com"
    assert given.token_url == "https://auth.tiktok-shops.com"
    assert (given.world, given.ca_file) == ("simulated", None)
    assert given.app_secret == connection.app_secret


def test_a_second_world_at_the_same_time_is_refused(
    world: SimulatedWorld, door: ScriptedDoor, connection: Any
) -> None:
    other = SimulatedWorld()

    with pytest.raises(UsageError, match="already running"):
        other.open(door, connection, SkewedClock(other.clock))

    other.close()
    assert world.call(lambda: httpx.get(URL).json(), limit_ms=LIMIT_MS).value == {"code": 0}


def test_closing_twice_is_harmless(world: SimulatedWorld) -> None:
    world.close()
    world.close()


def test_a_value_is_ok(world: SimulatedWorld) -> None:
    assert world.call(lambda: [1, "a"], limit_ms=LIMIT_MS) == Completion(
        kind=OpKind.OK, value=[1, "a"]
    )


def test_an_exception_is_a_fail_with_type_and_message(world: SimulatedWorld) -> None:
    def fail() -> None:
        raise KeyError("sku")

    assert world.call(fail, limit_ms=LIMIT_MS) == Completion(
        kind=OpKind.FAIL, error="KeyError: 'sku'"
    )


def test_a_value_that_cannot_be_kept_is_a_fail_that_says_where(world: SimulatedWorld) -> None:
    completion = world.call(lambda: {"orders": [{"id": {1}}]}, limit_ms=LIMIT_MS)

    assert completion.kind is OpKind.FAIL
    assert "$.orders[0].id is a set" in completion.error


def test_sys_exit_is_unknown_and_named(world: SimulatedWorld) -> None:
    completion = world.call(lambda: sys.exit(3), limit_ms=LIMIT_MS)

    assert completion == Completion(
        kind=OpKind.INFO, error="SystemExit: the integration called sys.exit(3)"
    )


def test_sys_exit_in_a_coroutine_is_unknown_and_the_loop_lives_on(world: SimulatedWorld) -> None:
    async def leave() -> None:
        sys.exit("bye")

    async def stay() -> str:
        return "here"

    assert world.call(leave, limit_ms=LIMIT_MS).kind is OpKind.INFO
    assert world.call(stay, limit_ms=LIMIT_MS).value == "here"


def test_ctrl_c_passes_through(world: SimulatedWorld) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.call(interrupt, limit_ms=LIMIT_MS)


def test_a_call_past_its_limit_is_unknown(world: SimulatedWorld) -> None:
    completion = world.call(lambda: time.sleep(3601), limit_ms=LIMIT_MS)

    assert completion.kind is OpKind.INFO
    assert completion.error.startswith("LivelockError: the call took more than its limit")


def test_retrying_for_ever_is_ended_even_past_except_exception(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    door.answers(Delivery(response=None, connection=Connection.REFUSED))

    def insist() -> None:
        while True:
            try:
                httpx.get(URL)
            except Exception:  # noqa: BLE001 - that is the point
                time.sleep(60)

    assert world.call(insist, limit_ms=LIMIT_MS).kind is OpKind.INFO
    assert len(door.exchanges) == 61


def test_waiting_for_ever_is_unknown(world: SimulatedWorld) -> None:
    completion = world.call(lambda: threading.Event().wait(), limit_ms=LIMIT_MS)

    assert completion.error.startswith("DeadlockError: nothing is scheduled")


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_client_without_time_out_is_named_when_nothing_answers(
    world: SimulatedWorld, door: ScriptedDoor, is_async: bool
) -> None:
    door.answers(SILENT)

    async def get() -> None:
        async with httpx.AsyncClient(timeout=None) as client:
            await client.get(URL)

    work = get if is_async else lambda: httpx.get(URL, timeout=None)
    completion = world.call(work, limit_ms=LIMIT_MS)

    assert completion.kind is OpKind.INFO
    assert completion.error == (
        f"LivelockError: waits for ever: GET {URL} is never answered, and the client set no read "
        "time-out"
    )
    assert len(door.fates) == 1


def test_a_busy_loop_is_unknown_and_named(hasty_world: SimulatedWorld) -> None:
    def spin() -> None:
        while True:
            sum(range(100))

    completion = hasty_world.call(spin, limit_ms=LIMIT_MS)

    assert completion.kind is OpKind.INFO
    assert "HangError: the call took more than 0.2 s of real time" in completion.error
    assert "in spin" in completion.error


def test_after_a_busy_loop_the_next_call_works(hasty_world: SimulatedWorld) -> None:
    def spin() -> None:
        while True:
            sum(range(100))

    hasty_world.call(spin, limit_ms=LIMIT_MS)

    assert hasty_world.call(lambda: time.sleep(5), limit_ms=LIMIT_MS).kind is OpKind.OK


def test_a_busy_loop_in_a_coroutine_is_unknown(hasty_world: SimulatedWorld) -> None:
    async def spin() -> None:
        while True:  # noqa: ASYNC110 - a bad habit of integrations
            await asyncio.sleep(0)

    assert hasty_world.call(spin, limit_ms=LIMIT_MS).kind is OpKind.INFO


def test_a_busy_thread_that_the_call_waits_for_is_unknown(hasty_world: SimulatedWorld) -> None:
    def spin() -> None:
        try:
            while True:
                sum(range(100))
        except BaseException:  # noqa: BLE001 - keeps the thread's end out of the test's report
            return

    def wait_for_it() -> None:
        thread = threading.Thread(target=spin, name="miner", daemon=True)
        thread.start()
        thread.join()

    completion = hasty_world.call(wait_for_it, limit_ms=LIMIT_MS)

    assert completion.kind is OpKind.INFO
    assert "miner at test_simulated_world.py" in completion.error


# What is injected into such a thread may strike at its very last step, where nobody catches it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_busy_thread_that_will_not_end_does_not_hold_the_call(
    hasty_world: SimulatedWorld,
) -> None:
    is_over: list[bool] = []

    def spin() -> None:
        while not is_over:
            try:
                while not is_over:
                    sum(range(100))
            except BaseException:  # noqa: BLE001 - it insists
                continue

    started: list[threading.Thread] = []

    def wait_for_it() -> None:
        started.append(threading.Thread(target=spin, name="miner", daemon=True))
        started[0].start()
        started[0].join()

    completion = hasty_world.call(wait_for_it, limit_ms=LIMIT_MS)
    is_over.append(True)
    hasty_world.close()
    started[0].join(5)

    assert completion.kind is OpKind.INFO


@pytest.mark.parametrize("ctrl_c", [signal.default_int_handler, signal.SIG_IGN])
def test_a_main_thread_stuck_in_c_is_unknown(hasty_world: SimulatedWorld, ctrl_c: Any) -> None:
    from _thread import allocate_lock

    stuck = allocate_lock()
    stuck.acquire()
    # A shell lets what it starts in the background ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, ctrl_c)
    try:
        completion = hasty_world.call(lambda: stuck.acquire(), limit_ms=LIMIT_MS)
    finally:
        signal.signal(signal.SIGINT, before)

    assert completion.kind is OpKind.INFO
    assert "HangError" in completion.error


def test_a_busy_thread_left_running_is_reported_when_time_should_pass(
    hasty_world: SimulatedWorld,
) -> None:
    def spin() -> None:
        try:
            while True:
                sum(range(100))
        except BaseException:  # noqa: BLE001
            return

    hasty_world.call(
        lambda: threading.Thread(target=spin, name="miner", daemon=True).start(), limit_ms=LIMIT_MS
    )

    with pytest.raises(LimitExceededError, match="miner"):
        hasty_world.sleep(1000)


def test_threads_left_behind_are_reported(world: SimulatedWorld) -> None:
    def leave_one() -> None:
        def beat() -> None:
            while True:
                time.sleep(1)

        threading.Thread(target=beat, name="poller").start()

    world.call(leave_one, limit_ms=LIMIT_MS)
    world.close()

    assert world.leftover_threads() == ("poller",)
    assert world.stubborn_threads == ()


def test_a_thread_reaches_nothing_real_as_it_ends(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    endings: list[str] = []

    def beat() -> None:
        try:
            time.sleep(60)
        finally:
            try:
                with socket.socket() as raw:
                    raw.connect(("203.0.113.7", 80))
            except ConnectionRefusedError as error:
                endings.append(type(error).__name__)
            httpx.get(URL)

    world.call(lambda: threading.Thread(target=beat).start(), limit_ms=LIMIT_MS)
    world.sleep(1000)
    world.close()

    assert endings == ["OutsideAccessError"]
    assert door.exchanges == []


def test_background_threads_work_while_the_runner_sleeps(world: SimulatedWorld) -> None:
    beats: list[int] = []

    def beat() -> None:
        while True:
            time.sleep(10)
            beats.append(world.clock.now_ms() - SIMULATED_EPOCH_MS)

    world.call(lambda: threading.Thread(target=beat).start(), limit_ms=LIMIT_MS)
    world.sleep(35_000)

    assert beats == [10_000, 20_000, 30_000]


def test_background_tasks_work_while_the_runner_sleeps(world: SimulatedWorld) -> None:
    beats: list[int] = []
    tasks = []

    async def beat() -> None:
        while True:
            await asyncio.sleep(10)
            beats.append(world.clock.now_ms() - SIMULATED_EPOCH_MS)

    async def start() -> None:
        tasks.append(asyncio.create_task(beat()))

    world.call(start, limit_ms=LIMIT_MS)
    world.sleep(35_000)

    assert beats == [10_000, 20_000, 30_000]


def test_an_async_client_stays_usable_between_calls(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    client = httpx.AsyncClient()

    async def get() -> Any:
        return (await client.get(URL)).json()

    async def close() -> None:
        await client.aclose()

    results = [world.call(work, limit_ms=LIMIT_MS) for work in (get, get, close)]

    assert [result.value for result in results] == [{"code": 0}, {"code": 0}, None]


def test_tenacity_waits_in_virtual_time(world: SimulatedWorld, door: ScriptedDoor) -> None:
    door.answers(*[Delivery(response=ApiResponse(status=503))] * 3, Delivery(response=OK))

    @tenacity.retry(
        wait=tenacity.wait_exponential(multiplier=10),
        retry=tenacity.retry_if_exception_type(httpx.HTTPStatusError),
    )
    def fetch() -> Any:
        return httpx.get(URL).raise_for_status().json()

    assert world.call(fetch, limit_ms=LIMIT_MS).value == {"code": 0}
    assert world.clock.now_ms() - SIMULATED_EPOCH_MS == 70_000


def test_a_pool_of_requests_takes_as_long_as_its_slowest(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    door.answer = lambda request: Delivery(response=OK, delay_ms=int(request.query))

    def fetch_all() -> list[int]:
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(_get_status, [400, 100, 300, 200]))

    assert world.call(fetch_all, limit_ms=LIMIT_MS).value == [200] * 4
    assert world.clock.now_ms() - SIMULATED_EPOCH_MS == 400


def _get_status(delay_ms: int) -> int:
    return requests.get(f"{URL}?{delay_ms}", timeout=5).status_code


def test_calls_together_overlap(world: SimulatedWorld, door: ScriptedDoor) -> None:
    door.answers(Delivery(response=OK, delay_ms=1000))

    results = world.call_together([lambda: _get_status(0)] * 3, limit_ms=LIMIT_MS)

    assert [result.value for result in results] == [200, 200, 200]
    assert world.clock.now_ms() - SIMULATED_EPOCH_MS == 1000


def test_calls_together_meet_even_when_answers_take_no_time(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    seen: list[str] = []

    def act(name: str) -> None:
        httpx.get(f"{URL}/{name}")
        seen.append(name)
        httpx.get(f"{URL}/{name}")

    world.call_together([lambda: act("a"), lambda: act("b")], limit_ms=LIMIT_MS)

    assert [path[-1] for path in door.paths] == ["a", "b", "a", "b"]


def test_async_calls_together_overlap(world: SimulatedWorld, door: ScriptedDoor) -> None:
    door.answers(Delivery(response=OK, delay_ms=1000))

    async def get() -> int:
        async with httpx.AsyncClient() as client:
            return (await client.get(URL)).status_code

    async def fail() -> None:
        raise ValueError("no")

    results = world.call_together([get, fail, get], limit_ms=LIMIT_MS)

    assert [(result.kind, result.value) for result in results] == [
        (OpKind.OK, 200),
        (OpKind.FAIL, None),
        (OpKind.OK, 200),
    ]
    assert world.clock.now_ms() - SIMULATED_EPOCH_MS == 1000


def test_of_calls_together_only_the_endless_one_is_unknown(world: SimulatedWorld) -> None:
    def nap() -> None:
        time.sleep(1e9)

    results = world.call_together([lambda: 1, nap], limit_ms=LIMIT_MS)

    assert [result.kind for result in results] == [OpKind.OK, OpKind.INFO]


def test_of_async_calls_together_only_the_endless_one_is_unknown(world: SimulatedWorld) -> None:
    async def nap(duration_s: float) -> str:
        await asyncio.sleep(duration_s)
        return "woke"

    results = world.call_together([lambda: nap(1), lambda: nap(1e9)], limit_ms=LIMIT_MS)

    assert [result.kind for result in results] == [OpKind.OK, OpKind.INFO]


def test_a_background_request_without_end_does_not_end_the_call(
    world: SimulatedWorld, door: ScriptedDoor
) -> None:
    door.answers(SILENT)

    def act() -> str:
        with_no_limit = threading.Thread(target=lambda: httpx.get(URL, timeout=None))
        with_no_limit.start()
        time.sleep(60)
        return "done"

    assert world.call(act, limit_ms=LIMIT_MS).value == "done"
    world.close()
    assert door.fates == [Fate.UNFINISHED]


def _run_racing_integration(door: ScriptedDoor, connection: Any) -> list[tuple[str, int]]:
    seen: list[tuple[str, int]] = []
    world = SimulatedWorld()
    door.answer = lambda _: Delivery(response=OK, delay_ms=20)

    def act(name: str) -> None:
        for _ in range(4):
            requests.get(f"{URL}/{name}", timeout=5)
            seen.append((name, world.clock.now_ms()))

    world.open(door, connection, SkewedClock(world.clock))
    try:
        world.call_together([partial(act, name) for name in "abcd"], limit_ms=LIMIT_MS)
    finally:
        world.close()
    return seen


def test_twenty_races_take_the_same_course(door: ScriptedDoor, connection: Any) -> None:
    first = _run_racing_integration(door, connection)

    assert len(first) == 16
    assert all(_run_racing_integration(door, connection) == first for _ in range(20))


class _SocketsOnly(Fault, frozen=True, kw_only=True):
    name = "port_blocked_for_the_test"
    family = "network"
    cause = "network"
    summary = "Exists on sockets only."

    def toxics(self) -> tuple[Toxic, ...]:
        return (Toxic(kind="down"),)


class _Anywhere(_SocketsOnly, frozen=True, kw_only=True):
    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        return ()


def test_a_fault_of_sockets_only_is_refused() -> None:
    refusal = SimulatedWorld().refusal(_SocketsOnly(), Trigger())

    assert refusal is not None
    assert "run the scenario in the wire world" in refusal


def test_a_fault_with_effects_is_accepted_and_needs_no_proxy() -> None:
    world = SimulatedWorld()

    assert world.refusal(_Anywhere(), Trigger()) is None
    assert world.uses_proxy(_Anywhere(), Trigger()) is False


def test_a_world_is_used_once(world: SimulatedWorld, door: ScriptedDoor, connection: Any) -> None:
    world.close()

    with pytest.raises(UsageError, match="make a new one"):
        world.open(door, connection, SkewedClock(world.clock))
