"""The naive connector under test: `pytest --tts-chaos examples/aiohttp_connector/naive`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from naive_aiohttp import NaiveAiohttpShop


@pytest.fixture
def tts_integration(tts_twin: Any) -> NaiveAiohttpShop:
    return NaiveAiohttpShop(tts_twin)
