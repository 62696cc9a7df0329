"""A user's project for every test, with no plugin but ours."""

from __future__ import annotations

from pathlib import Path

import cryptography.fernet  # noqa: F401 - loaded here once: see below
import pytest
from tests.support.chaos_project import ChaosProject

# An inner session forgets the modules that it was the first to load, and some cannot be loaded
# twice into one process. What is loaded out here stays.
import tts_chaos.injectors.simulated
import tts_chaos.injectors.wire
import tts_chaos.pytest_plugin.session
import tts_chaos.reference.factory  # noqa: F401

KEPT = Path.home() / ".cache"
"""What is put together once for all reports; an inner session has a home of its own, empty."""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ChaosProject:
    """An empty project; plugins that happen to be installed stay out of its sessions."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(KEPT))
    return ChaosProject(pytester)
