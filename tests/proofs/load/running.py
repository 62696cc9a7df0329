"""Runs Locust with a plan against a fake integration, and returns what was recorded."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tts_chaos.load.locust_process import LocustRun
from tts_chaos.load.plan import Operation, Plan, Stage, Target
from tts_chaos.load.results import BEGIN_FILE, Measured, measure
from tts_chaos.processes import GuardedProcess

__all__ = ["OPERATIONS", "fake_integration", "load", "make_load", "tell_if_busy", "wait_for_begin"]

OPERATIONS = {
    "checkout.quote": Operation(method="POST", path="/checkout/quote", body='{"lines": {lines}}'),
    "inventory.read": Operation(method="GET", path="/inventory/{sku_id}"),
    "orders.list": Operation(method="GET", path="/orders?limit=50"),
}
ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def fake_integration(mode: str) -> Iterator[str]:
    """Start a fake integration; yields its address."""
    command = [sys.executable, "-m", "tests.proofs.load.server", mode]
    with GuardedProcess(command, folder=ROOT) as process:
        assert process.output is not None
        yield f"http://127.0.0.1:{int(process.output.readline())}"


def make_load(address: str, *stages: Stage, results: Path, **more: Any) -> Plan:
    """Return a plan against an address."""
    target = Target(base_url=address, operations=OPERATIONS, bought=("1", "2", "3"))
    settings = {"users": 100, **more}
    return Plan(profile="proof", stages=stages, target=target, results=str(results), **settings)


def load(
    address: str,
    *stages: Stage,
    meanwhile: Callable[[LocustRun, Path], None] | None = None,
    results: Path | None = None,
    **more: Any,
) -> tuple[Plan, Measured, Path]:
    """Run a load to its end; returns plan, record and the folder of everything.

    Args:
        address: Whom to drive.
        stages: The course.
        meanwhile: Called once while it runs.
        results: Folder; None makes one.
        more: Further attributes of the plan.
    """
    folder = results or Path(tempfile.mkdtemp(prefix="tts-load-proof-"))
    plan = make_load(address, *stages, results=folder, **more)
    with LocustRun(plan) as run:
        if meanwhile is not None:
            meanwhile(run, folder)
        run.wait(plan.duration_s + 120)
    return plan, measure(folder), folder


def wait_for_begin(folder: Path, within_s: float = 60.0) -> float:
    """Return the clock on the wall at which the plan begins, once that is known."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if (folder / BEGIN_FILE).is_file():
            told = json.loads((folder / BEGIN_FILE).read_text(encoding="utf-8"))
            return float(told["begin_unix_s"])
        time.sleep(0.01)
    raise AssertionError("Locust did not begin")


def tell_if_busy() -> None:
    """Say so where more wants to run here than there are processors: then a miss proves nothing."""
    wanted, processors = os.getloadavg()[0], os.cpu_count() or 1
    if wanted > processors:
        print(f"  the machine is busy: {wanted:.0f} want to run on {processors} processors; "
              "a target that is missed now is one that cannot be told")  # fmt: skip


def ask(url: str, body: Any = None) -> Any:
    """Ask a fake integration something."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(url, data, timeout=30) as answer:
        return json.load(answer)
