"""The seam under requests, at the level of urllib3, which it is built on.

It sits where urllib3 would send one attempt. What lies above stays the real thing: sessions made
before the run, adapters, hooks, redirects, and the retries of `urllib3.util.Retry` with their
pauses. urllib3 used by itself is covered, too.
"""

from __future__ import annotations

import errno
import http.client
import io
import socket
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from importlib import metadata
from typing import Any

import urllib3
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.response import HTTPResponse
from urllib3.util import parse_url

from tts_chaos.engine.ports import Door
from tts_chaos.engine.travel import Timeouts
from tts_chaos.errors import BackendUnavailableError
from tts_chaos.injectors.passage import (
    Arrival,
    is_loopback,
    make_request,
    to_patience_ms,
    travel_sync,
)
from tts_chaos.injectors.virtual_time import active
from tts_chaos.wire.delivery import Fate
from tts_chaos.wire.message import ApiRequest

__all__ = ["RequestsSeam"]

_VERSION = metadata.version("urllib3")


class RequestsSeam:
    """Leads the run's requests and urllib3 traffic to a door."""

    def __init__(self) -> None:
        self._send = HTTPConnectionPool._make_request
        self._tunnel = HTTPSConnectionPool._prepare_proxy

    def install(self, door: Door) -> None:
        """Patch urllib3.

        Raises:
            BackendUnavailableError: If urllib3 is older than 2.
        """
        if int(_VERSION.partition(".")[0]) < 2:
            raise BackendUnavailableError(
                "the simulated world needs urllib3 2 or newer under requests; "
                f"{_VERSION} is installed. Upgrade with `pip install 'urllib3>=2'`"
            )
        self._send = HTTPConnectionPool._make_request
        self._tunnel = HTTPSConnectionPool._prepare_proxy
        HTTPConnectionPool._make_request = self._make_send(door)  # type: ignore[method-assign]
        HTTPSConnectionPool._prepare_proxy = self._make_tunnel()  # type: ignore[method-assign]

    def remove(self) -> None:
        """Take the patches away."""
        HTTPConnectionPool._make_request = self._send  # type: ignore[method-assign]
        HTTPSConnectionPool._prepare_proxy = self._tunnel  # type: ignore[method-assign]

    def _make_send(self, door: Door) -> Any:
        real = self._send

        def send(pool: Any, conn: Any, method: str, url: str, **options: Any) -> Any:
            if not _is_for_door(pool.host if url.startswith("/") else url):
                return real(pool, conn, method, url, **options)
            asked = _to_api_request(pool, method, url, options.get("body"), options["headers"])
            timeout = pool._get_timeout(options.get("timeout"))
            timeouts = Timeouts(
                connect_ms=to_patience_ms(timeout.connect_timeout),
                read_ms=to_patience_ms(timeout.read_timeout),
            )
            arrival = travel_sync(door, asked, timeouts)
            if arrival.head is None:
                raise _error(pool, conn, arrival.fate)
            return _to_response(arrival, method, url, options)

        return send

    def _make_tunnel(self) -> Any:
        real = self._tunnel

        def prepare_proxy(pool: Any, conn: Any) -> None:
            if not _is_for_door(pool.host):
                real(pool, conn)

        return prepare_proxy


def _is_for_door(host_or_url: str) -> bool:
    host = (parse_url(host_or_url).host or "") if "://" in host_or_url else host_or_url
    return active.current() is not None and not is_loopback(host)


def _to_api_request(
    pool: Any, method: str, url: str, body: Any, headers: Mapping[str, Any] | None
) -> ApiRequest:
    # Through a proxy without a tunnel the whole address stands in the request line.
    parts = parse_url(url)
    host = pool.host if url.startswith("/") else parts.host or ""
    target = url if url.startswith("/") else parts.request_uri
    sent = [(name, _to_text(value)) for name, value in (headers or {}).items()]
    return make_request(
        method=method,
        scheme=pool.scheme if url.startswith("/") else parts.scheme or "http",
        host=host,
        target=target,
        headers=[*_implied_headers(pool, host, {name.lower() for name, _ in sent}), *sent],
        body=_to_bytes(body),
    )


def _implied_headers(pool: Any, host: str, given: set[str]) -> list[tuple[str, str]]:
    """Return what the layers below add to the caller's headers."""
    is_default = pool.port in (None, 80, 443)
    implied = [
        ("host", host if is_default else f"{host}:{pool.port}"),
        ("accept-encoding", "identity"),
        ("user-agent", f"python-urllib3/{_VERSION}"),
    ]
    return [(name, value) for name, value in implied if name not in given]


def _to_text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _to_bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if isinstance(body, str):
        return body.encode()
    parts = [body.read()] if hasattr(body, "read") else list(body)
    return b"".join(part.encode() if isinstance(part, str) else part for part in parts)


def _to_response(arrival: Arrival, method: str, url: str, options: Mapping[str, Any]) -> Any:
    head = arrival.head
    assert head is not None
    response = HTTPResponse(
        body=_Body(arrival),
        headers=[*head.headers, ("content-length", str(len(head.body)))],  # type: ignore[arg-type]
        status=head.status,
        version=11,
        version_string="HTTP/1.1",
        reason=_phrase(head.status),
        preload_content=options.get("preload_content", True),
        decode_content=options.get("decode_content", True),
        enforce_content_length=options.get("enforce_content_length", True),
        request_method=method,
        request_url=url,
    )
    response.retries = options.get("retries")
    return response


class _Body(io.RawIOBase):
    """The body as far as it came; a client that goes on reading a stalled one times out."""

    def __init__(self, arrival: Arrival) -> None:
        super().__init__()
        self._rest = arrival.body
        self._is_stalled = arrival.fate is Fate.READ_TIMED_OUT

    def read(self, size: int | None = -1) -> bytes:
        wanted = len(self._rest) if size is None or size < 0 else size
        if self._is_stalled and wanted >= len(self._rest):
            raise TimeoutError("The read operation timed out")
        part, self._rest = self._rest[:wanted], self._rest[wanted:]
        return part

    def readable(self) -> bool:
        return True


def _error(pool: Any, conn: Any, fate: Fate) -> BaseException:
    """Return what the network itself would raise; urllib3 translates it from there."""
    if fate is Fate.CONNECT_TIMED_OUT:
        return ConnectTimeoutError(conn, f"Connection to {pool.host} timed out.")
    if fate is Fate.DNS_FAILED:
        reason = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return NameResolutionError(pool.host, conn, reason)
    if fate is Fate.REFUSED:
        text = f"Failed to establish a new connection: [Errno {errno.ECONNREFUSED}] refused"
        return NewConnectionError(conn, text)
    if fate is Fate.TLS_FAILED:
        return ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] verify failed")
    if fate is Fate.RESET:
        return ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    if fate is Fate.CLOSED:
        return http.client.RemoteDisconnected("Remote end closed connection without response")
    return urllib3.exceptions.ReadTimeoutError(pool, "", "Read timed out.")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
