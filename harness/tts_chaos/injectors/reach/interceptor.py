"""An HTTP proxy that knows one way: tunnels to the platform's hosts end at the twin.

    program --CONNECT open-api...:443--> interceptor --bytes--> fault proxy --> twin (speaks TLS)

TLS is not opened here but where the twin listens, with a certificate of the platform's name, so
that every fault of the line and of TLS acts on these connections as on any other.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from tts_chaos.faults.intermediary import login_answer
from tts_chaos.injectors.reach.destinations import HTTPS_PORT, Address, Refusals, explain_refusal
from tts_chaos.injectors.reach.relay import CHUNK_BYTES, Relay, join
from tts_chaos.injectors.reach_faults import ReachFaults

__all__ = ["Interceptor"]

HEAD_LIMIT_S = 10.0
"""Time for a client to say where it wants to go."""

LINGER_LIMIT_S = 2.0
"""Time for a client to read an answer and go."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "text/plain; charset=utf-8"),)

    def encode(self) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        head = (
            f"HTTP/1.1 {self.status}\r\n{lines}"
            f"content-length: {len(self.body)}\r\nconnection: close\r\n\r\n"
        )
        return head.encode() + self.body


def _sentence(status: str, sentence: str) -> _Answer:
    return _Answer(status, f"{sentence}\n".encode())


def _login_page(status: int) -> _Answer:
    told = login_answer(status)
    return _Answer(f"{status} {HTTPStatus(status).phrase}", told.body, told.headers)


_PORTS = {"http": 80, "https": HTTPS_PORT}

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Interceptor:
    """A proxy on a free loopback port.

    Args:
        relay: A running relay, whose loop it uses.
        twins: Address that stands for each host of the platform.
        refusals: Where refused destinations go.
        faults: What is armed on the way; None where nothing ever is.

    Attributes:
        port: Where it listens.
    """

    def __init__(
        self,
        relay: Relay,
        twins: Mapping[str, Address],
        refusals: Refusals,
        faults: ReachFaults | None = None,
    ) -> None:
        self._faults = faults
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
            await _say(reader, writer, self._refuse(head, target))
            return
        met = self._faults.met_by(target[0]) if self._faults else None
        if met is not None:
            await _say(reader, writer, _login_page(met.attributes["status"]))
            return
        try:
            twin = await asyncio.open_connection(*self._twins[target[0]])
        except OSError as error:
            # As a proxy does whose way is blocked.
            said = f"{target[0]} was not reached: {error}"
            await _say(reader, writer, _sentence("502 Bad Gateway", said))
            return
        writer.write(_ESTABLISHED)
        await join((reader, writer), twin)

    def _refuse(self, head: bytes, target: tuple[str, int]) -> _Answer:
        host, port = target if target[0] else _plain_target(head)
        if not host:
            return _sentence(
                "400 Bad Request", "this is a proxy; ask it for CONNECT host:443 and nothing else"
            )
        destination = f"{host}:{port}"
        self._refusals.add(destination)
        return _sentence("403 Forbidden", explain_refusal(destination))


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: _Answer) -> None:
    writer.write(answer.encode())
    await writer.drain()
    writer.write_eof()
    # Closed before what the client still sends was read, it would be reset and lose the answer: a
    # client that takes the tunnel for open sends the beginning of its handshake.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_LIMIT_S):
            while await reader.read(CHUNK_BYTES):
                pass
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
