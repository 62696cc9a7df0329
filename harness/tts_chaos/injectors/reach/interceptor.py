"""An HTTP proxy that knows one way: tunnels to the platform's hosts end at the twin.

    program --CONNECT open-api...:443--> interceptor --bytes--> fault proxy --> twin (speaks TLS)

TLS is not opened here but where the twin listens, with a certificate of the platform's name, so
that every fault of the line and of TLS acts on these connections as on any other.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tts_chaos.injectors.reach.destinations import HTTPS_PORT, Address, Refusals, explain_refusal
from tts_chaos.injectors.reach.relay import Relay, join

__all__ = ["Interceptor"]

HEAD_LIMIT_S = 10.0
"""Time for a client to say where it wants to go."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    sentence: str = ""

    def encode(self) -> bytes:
        body = f"{self.sentence}\n".encode() if self.sentence else b""
        head = (
            f"HTTP/1.1 {self.status}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        return head.encode() + body


_PORTS = {"http": 80, "https": HTTPS_PORT}

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Interceptor:
    """A proxy on a free loopback port.

    Args:
        relay: A running relay, whose loop it uses.
        twins: Address that stands for each host of the platform.
        refusals: Where refused destinations go.

    Attributes:
        port: Where it listens.
    """

    def __init__(self, relay: Relay, twins: Mapping[str, Address], refusals: Refusals) -> None:
        self._twins = twins
        self._refusals = refusals
        listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = listening.getsockname()[1]
        relay.serve(listening, self._serve)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_LIMIT_S):
                head = await reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        target = _tunnel_target(head)
        if target not in {(host, HTTPS_PORT) for host in self._twins}:
            await _say(writer, self._refuse(head, target))
            return
        try:
            twin = await asyncio.open_connection(*self._twins[target[0]])
        except OSError as error:
            # As a proxy does whose way is blocked.
            await _say(writer, _Answer("502 Bad Gateway", f"{target[0]} was not reached: {error}"))
            return
        writer.write(_ESTABLISHED)
        await join((reader, writer), twin)

    def _refuse(self, head: bytes, target: tuple[str, int]) -> _Answer:
        host, port = target if target[0] else _plain_target(head)
        if not host:
            return _Answer(
                "400 Bad Request", "this is a proxy; ask it for CONNECT host:443 and nothing else"
            )
        destination = f"{host}:{port}"
        self._refusals.add(destination)
        return _Answer("403 Forbidden", explain_refusal(destination))


async def _say(writer: asyncio.StreamWriter, answer: _Answer) -> None:
    writer.write(answer.encode())
    await writer.drain()
    # Closed before what the client still sends was read, it would be reset and lose the answer.
    writer.write_eof()
    await asyncio.sleep(0)
    writer.close()
    await writer.wait_closed()


def _request_line(head: bytes) -> tuple[str, str]:
    method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
    return method, rest.partition(" ")[0]


def _tunnel_target(head: bytes) -> tuple[str, int]:
    """Return host and port of a CONNECT; ("", 0) for anything else."""
    method, target = _request_line(head)
    return _split(f"//{target}", {}) if method == "CONNECT" else ("", 0)


def _plain_target(head: bytes) -> tuple[str, int]:
    """Return host and port of a request for an absolute URL; ("", 0) for anything else."""
    _, target = _request_line(head)
    return _split(target, _PORTS) if "://" in target else ("", 0)


def _split(url: str, ports: Mapping[str, int]) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").rstrip("."), parts.port or ports.get(parts.scheme, 0)
    except ValueError:
        return "", 0
