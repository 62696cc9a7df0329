"""The connector as a program of its own: front door, and the chores that nobody asks for.

    TTS_API_URL=... TTS_TOKEN_URL=... TTS_APP_KEY=... TTS_APP_SECRET=... TTS_ACCESS_TOKEN=...
    TTS_REFRESH_TOKEN=... TTS_SHOPS=id:cipher,id:cipher TTS_DATABASE=shop.sqlite3 PORT=8080
    python -m tts_chaos.reference

Optional: TTS_ENCRYPTION_KEY (made anew where it is missing: then the database outlives no restart),
TTS_CA_FILE, TTS_SYNC_EVERY_S (60), TTS_FLUSH_EVERY_S (0.2).
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.fernet import Fernet

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.errors import ConnectorError, SettingsError
from tts_chaos.reference.front_door import FrontDoor
from tts_chaos.reference.settings import ReferenceSettings, make_shops

__all__ = ["run", "settings_of"]

_TOKEN_LIFE_S = 7 * 86_400
_REFRESH_LIFE_S = 300 * 86_400


def settings_of(environment: Mapping[str, str]) -> ReferenceSettings:
    """Return the settings that environment variables describe.

    Raises:
        SettingsError: If one is missing or unusable.
    """

    def needed(name: str) -> str:
        value = environment.get(name, "")
        if not value:
            raise SettingsError(f"the environment variable {name} is missing")
        return value

    now_s = int(time.time())
    return ReferenceSettings(
        app_key=needed("TTS_APP_KEY"),
        app_secret=needed("TTS_APP_SECRET"),
        access_token=needed("TTS_ACCESS_TOKEN"),
        refresh_token=needed("TTS_REFRESH_TOKEN"),
        access_token_expires_at=now_s + _TOKEN_LIFE_S,
        refresh_token_expires_at=now_s + _REFRESH_LIFE_S,
        shops=make_shops(
            tuple(pair.split(":", 1)) for pair in needed("TTS_SHOPS").split(",") if ":" in pair
        ),
        database=Path(needed("TTS_DATABASE")),
        encryption_key=environment.get("TTS_ENCRYPTION_KEY") or Fernet.generate_key().decode(),
        api_url=needed("TTS_API_URL").rstrip("/"),
        token_url=needed("TTS_TOKEN_URL").rstrip("/"),
        ca_file=environment.get("TTS_CA_FILE") or None,
    )


def run(environment: Mapping[str, str] | None = None) -> None:
    """Serve until interrupted.

    Raises:
        SettingsError: If the environment is not enough.
    """
    given = os.environ if environment is None else environment
    connector = ReferenceIntegration(settings_of(given))
    every = {
        "sync": float(given.get("TTS_SYNC_EVERY_S") or 60),
        "flush": float(given.get("TTS_FLUSH_EVERY_S") or 0.2),
    }
    _chore("sync", every["sync"], connector.sync_orders)
    _chore("flush", every["flush"], connector.flush)
    door = FrontDoor(connector, port=int(given.get("PORT") or 8080))
    with contextlib.suppress(KeyboardInterrupt):
        door.serve()


def _chore(name: str, every_s: float, work: Callable[[], object]) -> None:
    """Do something again and again; what fails has raised its alert and is tried again."""

    def repeat() -> None:
        while True:
            with contextlib.suppress(ConnectorError):
                work()
            time.sleep(every_s)

    threading.Thread(target=repeat, name=f"reference-{name}", daemon=True).start()
