"""What virtual time and its seams cost, as ratios within one run.

Run it by hand: `python tests/bench/bench_virtual_time.py`. Each line is the median of paired runs;
absolute figures only give the order.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable

import httpx
import requests
import respx

from tts_chaos.core.clock import SkewedClock
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.injectors.virtual_time import VirtualTime
from tts_chaos.typing import ShopAccess, TwinConnection
from tts_chaos.wire.delivery import Delivery, Fate
from tts_chaos.wire.message import ApiRequest, make_json_response

ROUNDS = 7
URL = "https://open-api.tiktokglobalshop.com/order/202309/orders?app_key=k"
OK = Delivery(response=make_json_response({"code": 0, "data": {"orders": []}}))
CONNECTION = TwinConnection(
    api_url="",
    token_url="",
    app_key="k",
    app_secret="s",
    access_token="a",
    refresh_token="r",
    access_token_expires_at=0,
    refresh_token_expires_at=0,
    shops=[ShopAccess(id="1", cipher="c", region="GB", name="Shop")],
)


class _Exchange:
    delivery = OK

    def conclude(self, fate: Fate) -> None:
        return


class _Door:
    def open(self, request: ApiRequest) -> _Exchange:
        return _Exchange()


def measure_us(work: Callable[[], object], count: int) -> float:
    """Return microseconds for one `work`."""
    began_s = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - began_s) / count * 1e6


def enter_and_exit() -> None:
    """Take time over and give it back."""
    with VirtualTime():
        pass


def open_and_close() -> None:
    """Open a whole world and close it."""
    world = SimulatedWorld()
    world.open(_Door(), CONNECTION, SkewedClock(world.clock))
    world.close()


def measure_requests() -> dict[str, float]:
    """Return microseconds for one request through each way."""
    found = {}
    client, session = httpx.Client(), requests.Session()
    mock = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json={})))
    found["httpx MockTransport"] = measure_us(lambda: mock.get(URL), 300)
    with respx.mock(assert_all_called=False) as router:
        router.route().mock(return_value=httpx.Response(200, json={}))
        found["httpx respx router"] = measure_us(lambda: client.get(URL), 300)
    world = SimulatedWorld()
    world.open(_Door(), CONNECTION, SkewedClock(world.clock))
    found["httpx seam"] = measure_us(lambda: client.get(URL), 300)
    found["requests seam"] = measure_us(lambda: session.get(URL, timeout=5), 300)
    world.close()
    return found


def measure_time() -> dict[str, float]:
    """Return microseconds for the parts of virtual time."""
    found = {
        "virtual time, enter and exit": measure_us(enter_and_exit, 50),
        "world, open and close": measure_us(open_and_close, 20),
    }
    with VirtualTime() as virtual:
        found["sleep alone"] = measure_us(lambda: time.sleep(1), 1000)
        thread = threading.Thread(target=sleep_often)
        thread.start()
        found["sleep beside a sleeper"] = measure_us(lambda: time.sleep(1), 1000)
        thread.join()
        assert virtual.clock.elapsed_us >= 2_000_000_000
    return found


def sleep_often() -> None:
    """Sleep a thousand times."""
    for _ in range(1000):
        time.sleep(1)


def main() -> None:
    """Print every figure with its ratio to the first of its group."""
    enter_and_exit()
    open_and_close()
    for group in (measure_requests, measure_time):
        rounds = [group() for _ in range(ROUNDS)]
        first = ""
        for name in rounds[0]:
            first = first or name
            ratio = statistics.median(found[name] / found[first] for found in rounds)
            typical_us = statistics.median(found[name] for found in rounds)
            sys.stdout.write(f"{name:32} {typical_us:9.1f} us   {ratio:6.2f} x {first}\n")


if __name__ == "__main__":
    main()
