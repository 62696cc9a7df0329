"""HTTP archives (HAR 1.2), as browsers and proxies export them. Bytes in, values out."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from tts_chaos.contracts.recordings.exchange import Exchange, Origin, Recording, request_of
from tts_chaos.errors import ContractError
from tts_chaos.wire.message import ApiResponse, Headers

__all__ = ["is_har", "read_har"]


def is_har(text: bytes) -> bool:
    """Whether a file looks like an archive rather than a cassette."""
    return text.lstrip()[:1] == b"{" and b'"log"' in text[:4096] and b'"entries"' in text


def read_har(text: bytes, *, path: str) -> Recording:
    """Return the recording that an archive holds.

    Raises:
        ContractError: If it is no archive; names file and key.
    """
    try:
        root = msgspec.json.decode(text)
        entries = root["log"]["entries"]
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise ContractError(
            "not an HTTP archive; expected an object with `log.entries`", path=path
        ) from error
    return Recording(
        path=path,
        exchanges=tuple(
            _exchange(entry, path, f"$.log.entries[{number}]")
            for number, entry in enumerate(entries)
        ),
        origin=Origin.IMPORTED,
        note="imported from an HTTP archive",
    )


def _exchange(entry: Any, path: str, key: str) -> Exchange:
    try:
        asked, told = entry["request"], entry["response"]
        sent = (asked.get("postData") or {}).get("text") or ""
        request = request_of(asked["method"], asked["url"], _headers(asked), sent.encode())
        response = ApiResponse(
            status=int(told["status"]),
            headers=_headers(told),
            body=_body(told.get("content") or {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ContractError(f"not an entry ({error})", path=path, key=key) from error
    return Exchange(request=request, response=response)


def _headers(part: dict[str, Any]) -> Headers:
    return tuple((row["name"].lower(), row["value"]) for row in part.get("headers") or ())


def _body(content: dict[str, Any]) -> bytes:
    text = content.get("text") or ""
    if content.get("encoding") != "base64":
        return str(text).encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"content is no base64: {error}") from error
