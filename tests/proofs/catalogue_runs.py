"""Plays bundled scenarios against the bundled reference integration, for the proofs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tts_chaos._data import data_folder
from tts_chaos.engine.fitness import why_unfit
from tts_chaos.engine.ports import World
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.reference.factory import make_reference
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario
from tts_chaos.scenarios.model import Scenario
from tts_chaos.subjects.in_process import InProcessSubject

__all__ = ["bundled", "play", "runs_on_sockets"]


def bundled() -> Iterator[Scenario]:
    """Yield every bundled scenario, in order."""
    folder = data_folder("scenarios")
    for file in find_scenario_files(folder):
        yield load_scenario(file, folder)


def runs_on_sockets(scenario: Scenario) -> bool:
    """Whether a scenario runs in the wire world, too."""
    return why_unfit(scenario, WireWorld()) is None


def play(scenario: Scenario, *, seed: int = 7, world: World | None = None) -> RunResult:
    """Play one scenario once, in the simulated world unless told otherwise."""
    with tempfile.TemporaryDirectory() as workspace:
        folder = Path(workspace)
        with Run(scenario, world or SimulatedWorld(), seed=seed, searched_paths=[folder]) as run:
            connection = run.connection
            assert connection is not None
            integration = make_reference(connection, folder)
            try:
                return run.play(InProcessSubject(integration))
            finally:
                integration.close()
