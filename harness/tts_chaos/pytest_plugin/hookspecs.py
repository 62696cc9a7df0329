"""Hooks this plugin offers to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tts_chaos.engine.result import RunResult

__all__ = ["pytest_tts_scenario_finished"]


def pytest_tts_scenario_finished(item: pytest.Item, result: RunResult) -> None:
    """Called when a scenario was judged, whatever its outcome, in the process that played it."""
