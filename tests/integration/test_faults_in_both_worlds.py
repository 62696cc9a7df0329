"""Every fault of the catalogue is met, in process and on real sockets, and met alike.

The reference integration plays the shortest scenario that shows a fault, cut short: what counts
here is that the fault fires, what the client is told by it, and that nothing of it is left.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.support.fault_scenarios import (
    WORLDS,
    all_scenarios,
    faults_of,
    refusal,
    shortened,
    shown_by,
)

from tts_chaos.core.history import Exchange
from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.faults.plane import Receipt
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.reference.factory import make_reference
from tts_chaos.subjects.in_process import InProcessSubject

pytestmark = pytest.mark.slow

OF_A_SETTING = {"tunnel_login_page", "udp_blocked"}
"""Faults for which a world has to be told to stand ready; tests of their own show them."""

SHOWN = [(name, world) for name in FAULTS for world in WORLDS if shown_by(name, world)]
IN_BOTH = sorted(name for name in FAULTS if all(shown_by(name, world) for world in WORLDS))


@cache
def _played(id: str, world: str) -> RunResult:
    scenario = next(row for row in all_scenarios() if row.id == id)
    stage = WireWorld() if world == "wire" else SimulatedWorld()
    with tempfile.TemporaryDirectory() as workspace:
        folder = Path(workspace)
        with Run(shortened(scenario), stage, seed="faults", searched_paths=[folder]) as run:
            assert run.connection is not None
            with make_reference(run.connection, folder) as integration:
                return run.play(InProcessSubject(integration))


def _shown(name: str, world: str) -> RunResult:
    scenario = shown_by(name, world)
    assert scenario is not None
    return _played(scenario.id, world)


def _receipts(name: str, result: RunResult) -> list[Receipt]:
    return [receipt for receipt in result.receipts if receipt.name == name]


def _case(name: str, world: str) -> Any:
    marks = pytest.mark.proves_fault(name, world)
    return pytest.param(name, world, id=f"{name}-{world}", marks=marks)


@pytest.mark.parametrize(("name", "world"), [_case(name, world) for name, world in SHOWN])
def test_a_fault_fires_and_is_lifted(name: str, world: str) -> None:
    result = _shown(name, world)

    receipts = _receipts(name, result)
    assert result.outcome not in (Outcome.HARNESS_ERROR, Outcome.ABORTED), result.reason
    assert [receipt.fired > 0 for receipt in receipts] == [True] * len(receipts)
    assert [receipt.lifted for receipt in receipts] == [True] * len(receipts)


def _first_hit(name: str, result: RunResult) -> Exchange | None:
    """Return the first exchange that the fault acted on; a refused connection has none."""
    ids = {receipt.fault for receipt in _receipts(name, result)}
    return next((x for x in result.history.exchanges() if ids & set(x.faults)), None)


@pytest.mark.parametrize("name", IN_BOTH)
def test_a_fault_is_met_alike_in_both_worlds(name: str) -> None:
    hits = [_first_hit(name, _shown(name, world)) for world in WORLDS]
    if None in hits or shown_by(name, "wire") != shown_by(name, "simulated"):
        pytest.skip("no exchange shows it in both worlds: the connection breaks before a request")

    told = [(x.operation, x.fate == "answered", x.status, x.code) for x in hits if x is not None]

    assert told[0] == told[1]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_shown_in_a_world_or_that_world_says_why_not(name: str) -> None:
    silent = [world for world in WORLDS if not shown_by(name, world) and not refusal(name, world)]

    assert silent == []
    assert name in OF_A_SETTING or any(shown_by(name, world) for world in WORLDS)


def test_every_scenario_with_a_fault_arms_one_of_the_catalogue() -> None:
    assert {name for scenario in all_scenarios() for name in faults_of(scenario)} == set(FAULTS)
