"""The integration under load: the configured program, or the bundled reference as a program."""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet

from tts_chaos.subjects.external.model import Configuration, HttpCall, HttpReady
from tts_chaos.typing import TwinConnection

__all__ = ["bundled_reference"]


def bundled_reference(connection: TwinConnection, folder: Path) -> Configuration:
    """Return how the bundled reference is started and asked as a program.

    Args:
        connection: The twin, for its shops: the placeholders of a configuration name one only.
        folder: Where it works.
    """
    asked = {
        "sync_orders": ("POST", "/sync"),
        "orders": ("GET", "/export/orders"),
        "stock": ("GET", "/inventory"),
        "shipments": ("GET", "/export/shipments"),
        "health": ("GET", "/health"),
        "deliver_webhook": ("POST", "/webhooks/tiktok"),
    }
    environment = {
        "TTS_API_URL": "{api_url}",
        "TTS_TOKEN_URL": "{token_url}",
        "TTS_APP_KEY": "{app_key}",
        "TTS_APP_SECRET": "{app_secret}",
        "TTS_ACCESS_TOKEN": "{access_token}",
        "TTS_REFRESH_TOKEN": "{refresh_token}",
        "TTS_SHOPS": ",".join(f"{shop.id}:{shop.cipher}" for shop in connection.shops),
        "TTS_CA_FILE": "{ca_file}",
        "TTS_DATABASE": "{workspace}/reference.sqlite3",
        "TTS_ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "TTS_SYNC_EVERY_S": "5",
        "PORT": "{port}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    return Configuration(
        file=Path("the bundled reference integration"),
        key="integration",
        folder=folder,
        start=("{python}", "-m", "tts_chaos.reference"),
        ready=HttpReady(path="/health"),
        ready_within_s=30.0,
        base_url="http://127.0.0.1:{port}",
        connect=None,
        env=environment,
        inherit=(),
        capabilities={n: HttpCall(method=m, path=p) for n, (m, p) in asked.items()},
        search_files=(),
        search_urls=(),
    )
