"""Environment variables by which HTTP clients of many languages trust the twin, and go straight.

Clients read them when they are made, so they must be set before the integration is started, and
they reach programs that it starts.
"""

from __future__ import annotations

import os

__all__ = ["ClientEnvironment"]

TRUST_VARIABLES = (
    "SSL_CERT_FILE",  # OpenSSL and what builds on it: Python's ssl, httpx, Ruby, Go, PHP
    "REQUESTS_CA_BUNDLE",  # requests
    "CURL_CA_BUNDLE",  # curl
    "NODE_EXTRA_CA_CERTS",  # Node.js
)
"""Variables that name a file of certificate authorities."""

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""Some clients send even loopback requests to a proxy; upper-case spellings count as well."""


class ClientEnvironment:
    """Holds the environment changed from `install` until `restore`."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}

    def install(self, ca_file: str) -> None:
        """Trust `ca_file`, and remove every proxy."""
        for name in PROXY_VARIABLES:
            self._set(name, None)
            self._set(name.upper(), None)
        for name in TRUST_VARIABLES:
            self._set(name, ca_file)

    def restore(self) -> None:
        """Put back what was there; twice does nothing."""
        while self._before:
            name, value = self._before.popitem()
            _put(name, value)

    def _set(self, name: str, value: str | None) -> None:
        self._before.setdefault(name, os.environ.get(name))
        _put(name, value)


def _put(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
