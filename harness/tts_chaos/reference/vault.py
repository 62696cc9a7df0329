"""Encryption of what must not lie about in plain text: tokens, buyer data, webhook bodies."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from tts_chaos.reference.errors import SettingsError

__all__ = ["Vault"]


class Vault:
    """Seals and opens values with one key.

    Args:
        key: 32 bytes in URL-safe Base64.
    """

    def __init__(self, key: str) -> None:
        try:
            self._fernet = Fernet(key)
        except ValueError as error:
            raise SettingsError(
                "encryption_key is no 32-byte key in URL-safe Base64; make one with "
                "cryptography.fernet.Fernet.generate_key()"
            ) from error
        self._key = key.encode()

    def seal(self, value: Any) -> str:
        """Return a JSON value as encrypted text."""
        return self._fernet.encrypt(json.dumps(value).encode()).decode()

    def open(self, sealed: str) -> Any:
        """Return what was sealed.

        Raises:
            SettingsError: If the text was sealed with another key.
        """
        try:
            return json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise SettingsError(
                "the database was encrypted with another encryption_key", cause="credentials"
            ) from error

    def fingerprint(self, *values: str) -> str:
        """Return a keyed digest by which values can be recognised without being kept."""
        return hmac.new(self._key, "\0".join(values).encode(), hashlib.sha256).hexdigest()
