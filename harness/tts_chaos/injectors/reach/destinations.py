"""Which hosts are the platform's, where the twin stands for them, and what was refused."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

from tts_chaos.errors import UsageError
from tts_chaos.typing import TwinConnection
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["HTTPS_PORT", "Address", "Refusals", "explain_refusal", "twin_addresses"]

HTTPS_PORT = 443
"""The only port of the platform. Source: protocol facts, section 3 ("HTTPS only")."""

Address = tuple[str, int]


def twin_addresses(connection: TwinConnection) -> dict[str, Address]:
    """Return, for each host name of the platform, the loopback address that stands for it.

    The pages on which a seller or creator authorises an app are for a browser, and the old hosts of
    the sandbox are dead since version 202309 (protocol facts, sections 2.1 and 8): the twin has
    neither, so they are refused like any other host.

    Raises:
        UsageError: If the twin has no sockets, as in the simulated world.
    """
    return {
        API_HOST: _address(connection.api_url),
        AUTH_HOST: _address(connection.token_url),
    }


def _address(url: str) -> Address:
    parts = urlsplit(url)
    if parts.hostname != "localhost" or parts.port is None:
        raise UsageError(
            f"a program of its own needs a twin on a port of this machine, and this one is at "
            f"{url!r}; play the scenario in the wire world"
        )
    return "127.0.0.1", parts.port


def explain_refusal(destination: str) -> str:
    """Return the sentence that a program is told where something was held back."""
    return (
        f"tts-chaos refused {destination}: during a run nothing leaves this machine, and only "
        f"https://{API_HOST} and https://{AUTH_HOST} are brought to the twin"
    )


class Refusals:
    """Destinations that were refused, each once, in order of the first attempt. Thread-safe."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}
        self._lock = threading.Lock()

    def add(self, destination: str) -> None:
        """Remember one."""
        with self._lock:
            self._seen[destination] = None

    def all(self) -> tuple[str, ...]:
        """Return them."""
        with self._lock:
            return tuple(self._seen)
