"""A recorded exchange as a value: what was asked, what was answered."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

import msgspec

from tts_chaos.core.history import Json
from tts_chaos.wire.message import ApiRequest, ApiResponse, Headers

__all__ = ["Exchange", "Origin", "Recording", "decode_json", "request_of"]


class Origin(StrEnum):
    """How a recording came to be."""

    RECORDED = "recorded"
    IMPORTED = "imported"
    COMPOSED = "composed"


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request with its answer."""

    request: ApiRequest
    response: ApiResponse

    @property
    def answer(self) -> Json:
        """The answer's JSON value, None where it is no JSON."""
        return decode_json(self.response.body)


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """Exchanges of one file, in order.

    Attributes:
        path: Name of the file, for messages.
        origin: How it came to be; `imported` where a foreign file does not say.
        note: What the file says of itself.
    """

    path: str
    exchanges: tuple[Exchange, ...]
    origin: Origin = Origin.IMPORTED
    note: str = ""


def request_of(method: str, uri: str, headers: Headers, body: bytes) -> ApiRequest:
    """Return a request as the platform saw it.

    Raises:
        ValueError: If the address is no absolute http address.
    """
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected an absolute http address, got {uri!r:.80}")
    return ApiRequest(
        method=method.upper(),
        scheme=parts.scheme,
        host=parts.hostname,
        path=parts.path or "/",
        query=parts.query,
        headers=headers,
        body=body,
    )


def decode_json(body: bytes) -> Json:
    """Return the JSON value of a body, None where it is none."""
    try:
        value: Json = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value
