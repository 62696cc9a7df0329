"""The reference's front door as a receiver of webhooks, before a platform that knows no order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from cryptography.fernet import Fernet

from tts_chaos.reference import ReferenceIntegration, ReferenceSettings, Shop
from tts_chaos.reference.front_door import FrontDoor
from tts_chaos.reference.settings import QUICK
from tts_chaos.serving.receiver_trial import Keys

__all__ = ["KEYS", "reference_receiver"]

KEYS = Keys(app_key="6exmplkey", app_secret="app-secret-0123456789")


@contextmanager
def reference_receiver(folder: Path) -> Iterator[str]:
    """Serve it; yields the address of its webhooks."""
    settings = ReferenceSettings(
        app_key=KEYS.app_key,
        app_secret=KEYS.app_secret,
        access_token="GCP_access_first",
        refresh_token="GCP_refresh_first",
        access_token_expires_at=int(time.time()) + 600_000,
        refresh_token_expires_at=int(time.time()) + 900_000,
        shops=(Shop(id="7001", cipher="GCP_cipher_one"),),
        database=folder / "reference.sqlite3",
        encryption_key=Fernet.generate_key().decode(),
        patience=QUICK,
    )
    nothing = httpx.MockTransport(lambda _: httpx.Response(200, json={"code": 0, "data": {}}))
    with (
        ReferenceIntegration(settings, transport=nothing) as connector,
        FrontDoor(connector) as door,
    ):
        yield f"http://127.0.0.1:{door.port}/webhooks/tiktok"
