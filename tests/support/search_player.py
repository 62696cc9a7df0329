"""Plays scenarios of a search in this process, without pytest: what proofs and tests hand to it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from tts_chaos.engine.run import Run
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.scenarios.model import Scenario
from tts_chaos.search.player import Played, Prepare
from tts_chaos.subjects.in_process import InProcessSubject
from tts_chaos.typing import TwinConnection

__all__ = ["DirectPlayer", "Make", "direct_player"]

Make: TypeAlias = Callable[[TwinConnection, Path], Any]


class DirectPlayer:
    """Implements `search.player.Player` for one kind of integration.

    Attributes:
        runs: How many were made.
    """

    def __init__(self, make: Make, folder: Path, *, seed: str) -> None:
        self._make = make
        self._folder = folder
        self._seed = seed
        self.runs = 0

    def __call__(self, scenario: Scenario, prepare: Prepare | None = None) -> Played:
        self.runs += 1
        for member in self._folder.iterdir():
            shutil.rmtree(member) if member.is_dir() else member.unlink()
        world = SimulatedWorld()
        with Run(scenario, world, seed=self._seed, searched_paths=[self._folder]) as run:
            assert run.connection is not None
            integration = self._make(run.connection, self._folder)
            try:
                subject = InProcessSubject(integration)
                if prepare is not None:
                    prepare(run)
                return Played(result=run.play(subject), capabilities=subject.capabilities)
            finally:
                integration.close()


@contextmanager
def direct_player(make: Make, *, seed: str) -> Iterator[DirectPlayer]:
    """Yield a player whose integrations keep their files in memory, where there is such a place."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield DirectPlayer(make, Path(folder), seed=seed)
