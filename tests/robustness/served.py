"""A twin on a real socket, and good requests to it as bytes."""

from __future__ import annotations

import random
import socket
import time
from urllib.parse import urlsplit

from tests.robustness.drafts import Drafter

from tts_chaos.serving.standalone import Standalone
from tts_chaos.wire.message import API_HOST, ApiRequest

__all__ = ["address_of", "answers", "good_streams"]


def address_of(twin: Standalone) -> tuple[str, int]:
    """Return host and port of the API host's stand-in."""
    parts = urlsplit(twin.connection.api_url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def good_streams(twin: Standalone, count: int, *, seed: int) -> list[bytes]:
    """Return requests with good signatures of now, for as long as the platform takes them."""
    platform = twin.twin
    drafter = Drafter(platform, random.Random(seed), int(time.time()))
    secret = drafter.credentials.app_secret
    drafts = (drafter.draw() for _ in iter(int, 1))
    api = (draft for draft in drafts if draft.host == API_HOST)
    return [_as_bytes(next(api).signed(secret)) for _ in range(count)]


def answers(address: tuple[str, int], stream: bytes) -> bool:
    """Whether the server still answers a good request."""
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(stream)
        client.shutdown(socket.SHUT_WR)
        return client.recv(65_536).startswith(b"HTTP/1.1 ")


def _as_bytes(request: ApiRequest) -> bytes:
    lines = [f"{request.method} {request.path}?{request.query} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    lines += [f"Content-Length: {len(request.body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + request.body
