"""One HTTP exchange: bounded in time and size, every failure turned into a `Problem`."""

from __future__ import annotations

import ssl
import time
from functools import lru_cache
from pathlib import Path

import httpx

from tts_chaos.reference.answers import Answer, Problem, Repeat, judge_answer
from tts_chaos.reference.settings import Patience, ReferenceSettings

__all__ = ["Transport"]

_BODY_LIMIT = 32 * 1024 * 1024
"""No answer of this API comes near; what does is a mistake or an attack."""


@lru_cache(maxsize=8)
def _trust(ca_file: str | None, _changed_ns: int) -> ssl.SSLContext:
    """Return a verifying TLS context; building one reads hundreds of certificates, so keep it."""
    return (
        httpx.create_ssl_context()
        if ca_file is None
        else ssl.create_default_context(cafile=ca_file)
    )


class Transport:
    """A connection pool.

    Redirects are not followed: a signature is valid for one path only, and a token must not travel
    to another host.

    Args:
        settings: Certificate authority and proxy rule.
        inner: Transport below httpx, for tests.
    """

    def __init__(
        self, settings: ReferenceSettings, *, inner: httpx.BaseTransport | None = None
    ) -> None:
        ca_file = settings.ca_file or None
        changed_ns = Path(ca_file).stat().st_mtime_ns if ca_file else 0
        self._client = httpx.Client(
            verify=_trust(ca_file, changed_ns),
            transport=inner,
            trust_env=settings.use_system_proxy,
            follow_redirects=False,
        )

    def exchange(
        self,
        method: str,
        url: str,
        *,
        patience: Patience,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer | Problem:
        """Send one request and judge what comes back."""
        try:
            return self._exchange(method, url, patience, headers or {}, body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return _judge_failure(error)

    def _exchange(
        self, method: str, url: str, patience: Patience, headers: dict[str, str], body: bytes
    ) -> Answer | Problem:
        deadline = time.monotonic() + patience.total_s
        timeout = httpx.Timeout(
            connect=patience.connect_s,
            read=patience.read_s,
            write=patience.read_s,
            pool=patience.read_s,
        )
        with self._client.stream(
            method, url, headers=headers, content=body or None, timeout=timeout
        ) as response:
            received = bytearray()
            try:
                for piece in response.iter_bytes():
                    received += piece
                    if len(received) > _BODY_LIMIT:
                        return _problem("contract", "the answer is endless", Repeat.READS_ONLY)
                    if time.monotonic() > deadline:
                        return _problem("slowness", "the answer only trickles", Repeat.READS_ONLY)
            except httpx.DecodingError:
                if response.status_code < 400:
                    raise
                # A refusal that cannot be read is one all the same: its status says what kind.
                received.clear()
            # Header names are lower case in httpx; a repeated one keeps its last value.
            return judge_answer(response.status_code, dict(response.headers), bytes(received))

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def _problem(cause: str, message: str, repeat: Repeat) -> Problem:
    return Problem(cause=cause, message=message, repeat=repeat)


def _judge_failure(error: Exception) -> Problem:
    """Return what a failed exchange means. Texts of httpx hold no address and no header."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        return _problem("network", f"no connection ({text})", Repeat.SAFE)
    if isinstance(error, httpx.PoolTimeout):
        return _problem("slowness", f"all connections are busy ({text})", Repeat.SAFE)
    if isinstance(error, httpx.ReadTimeout):
        return _problem("slowness", f"no answer in time ({text})", Repeat.READS_ONLY)
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return _problem("endpoint", f"the address is unusable ({text})", Repeat.NEVER)
    if isinstance(error, httpx.DecodingError) or "complete message body" in text:
        return _problem("contract", f"the answer is cut off or garbled ({text})", Repeat.READS_ONLY)
    return _problem("network", f"the connection broke ({text})", Repeat.READS_ONLY)
