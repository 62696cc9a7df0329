"""How far a connection to a host comes: name, TCP, TLS, and UDP on request, each step bounded."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from tts_chaos.diagnosis.observed import CertificateSeen, HostSeen
from tts_chaos.probing.quic import ask_quic

__all__ = ["Resolve", "look_at_host"]

Resolve = Callable[[str, int], list[str]]
"""Returns the addresses of a name, or raises OSError."""


def look_at_host(
    host: str,
    port: int,
    *,
    tls: bool,
    ca_file: str | None = None,
    timeout_s: float = 5.0,
    quic: bool = False,
    resolve: Resolve | None = None,
) -> HostSeen:
    """Return how far a connection came. Nothing is sent but handshakes.

    Args:
        host: Name or address.
        port: TCP port; UDP is asked at the same.
        tls: Whether TLS is spoken there.
        ca_file: Authority to trust beside none other; None for those of the machine.
        timeout_s: Bound of each step.
        quic: Whether to ask over UDP as well.
        resolve: How names are looked up; None for the system's way.
    """
    seen = HostSeen(host=host, port=port)
    try:
        addresses = _within(timeout_s, lambda: (resolve or _resolve)(host, port))
    except TimeoutError:
        return replace(seen, name_problem=f"no answer within {timeout_s:g} s")
    except OSError as error:
        return replace(seen, name_problem=str(error.strerror or error))
    seen = replace(seen, addresses=tuple(addresses))
    if quic:
        seen = replace(seen, quic=ask_quic(addresses[0], port, timeout_s=timeout_s))
    begin = time.perf_counter()
    try:
        link = _connect(addresses, port, timeout_s)
    except OSError as error:
        return replace(seen, tcp_problem=_tcp_problem(error))
    seen = replace(seen, tcp_ms=round((time.perf_counter() - begin) * 1000, 1))
    with link:
        if not tls:
            return seen
        return replace(seen, certificate=_shake_hands(link, host, ca_file))


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def _within(limit_s: float, work: Callable[[], list[str]]) -> list[str]:
    """Do what may block for long and cannot be told not to."""
    result: list[list[str]] = []
    failure: list[OSError] = []

    def run() -> None:
        try:
            result.append(work())
        except OSError as error:
            failure.append(error)
        except UnicodeError:
            failure.append(OSError("it is no name of a host"))

    thread = threading.Thread(target=run, daemon=True, name="tts-chaos-resolve")
    thread.start()
    thread.join(limit_s)
    if failure:
        raise failure[0]
    if not result:
        raise TimeoutError
    return result[0]


def _connect(addresses: list[str], port: int, timeout_s: float) -> socket.socket:
    """Return a connection to the first address that takes one."""
    last: OSError = OSError("there is no address")
    for address in addresses[:4]:
        try:
            return socket.create_connection((address, port), timeout=timeout_s)
        except OSError as error:
            last = error
    raise last


def _tcp_problem(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, TimeoutError):
        return "timeout"
    text = str(error.strerror or error)
    return "unreachable" if "unreachable" in text.lower() else text


# Numbers of OpenSSL's verification results.
_VERDICTS = {
    9: "not_yet_valid", 10: "expired", 18: "self_signed", 19: "self_signed", 20: "untrusted",
    21: "untrusted", 62: "wrong_name", 64: "wrong_name",
}  # fmt: skip


def _shake_hands(link: socket.socket, host: str, ca_file: str | None) -> CertificateSeen:
    context = ssl.create_default_context(cafile=ca_file)
    try:
        with context.wrap_socket(link, server_hostname=host) as secure:
            ends = (secure.getpeercert() or {}).get("notAfter")
    except ssl.SSLCertVerificationError as error:
        problem = _VERDICTS.get(error.verify_code, "other")
        return CertificateSeen(problem=problem, detail=error.verify_message)
    except (OSError, ssl.SSLError) as error:
        return CertificateSeen(problem="other", detail=str(error.strerror or error))
    expires_s = int(ssl.cert_time_to_seconds(ends)) if isinstance(ends, str) else None
    return CertificateSeen(expires_s=expires_s)
