"""A twin on a real socket: requests as bytes, and a client that writes them and reads answers."""

from __future__ import annotations

import http.client
import random
import re
import socket
import time
from urllib.parse import urlsplit

from tests.robustness.drafts import Drafter
from tests.support.http_bytes import as_bytes

from tts_chaos.serving.standalone import Standalone
from tts_chaos.wire.message import API_HOST, ApiRequest, ApiResponse

__all__ = ["Client", "address_of", "answers", "can_travel", "good_streams"]

PATIENCE_S = 30.0
_UNSENDABLE = re.compile(r"[^!-~]")
"""What cannot stand in a request line; the server's own refusal of it is tested with streams."""

TARGET_LENGTH_MAX = 30_000


class Client:
    """One kept connection to a server, made anew where the server ends it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._socket: socket.socket | None = None

    def ask(self, request: ApiRequest) -> ApiResponse | None:
        """Write a request and return the answer, None where the connection ends without one."""
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=PATIENCE_S)
        self._socket.sendall(as_bytes(request))
        answer = http.client.HTTPResponse(self._socket, method=request.method)
        try:
            answer.begin()
            body = answer.read()
        except http.client.RemoteDisconnected:
            self.close()
            return None
        response = ApiResponse(status=answer.status, body=body)
        if answer.will_close:
            self.close()
        answer.close()
        return response

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def can_travel(request: ApiRequest) -> bool:
    """Whether a request can be written as HTTP/1.1 at all, and comes by the scheme served."""
    target = f"{request.path}?{request.query}"
    return (
        request.scheme == "https"
        and len(target) <= TARGET_LENGTH_MAX
        and not _UNSENDABLE.search(target)
        and all(value.isprintable() and value.isascii() for _, value in request.headers)
    )


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
    return [as_bytes(next(api).signed(secret)) for _ in range(count)]


def answers(address: tuple[str, int], stream: bytes) -> bool:
    """Whether the server still answers a good request."""
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(stream)
        client.shutdown(socket.SHUT_WR)
        return client.recv(65_536).startswith(b"HTTP/1.1 ")
