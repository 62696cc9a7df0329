"""One user's connection: sends a request as soon as it is asked to, and stamps the last byte.

Locust's own session does more for each request than there is time for: what it does before sending
and after receiving would be counted as the integration's latency. This one is the same client
underneath, without that. Imports gevent.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlsplit

import geventhttpclient.client
from gevent.timeout import Timeout
from geventhttpclient import HTTPClient
from geventhttpclient.response import HTTPParseError

__all__ = ["Answer", "Caller"]

# The client repeats a GET whose connection broke, and says nothing: that would hide what happened.
geventhttpclient.client.IDEMPOTENT_METHODS = frozenset()

_KEEP_ALIVE_S = 3.0
"""A connection that rested longer is not used again: the other side may be about to close it (Node
does after 5 seconds), and a request lost that way says nothing about the integration."""


@dataclass(slots=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP status, 0 where no whole answer came.
        content: Body.
        began_s: When the request was handed to the connection, by `perf_counter`.
        ended_s: When the last byte was there, or it was clear that none will come.
        problem: Why no whole answer came.
    """

    status: int
    content: bytes
    began_s: float
    ended_s: float
    problem: Exception | None = None


class Caller:
    """Makes requests to one address, one after the other, never one twice.

    Args:
        base_url: Where to; a path in it is put before each path.
        timeout_s: Longest wait for a connection, and for each part of an answer.
    """

    def __init__(self, base_url: str, timeout_s: float) -> None:
        parts = urlsplit(base_url)
        self._base_url, self._timeout_s = base_url, timeout_s
        self._prefix = parts.path.rstrip("/")
        self._client = self._connect()
        self._used_s = perf_counter()

    def _connect(self) -> HTTPClient:
        return HTTPClient.from_url(
            self._base_url,
            connection_timeout=self._timeout_s,
            network_timeout=self._timeout_s,
            insecure=True,
        )

    def call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Make a request, and read its answer to the end."""
        client = self._rested() if perf_counter() - self._used_s > _KEEP_ALIVE_S else self._client
        status, content, problem = 0, b"", None
        began_s = perf_counter()
        try:
            answer = client.request(method, self._prefix + path, body, headers)
            content = answer.read()
            status = answer.status_code
        except (OSError, HTTPParseError, Timeout) as error:
            problem = error
        self._used_s = perf_counter()
        return Answer(status, content, began_s, self._used_s, problem)

    def _rested(self) -> HTTPClient:
        self.close()
        self._client = self._connect()
        return self._client

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
