"""Bytes that are no good HTTP, against a server on a real socket.

Each stream gets a connection of its own and ends in a half-close or a reset; the server has to end
the connection, whatever it made of the bytes.
"""

from __future__ import annotations

import random
import re
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["StreamFindings", "send_streams"]

Maker: TypeAlias = Callable[[bytes, random.Random], bytes]
PATIENCE_S = 5.0
_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)
_RESET = struct.pack("ii", 1, 0)
_WORDS = (
    b"\r\n", b"\n", b"\r", b"\x00", b": ", b"\t", b"HTTP/1.1", b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 5\r\n", b"\xff", b"0\r\n\r\n", b"GET ", b"?", b"%", b"Host: x\r\n",
)  # fmt: skip


@dataclass
class StreamFindings:
    """What one run ended with: streams sent, answers by status (0: none), and misses."""

    streams: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)


def _cut(good: bytes, rng: random.Random) -> bytes:
    return good[: rng.randrange(len(good))]


def _flipped(good: bytes, rng: random.Random) -> bytes:
    data = bytearray(good)
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def _inserted(good: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(good))
    return good[:place] + rng.choice(_WORDS) * rng.choice((1, 2, 50)) + good[place:]


def _removed(good: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(good))
    return good[:place] + good[place + rng.randint(1, 20) :]


def _noise(_good: bytes, rng: random.Random) -> bytes:
    return rng.randbytes(rng.randint(0, 2_000))


def _pipelined(good: bytes, rng: random.Random) -> bytes:
    return good * rng.randint(2, 6) + _cut(good, rng)


def _two_lengths(good: bytes, rng: random.Random) -> bytes:
    extra = b"\r\nContent-Length: %d\r\n" % rng.choice((0, 1, 7, 10**9))
    return good.replace(b"\r\n", extra, 1)


def _length_other(good: bytes, rng: random.Random) -> bytes:
    value = rng.choice((b"-1", b"x", b"+5", b"0x10", b"9" * 40, b"", b"1, 2", b" 5 5"))
    return re.sub(rb"(?i)content-length: \d+", b"Content-Length: " + value, good)


def _chunked(good: bytes, rng: random.Random) -> bytes:
    head = re.sub(rb"(?i)content-length: \d+", b"Transfer-Encoding: chunked", good)
    head = head.partition(b"\r\n\r\n")[0]
    chunks = (b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"-1\r\n", b"f" * 40 + b"\r\n", b"5\r\nhel",
              b"0\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n",
              b"5;a=b\r\nhello")  # fmt: skip
    return head + b"\r\n\r\n" + rng.choice(chunks)


def _both_framings(good: bytes, _rng: random.Random) -> bytes:
    return good.replace(b"\r\n", b"\r\nTransfer-Encoding: chunked\r\n", 1)


def _big_head(good: bytes, rng: random.Random) -> bytes:
    lines = b"".join(b"\r\nX-%d: %s" % (n, b"y" * rng.choice((1, 400))) for n in range(300))
    return good.replace(b"\r\n", lines + b"\r\n", 1)


def _bare_lines(good: bytes, rng: random.Random) -> bytes:
    return good.replace(b"\r\n", rng.choice((b"\n", b"\r", b"\n\r", b"\r\r\n")))


def _target_other(good: bytes, rng: random.Random) -> bytes:
    targets = (b"*", b"http://example.com/x", b"example.com:443", b"//x", b"/" + b"a" * 40_000,
               b"/%00", b"/\xff", b"", b"ftp://x/", b"http://", b"/a b")  # fmt: skip
    verb, _, rest = good.partition(b" ")
    return b" ".join((verb, rng.choice(targets), rest.partition(b" ")[2]))


def _verb_other(good: bytes, rng: random.Random) -> bytes:
    verbs = (b"CONNECT", b"TRACE", b"get", b"PRI", b"G\x00T", b"X" * 9_000, b"")
    return rng.choice(verbs) + b" " + good.partition(b" ")[2]


def _other_protocol(good: bytes, rng: random.Random) -> bytes:
    openings = (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(64),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + rng.randbytes(24),
        b"SSH-2.0-x\r\n",
        b"\x05\x01\x00",
        good.replace(b"HTTP/1.1", rng.choice((b"HTTP/1.0", b"HTTP/0.9", b"HTTP/9.9", b"HTTQ/1.1"))),
        good.replace(b"\r\n", b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", 1),
        good.replace(
            b"\r\n", b"\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nExpect: 100-continue\r\n", 1
        ),
    )
    return rng.choice(openings)


MAKERS: tuple[Maker, ...] = (
    _cut, _flipped, _inserted, _removed, _noise, _pipelined, _two_lengths, _length_other, _chunked,
    _both_framings, _big_head, _bare_lines, _target_other, _verb_other, _other_protocol,
)  # fmt: skip


def send_streams(
    address: tuple[str, int],
    good: list[bytes],
    count: int,
    *,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> StreamFindings:
    """Send `count` malformed streams made of good requests, one connection each.

    Args:
        address: Host and port of the server.
        good: Requests that the server would accept, as bytes.
        count: How many.
        seed: Decides every byte.
        progress: Told how many were sent, now and then.
    """
    findings, rng = StreamFindings(), random.Random(seed)
    for number in range(count):
        if progress and number % 2_000 == 0:
            progress(number)
        maker = rng.choice(MAKERS)
        data = maker(rng.choice(good), rng)
        try:
            statuses = list(_converse(address, data, rng))
        except TimeoutError:
            statuses = []
            findings.misses.append(f"stream {number} ({maker.__name__}) hangs: {data[:200]!r}")
        findings.streams += 1
        findings.statuses.update(statuses or [0])
        bad = [status for status in statuses if status >= 500 and status != 501]
        if bad:
            findings.misses.append(f"stream {number} ({maker.__name__}): {bad}: {data[:200]!r}")
    return findings


def _converse(address: tuple[str, int], data: bytes, rng: random.Random) -> Iterator[int]:
    """Send the bytes, in pieces, and yield the status of each answer until the server is gone."""
    with socket.create_connection(address, timeout=PATIENCE_S) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        cut = rng.randrange(len(data) + 1)
        try:
            client.sendall(data[:cut])
            client.sendall(data[cut:])
            if rng.random() < 0.1:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                return
            client.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
        received = bytearray()
        try:
            while part := client.recv(65_536):
                received += part
        except ConnectionResetError:
            pass
        yield from (int(status) for status in _STATUS.findall(bytes(received)))
