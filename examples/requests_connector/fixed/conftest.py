"""The fixed connector under test: `pytest --tts-chaos examples/requests_connector/fixed`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from requests_shop.connector import Connector
from shop_parts.under_test import patience_for, settings_of


@pytest.fixture
def tts_integration(tts_twin: Any, tts_workspace: Path) -> Iterator[Connector]:
    connector = Connector(
        settings_of(tts_twin),
        tts_workspace / "shop.sqlite3",
        Fernet.generate_key(),
        patience=patience_for(tts_twin),
        ca_file=tts_twin.ca_file,
    )
    yield connector
    connector.close()
