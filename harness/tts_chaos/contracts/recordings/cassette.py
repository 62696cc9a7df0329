"""Cassettes as VCR.py keeps them: YAML or JSON, one list of interactions. Bytes in, values out.

    version: 1
    interactions:
    - request: {method, uri, headers: {name: [value]}, body}
      response: {status: {code, message}, headers: {name: [value]}, body: {string}}

Keys of our own (`x-tts`) say where a file comes from; VCR.py passes over them. Foreign writers put
single values for lists, `body: {string: ...}` into requests, and binary data under `!!binary`: all
of it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import yaml

from tts_chaos.contracts.recordings.exchange import Exchange, Origin, Recording, request_of
from tts_chaos.errors import ContractError
from tts_chaos.wire.message import ApiResponse, Headers

__all__ = ["read_cassette", "write_cassette"]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def read_cassette(text: bytes, *, path: str) -> Recording:
    """Return the recording that a cassette holds.

    Args:
        text: The file.
        path: Its name, for messages.

    Raises:
        ContractError: If it is no cassette; names file and key.
    """
    try:
        root = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        problem = str(error).partition("\n")[0]
        raise ContractError(f"not YAML and not JSON: {problem}", path=path) from error
    interactions = root.get("interactions") if isinstance(root, dict) else None
    if not isinstance(interactions, list):
        raise ContractError(
            "not a cassette; expected an object with the list `interactions`", path=path
        )
    about = root.get("x-tts") or {}
    return Recording(
        path=path,
        exchanges=tuple(
            _exchange(entry, path, f"$.interactions[{number}]")
            for number, entry in enumerate(interactions)
        ),
        origin=Origin(about.get("origin", Origin.IMPORTED)),
        note=str(about.get("note", "")),
    )


def write_cassette(recording: Recording) -> bytes:
    """Return a recording as a cassette that VCR.py loads."""
    root = {
        "version": 1,
        "x-tts": {"origin": str(recording.origin), "note": recording.note},
        "interactions": [_entry(exchange) for exchange in recording.exchanges],
    }
    text = yaml.dump(root, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return str(text).encode()


def _exchange(entry: Any, path: str, key: str) -> Exchange:
    try:
        asked, told = entry["request"], entry["response"]
        request = request_of(
            str(asked["method"]), str(asked["uri"]), _headers(asked), _bytes(asked.get("body"))
        )
        response = ApiResponse(
            status=int(told["status"]["code"]),
            headers=_headers(told),
            body=_bytes(told.get("body")),
        )
    except (KeyError, TypeError, ValueError) as error:
        problem = f"{type(error).__name__.removesuffix('Error').lower()}: {error}"
        raise ContractError(f"not an interaction ({problem})", path=path, key=key) from error
    return Exchange(request=request, response=response)


def _headers(part: Mapping[str, Any]) -> Headers:
    pairs = []
    for name, values in (part.get("headers") or {}).items():
        listed = values if isinstance(values, list) else [values]
        pairs += [(str(name).lower(), str(value)) for value in listed]
    return tuple(pairs)


def _bytes(body: Any) -> bytes:
    if isinstance(body, Mapping):
        body = body.get("string")
    if body is None:
        return b""
    return body if isinstance(body, bytes) else str(body).encode()


def _entry(exchange: Exchange) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    query = f"?{request.query}" if request.query else ""
    return {
        "request": {
            "method": request.method,
            "uri": f"{request.scheme}://{request.host}{request.path}{query}",
            "headers": _listed(request.headers),
            "body": _text(request.body) if request.body else None,
        },
        "response": {
            "status": {"code": response.status, "message": _phrase(response.status)},
            "headers": _listed(response.headers),
            "body": {"string": _text(response.body)},
        },
    }


def _listed(headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    listed: dict[str, list[str]] = {}
    for name, value in headers:
        listed.setdefault(name, []).append(value)
    return listed


def _text(body: bytes) -> str | bytes:
    """Return text where the bytes are text that YAML keeps, else the bytes."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    return text if text.isprintable() or text.replace("\n", "").isprintable() else body


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
