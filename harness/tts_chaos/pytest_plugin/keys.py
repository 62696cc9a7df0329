"""Keys under which the plugin keeps its state; there are no module globals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tts_chaos.engine.result import RunResult
    from tts_chaos.pytest_plugin.options import Options
    from tts_chaos.pytest_plugin.session import ChaosSession
    from tts_chaos.scenarios.model import Scenario

__all__ = ["ASSIGNMENT", "INTEGRATION", "OPTIONS", "RESULT", "SCRATCH", "SEED", "SESSION"]

OPTIONS: pytest.StashKey[Options] = pytest.StashKey()
SESSION: pytest.StashKey[ChaosSession] = pytest.StashKey()
RESULT: pytest.StashKey[RunResult] = pytest.StashKey()
ASSIGNMENT: pytest.StashKey[tuple[Scenario, str]] = pytest.StashKey()
"""Which scenario an item plays, and the name of the world."""
SEED: pytest.StashKey[str] = pytest.StashKey()
"""The seed of an item that has one of its own; the session's else."""
SCRATCH: pytest.StashKey[Path] = pytest.StashKey()
"""Folder of an item that is one run of hundreds, instead of a temporary one for each."""
INTEGRATION: pytest.StashKey[str] = pytest.StashKey()
"""Where the integration of a folder of scenarios is defined, for people to read."""
