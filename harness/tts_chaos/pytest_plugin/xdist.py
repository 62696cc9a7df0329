"""What only the controller of a distributed run does; registered only where pytest-xdist is."""

from __future__ import annotations

from typing import Any

__all__ = ["SeedForWorkers"]


class SeedForWorkers:
    """Gives every worker the seed that the controller drew."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def pytest_configure_node(self, node: Any) -> None:
        """Hand the seed to a worker before it starts."""
        node.workerinput["tts_seed"] = self._seed
