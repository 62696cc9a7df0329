"""Delivers a webhook by HTTP to the receiver that an integration runs itself."""

from __future__ import annotations

import http.client
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from tts_chaos.errors import UsageError

__all__ = ["WITHIN_S", "post_webhook"]

WITHIN_S = 3.0
"""A receiver has 3 seconds to acknowledge. Source: protocol facts, section 6 (documented)."""


def post_webhook(address: object, headers: Mapping[str, str], body: bytes) -> int:
    """Post raw body and headers as they are; returns the receiver's HTTP status.

    It is 0 where nobody listens, no answer comes within three seconds, or what comes is no HTTP.

    Raises:
        UsageError: If the address is not plain HTTP on loopback.
    """
    url = urlsplit(address if isinstance(address, str) else "")
    try:
        port = url.port
    except ValueError:
        port = None
    if url.scheme != "http" or port is None or not _is_loopback(url.hostname or ""):
        raise UsageError(
            f"webhook_url() returned {address!r}; expected http://127.0.0.1:<port>/<path>: "
            "webhooks are delivered on this machine only"
        )
    connection = http.client.HTTPConnection(url.hostname or "", port, timeout=WITHIN_S)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    try:
        connection.request("POST", target, body, dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
