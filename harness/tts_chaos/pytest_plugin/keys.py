"""Keys under which the plugin keeps its state; there are no module globals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tts_chaos.engine.result import RunResult
    from tts_chaos.pytest_plugin.options import Options
    from tts_chaos.pytest_plugin.session import ChaosSession
    from tts_chaos.scenarios.model import Scenario

__all__ = ["ASSIGNMENT", "INTEGRATION", "OPTIONS", "RESULT", "SESSION"]

OPTIONS: pytest.StashKey[Options] = pytest.StashKey()
SESSION: pytest.StashKey[ChaosSession] = pytest.StashKey()
RESULT: pytest.StashKey[RunResult] = pytest.StashKey()
ASSIGNMENT: pytest.StashKey[tuple[Scenario, str]] = pytest.StashKey()
"""Which scenario an item plays, and the name of the world."""
INTEGRATION: pytest.StashKey[str] = pytest.StashKey()
"""Where the integration of a folder of scenarios is defined, for people to read."""
