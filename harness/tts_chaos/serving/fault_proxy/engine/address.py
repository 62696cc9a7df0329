"""Listen addresses: reading them as the Toxiproxy server does, and binding them on loopback only.

A fault proxy forwards whatever reaches it, so the embedded engine never listens where another
machine could reach it; an address outside loopback is refused instead of narrowed.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
from typing import NamedTuple

from tts_chaos.serving.fault_proxy.engine.refusal import RefusedError

__all__ = ["Address", "bind", "parse_address"]

_PORT_MAX = 65535
_INTEGER = re.compile(r"[+-]?[0-9]+")


class Address(NamedTuple):
    """A host, "" where none was given, and a port, 0 for any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(text: str) -> Address:
    """Return the address in `text` (`host:port`, `[::1]:port`, `:port` or nothing).

    Raises:
        RefusedError: With status 500, the status that the Toxiproxy server uses for this mistake.
    """
    if not text:
        return Address("", 0)
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        raise RefusedError(f"address {text}: missing port in address", 500)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise RefusedError(f"address {text}: too many colons in address", 500)
    return Address("127.0.0.1" if host == "localhost" else host, _parse_port(port))


def _parse_port(text: str) -> int:
    if not text:
        return 0
    if _INTEGER.fullmatch(text):
        port = int(text)
        if not 0 <= port <= _PORT_MAX:
            raise RefusedError(f"address {text}: invalid port", 500)
        return port
    try:
        return socket.getservbyname(text, "tcp")
    except OSError as error:
        raise RefusedError(f"lookup tcp/{text}: unknown port", 500) from error


def bind(text: str) -> socket.socket:
    """Return a socket bound to the address in `text`, not yet listening.

    A bound socket that does not listen keeps its port for us while connections to it are refused.

    Raises:
        RefusedError: With status 500 when the address is malformed, taken or not on loopback.
    """
    try:
        address = parse_address(text)
    except RefusedError as refusal:
        raise RefusedError(f"listen tcp: {refusal.message}", refusal.status) from refusal
    host = address.host or "127.0.0.1"
    if not _is_loopback(host):
        raise RefusedError(
            f"listen tcp {text}: the embedded engine listens on loopback only, "
            "use 127.0.0.1, localhost or [::1]",
            500,
        )
    endpoint = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        if sys.platform != "win32":
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        endpoint.bind((host, address.port))
    except OSError as error:
        endpoint.close()
        reason = os.strerror(error.errno or 0).lower()
        raise RefusedError(f"listen tcp {address}: bind: {reason}", 500) from error
    return endpoint


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
