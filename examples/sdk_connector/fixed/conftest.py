"""Puts the fixed connector under test: `pytest --tts-chaos examples/sdk_connector/fixed`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from connector_fixed import FixedConnector


@pytest.fixture
def tts_integration(tts_twin: Any, tts_workspace: Path) -> Iterator[FixedConnector]:
    connector = FixedConnector(tts_twin, tts_workspace / "connector.sqlite3")
    yield connector
    connector.close()
