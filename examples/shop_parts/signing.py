"""Signatures: of requests, and of webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

__all__ = ["is_genuine", "refresh_url", "signed_request"]


def signed_request(
    settings: Mapping[str, Any], path: str, query: Mapping[str, str], cipher: str, body: Any
) -> tuple[str, bytes | None]:
    """Return address and body. What is signed is what is sent, stamped with the time of now."""
    data = None if body is None else json.dumps(body).encode()
    signed = {**query, "app_key": settings["app_key"], "timestamp": str(int(time.time()))}
    if cipher:
        signed["shop_cipher"] = cipher
    secret = settings["app_secret"].encode()
    text = path + "".join(key + signed[key] for key in sorted(signed))
    message = secret + text.encode() + (data or b"") + secret
    signed["sign"] = hmac.new(secret, message, hashlib.sha256).hexdigest()
    return f"{settings['api_url']}{path}?{_encode(signed)}", data


def refresh_url(settings: Mapping[str, Any], refresh_token: str) -> str:
    """Return the address that refreshes. It holds secrets: it must not get into any message."""
    query = {
        "app_key": settings["app_key"],
        "app_secret": settings["app_secret"],
        "refresh_token": refresh_token,
        "grant_type": "refresh_token",
    }
    return f"{settings['token_url']}/api/v2/token/refresh?{_encode(query)}"


def is_genuine(settings: Mapping[str, Any], body: bytes, signature: str) -> bool:
    """Whether a webhook was signed by the platform."""
    message = settings["app_key"].encode() + body
    expected = hmac.new(settings["app_secret"].encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def _encode(query: Mapping[str, str]) -> str:
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
