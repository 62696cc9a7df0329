"""Whether somebody answers QUIC over UDP, found out with one packet and no cryptography.

A server that gets a packet of a version it does not know answers with the versions that it does
(RFC 9000, section 6). So a packet of a version that is reserved for this (RFC 9000, section 15)
makes every server of QUIC speak, and changes nothing there.
"""

from __future__ import annotations

import secrets
import socket

__all__ = ["ask_quic", "is_version_negotiation", "make_probe"]

_LONG_HEADER = 0xC0
_RESERVED_VERSION = bytes.fromhex("1a2a3a4a")
_SMALLEST_BYTES = 1_200
"""A server passes over smaller first packets."""


def make_probe(connection: bytes) -> bytes:
    """Return a first packet of a version that nobody has.

    Args:
        connection: Eight bytes that name the connection.
    """
    head = bytes([_LONG_HEADER]) + _RESERVED_VERSION
    ids = bytes([len(connection)]) + connection + bytes([len(connection)]) + connection
    return (head + ids).ljust(_SMALLEST_BYTES, b"\0")


def is_version_negotiation(packet: bytes) -> bool:
    """Whether a packet lists the versions that a server knows."""
    return len(packet) >= 7 and bool(packet[0] & 0x80) and packet[1:5] == b"\0\0\0\0"


def ask_quic(address: str, port: int, *, timeout_s: float) -> str:
    """Return `answered`, `silent`, or `refused`; one packet is sent twice."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.settimeout(timeout_s / 2)
        try:
            link.connect((address, port))
        except OSError:
            return "refused"
        for _ in range(2):
            try:
                link.send(make_probe(secrets.token_bytes(8)))
                if is_version_negotiation(link.recv(2_048)):
                    return "answered"
            except TimeoutError:
                continue
            except OSError:
                return "refused"
    return "silent"
