"""The naive connector under test: `pytest --tts-chaos examples/requests_connector/naive`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from naive_requests import NaiveShop


@pytest.fixture
def tts_integration(tts_twin: Any, tts_workspace: Path) -> NaiveShop:
    return NaiveShop(tts_twin, tts_workspace)
