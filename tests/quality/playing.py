"""Plays integrations of the zoo; each of them once per scenario, however many tests ask."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.quality.zoo.async_form import AsyncConnector
from tests.quality.zoo.registry import Make
from tests.quality.zoo.webhook_first import WebhookFirst

from tts_chaos._data import data_folder
from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.ports import World
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.reference.factory import make_reference
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario, scenario_id
from tts_chaos.scenarios.model import Scenario
from tts_chaos.subjects.in_process import InProcessSubject

__all__ = [
    "CAUGHT",
    "CORRECT",
    "broken_rules",
    "describe",
    "play",
    "play_once",
    "scenario_of",
]

CAUGHT = frozenset({Outcome.SAFETY_VIOLATED, Outcome.NOT_RECOVERED, Outcome.ABORTED})
"""Outcomes that tell a user that the integration is at fault."""

CORRECT: Mapping[str, Make] = {
    "reference": make_reference,
    "async": AsyncConnector,
    "webhook-first": WebhookFirst,
}
"""Correct integrations of different shape: one process on httpx and SQLite, coroutines, and several
threads on requests that live on webhooks."""


@cache
def scenario_of(id: str) -> Scenario:
    """Return a bundled scenario by its id."""
    folder = data_folder("scenarios")
    for file in find_scenario_files(folder):
        if scenario_id(file, folder) == id:
            return load_scenario(file, folder)
    raise LookupError(f"there is no bundled scenario {id!r}")


@cache
def play(make: Make, scenario: str, world: str = "simulated") -> RunResult:
    """Play one integration once; asked again, return what it came to then."""
    return play_once(make, scenario, world)


def play_once(make: Make, scenario: str, world: str = "simulated", *, seed: int = 7) -> RunResult:
    """Play one integration."""
    stage: World = WireWorld() if world == "wire" else SimulatedWorld()
    with tempfile.TemporaryDirectory() as workspace:
        folder = Path(workspace)
        with Run(scenario_of(scenario), stage, seed=seed, searched_paths=[folder]) as run:
            assert run.connection is not None
            integration = make(run.connection, folder)
            try:
                return run.play(InProcessSubject(integration))
            finally:
                integration.close()


def broken_rules(result: RunResult) -> list[str]:
    """Return the rules found broken, as `oracle.rule`, in the order of the reports."""
    return [f"{report.oracle}.{f.rule}" for report in result.reports for f in report.findings]


def describe(result: RunResult) -> str:
    """Return how a run ended and all that was found, for a test's message."""
    found = [
        f"  {report.oracle}.{finding.rule}: {finding.message}\n    likely: {finding.defect}"
        for report in result.reports
        for finding in report.findings
    ]
    return "\n".join(
        [f"{result.scenario} ended {result.outcome}: {result.reason or 'no reason'}", *found]
    )
