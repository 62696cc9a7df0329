"""The fixed connector under test: `pytest --tts-chaos examples/httpx_async_connector/fixed`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from async_shop.connector import Connector
from httpx_transport import HttpxTransport
from shop_parts.patience import QUICK, Patience


@pytest.fixture
def tts_integration(tts_twin: Any, tts_workspace: Path) -> Connector:
    names = ("api_url", "token_url", "app_key", "app_secret", "access_token", "refresh_token")
    settings = {name: getattr(tts_twin, name) for name in names}
    settings["access_token_expires_at"] = tts_twin.access_token_expires_at
    return Connector(
        settings,
        tts_workspace / "shop.sqlite3",
        Fernet.generate_key(),
        lambda: HttpxTransport(tts_twin.ca_file),
        patience=Patience() if tts_twin.world == "simulated" else QUICK,
    )
