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
from shop_parts.patience import QUICK, Patience


@pytest.fixture
def tts_integration(tts_twin: Any, tts_workspace: Path) -> Iterator[Connector]:
    names = ("api_url", "token_url", "app_key", "app_secret", "access_token", "refresh_token")
    settings = {name: getattr(tts_twin, name) for name in names}
    settings["access_token_expires_at"] = tts_twin.access_token_expires_at
    connector = Connector(
        settings,
        tts_workspace / "shop.sqlite3",
        Fernet.generate_key(),
        patience=Patience() if tts_twin.world == "simulated" else QUICK,
        ca_file=tts_twin.ca_file,
    )
    yield connector
    connector.close()
