"""Signatures: of requests to the Open API, and of webhooks from it. Pure.

Source: protocol facts, section 1.1 (documented) and section 6 (documented).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import quote

__all__ = ["encode_query", "is_genuine_webhook", "sign_request", "sign_webhook"]

_UNSIGNED = frozenset({"sign", "access_token"})


def sign_request(
    secret: str, path: str, query: Iterable[tuple[str, str]], body: bytes = b""
) -> str:
    """Return the value of the parameter `sign`, 64 lower-case hex digits.

    Args:
        secret: The app's secret.
        path: Path as sent, without host and query.
        query: Decoded parameters in any order; `sign` and `access_token` are left out.
        body: The very bytes that are sent; b"" for multipart bodies.

    >>> sign_request(
    ...     "e59af819cc",
    ...     "/authorization/202309/shops",
    ...     [("app_key", "29a39d"), ("timestamp", "1623812664")],
    ... )
    'b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8'
    """
    pairs = sorted((key, value) for key, value in query if key not in _UNSIGNED)
    text = path + "".join(key + value for key, value in pairs)
    message = secret.encode() + text.encode() + body + secret.encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def encode_query(query: Iterable[tuple[str, str]]) -> str:
    """Return a query text in which only unreserved characters are unescaped.

    A space becomes `%20` and never `+`, so that no decoder can read another value than was signed.
    """
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in query)


def sign_webhook(app_key: str, secret: str, body: bytes) -> str:
    """Return the `Authorization` value of a genuine webhook: bare lower-case hex."""
    return hmac.new(secret.encode(), app_key.encode() + body, hashlib.sha256).hexdigest()


def is_genuine_webhook(app_key: str, secret: str, body: bytes, signature: str) -> bool:
    """Whether `signature` is the one of this body, compared in constant time."""
    expected = sign_webhook(app_key, secret, body)
    return hmac.compare_digest(expected.encode(), signature.encode())
