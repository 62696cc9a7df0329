"""How many runs a core plays in a second: twenty calls each, through the public entry.

Absolute figures only give the order; the ratio to the client's own cost, measured in the same run,
is what changes when the engine does.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.faults.fault import Trigger
from tts_chaos.faults.overload import PlatformDown
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.scenarios.model import (
    ActionStep,
    FaultStep,
    PlatformStep,
    Scenario,
    TwinSetup,
    WaitStep,
)
from tts_chaos.subjects.in_process import InProcessSubject
from tts_chaos.typing import TwinConnection

CALLS = 20
ROUNDS = 3
RUNS_PER_ROUND = 4
NO_NOISE_RATIO = 200
"""A run costs as much as some dozens of bare client calls; far more means that something broke."""

SYNC = ActionStep(action="sync_orders")
SCENARIO = Scenario(
    id="bench/twenty-calls",
    path="",
    title="Twenty calls",
    description="Syncs with new orders in between, and two answers that are a 503.",
    why="Searching for schedules plays such runs by the thousand.",
    twin=TwinSetup(orders=5, products=2),
    method=(
        SYNC,
        PlatformStep(command="place_orders", arguments={"count": 2}),
        FaultStep(id="down", fault=PlatformDown(), trigger=Trigger(times=2)),
        SYNC,
        WaitStep(wait_ms=60_000),
        SYNC,
        SYNC,
        SYNC,
        SYNC,
    ),
)


class Shop:
    """The smallest order sync that survives two 503 in a row."""

    def __init__(self, twin: TwinConnection, http: httpx.Client) -> None:
        self._twin = twin
        self._http = http
        self._known: dict[str, dict[str, Any]] = {}

    def sync_orders(self) -> None:
        """Read all orders; the shop has fewer than fit a page."""
        found = self._call("POST", "/order/202309/orders/search", {"page_size": "50"}, b"{}")
        ids = ",".join(order["id"] for order in found["orders"])
        read = self._call("GET", "/order/202507/orders", {"ids": ids})["orders"]
        self._known.update({order["id"]: order for order in read})

    def orders(self) -> list[dict[str, Any]]:
        """Return what is known."""
        return [
            {
                "id": order["id"],
                "status": order["status"],
                "currency": order["payment"]["currency"],
                "total_amount": order["payment"]["total_amount"],
                "lines": [
                    {"id": row["id"], "sku_id": row["sku_id"]} for row in order["line_items"]
                ],
            }
            for order in self._known.values()
        ]

    def _call(self, method: str, path: str, query: dict[str, str], body: bytes = b"") -> Any:
        for _ in range(3):
            reply = self._http.request(
                method,
                self._twin.api_url + path,
                params=self._signed(path, query, body),
                content=body,
                headers={
                    "content-type": "application/json",
                    "x-tts-access-token": self._twin.access_token,
                },
            )
            if reply.status_code != 503:
                break
            time.sleep(30)
        return json.loads(reply.content)["data"]

    def _signed(self, path: str, query: dict[str, str], body: bytes) -> dict[str, str]:
        asked = {
            **query,
            "app_key": self._twin.app_key,
            "shop_cipher": self._twin.shops[0].cipher,
            "timestamp": str(int(time.time())),
        }
        secret = self._twin.app_secret.encode()
        text = path + "".join(key + asked[key] for key in sorted(asked))
        message = secret + text.encode() + body + secret
        return {**asked, "sign": hmac.new(secret, message, hashlib.sha256).hexdigest()}


def play(http: httpx.Client) -> RunResult:
    """Play the scenario once."""
    with Run(SCENARIO, SimulatedWorld(), seed=7) as run:
        assert run.connection is not None
        return run.play(InProcessSubject(Shop(run.connection, http)))


def bare_calls(http: httpx.Client) -> None:
    """Do as many calls as a run does, answered by a function."""
    for _ in range(CALLS):
        http.get("https://api.invalid/order/202309/orders/search", params={"page_size": "50"})


@pytest.mark.slow
def test_runs_of_twenty_calls(capsys: pytest.CaptureFixture[str]) -> None:
    answered = httpx.MockTransport(lambda _: httpx.Response(200))
    with httpx.Client() as http, httpx.Client(transport=answered) as bare:
        result = play(http)
        # In turn, so that a busy machine slows both down alike.
        pairs = [
            (_time(lambda: play(http), RUNS_PER_ROUND), _time(lambda: bare_calls(bare), 8))
            for _ in range(ROUNDS)
        ]

    run_s = statistics.median(run_s for run_s, _ in pairs)
    ratio = statistics.median(run_s / bare_s for run_s, bare_s in pairs)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{1 / run_s:.0f} runs of {result.calls} calls a second and core; each costs "
            f"{ratio:.1f} times what its bare client calls do\n"
        )
    assert result.outcome is Outcome.PASSED, result.reason
    assert result.calls == CALLS
    assert ratio < NO_NOISE_RATIO


def _time(work: Callable[[], object], times: int) -> float:
    """Return processor seconds for one `work`."""
    began_s = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began_s) / times
