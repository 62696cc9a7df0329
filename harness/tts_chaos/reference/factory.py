"""Making the connector for a connection to the twin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from cryptography.fernet import Fernet

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.settings import PATIENT, QUICK, ReferenceSettings, make_shops

__all__ = ["make_reference"]


class _Connection(Protocol):
    """What is needed of a connection: addresses, credentials, shops."""

    @property
    def api_url(self) -> str: ...
    @property
    def token_url(self) -> str: ...
    @property
    def app_key(self) -> str: ...
    @property
    def app_secret(self) -> str: ...
    @property
    def access_token(self) -> str: ...
    @property
    def refresh_token(self) -> str: ...
    @property
    def access_token_expires_at(self) -> int: ...
    @property
    def refresh_token_expires_at(self) -> int: ...
    @property
    def shops(self) -> Sequence[Any]: ...
    @property
    def ca_file(self) -> str | None: ...
    @property
    def world(self) -> str: ...


def make_reference(
    connection: _Connection,
    directory: Path,
    *,
    patient: bool | None = None,
    encryption_key: str | None = None,
) -> ReferenceIntegration:
    """Return a connector that works against `connection` and keeps its database in `directory`.

    Args:
        connection: Where and who, for example the fixture `tts_twin`.
        directory: Folder for the database; made where it is missing.
        patient: Real-life waits and retries, or quick ones; None decides by the connection's world:
            virtual time costs nothing, real time does.
        encryption_key: Key of the database; None makes one that lives as long as the connector. In
            production it comes from a secret store.
    """
    directory.mkdir(parents=True, exist_ok=True)
    is_simulated = connection.world == "simulated"
    patience = PATIENT if (is_simulated if patient is None else patient) else QUICK
    settings = ReferenceSettings(
        app_key=connection.app_key,
        app_secret=connection.app_secret,
        access_token=connection.access_token,
        refresh_token=connection.refresh_token,
        access_token_expires_at=connection.access_token_expires_at,
        refresh_token_expires_at=connection.refresh_token_expires_at,
        shops=make_shops(connection.shops),
        database=directory / "reference.sqlite3",
        encryption_key=encryption_key or Fernet.generate_key().decode(),
        api_url=connection.api_url.rstrip("/"),
        token_url=connection.token_url.rstrip("/"),
        ca_file=connection.ca_file,
        patience=patience,
        sync_to_disk=not is_simulated,
        # The same twin gives the same pauses, so that a run can be repeated.
        jitter_seed=connection.access_token,
    )
    return ReferenceIntegration(settings)
