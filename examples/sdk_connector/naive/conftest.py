"""Puts the naive connector under test: `pytest --tts-chaos examples/sdk_connector/naive`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from connector_naive import NaiveConnector


@pytest.fixture
def tts_integration(tts_twin: Any) -> NaiveConnector:
    return NaiveConnector(tts_twin)
