"""The host name that a client asks for in its first bytes, as a filter on the way would read it.

TLS names it in the clear, in the server name extension of the first message (RFC 8446 section
4.1.2, RFC 6066 section 3); plain HTTP in the Host header. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["FIRST_BYTES_MAX", "asked_name"]

FIRST_BYTES_MAX = 16_384
"""No first message of a real client is longer."""

_HANDSHAKE = 0x16
_CLIENT_HELLO = 1
_SERVER_NAME = 0
_HOST_NAME = 0
_RECORD_HEAD = 5


class _ShortError(Exception):
    """There are fewer bytes than announced."""


def asked_name(data: bytes) -> str | None:
    r"""Return the name in lower case, "" where none is given, None while bytes are missing.

    >>> asked_name(b"GET / HTTP/1.1\r\nHost: Shop.example:8080\r\n\r\n")
    'shop.example'
    """
    if not data:
        return None
    if data[0] != _HANDSHAKE:
        return _host_header(data)
    try:
        return _name_in_hello(data)
    except _ShortError:
        return "" if len(data) >= FIRST_BYTES_MAX else None


def _host_header(data: bytes) -> str | None:
    head, end, _ = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"host" and (end or line != head.rpartition(b"\r\n")[2]):
            return value.strip().decode("latin-1").lower().partition(":")[0]
    return "" if end or len(data) >= FIRST_BYTES_MAX else None


def _name_in_hello(data: bytes) -> str:
    message = _Reader(b"".join(_fragments(data)))
    if message.number(1) != _CLIENT_HELLO:
        return ""
    hello = _Reader(message.block(3))
    hello.take(2 + 32)  # version and random
    hello.block(1)  # session
    hello.block(2)  # cipher suites
    hello.block(1)  # compression
    if hello.is_empty:
        return ""
    extensions = _Reader(hello.block(2))
    while not extensions.is_empty:
        kind, content = extensions.number(2), extensions.block(2)
        if kind == _SERVER_NAME:
            names = _Reader(_Reader(content).block(2))
            if names.number(1) == _HOST_NAME:
                return names.block(2).decode("latin-1").lower()
    return ""


def _fragments(data: bytes) -> Iterator[bytes]:
    """Return what the records at the beginning carry; a hello may take more than one."""
    while len(data) >= _RECORD_HEAD and data[0] == _HANDSHAKE:
        end = _RECORD_HEAD + int.from_bytes(data[3:5])
        yield data[_RECORD_HEAD:end]
        data = data[end:]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def is_empty(self) -> bool:
        return not self._data

    def take(self, count: int) -> bytes:
        if len(self._data) < count:
            raise _ShortError
        taken, self._data = self._data[:count], self._data[count:]
        return taken

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width))

    def block(self, width: int) -> bytes:
        """Return a block that its length, a number of `width` bytes, precedes."""
        return self.take(self.number(width))
