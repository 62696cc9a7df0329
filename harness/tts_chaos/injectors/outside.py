"""Refuses every connection that would leave the machine from the simulated world.

Name look-ups are refused as well: they leave the machine, too. Loopback is real, so an integration
may talk to its own local database; so is everything for threads outside the run.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

from tts_chaos.injectors.passage import is_loopback
from tts_chaos.injectors.virtual_time import active

__all__ = ["OutsideAccessError", "OutsideGuard"]


class OutsideAccessError(ConnectionRefusedError):
    """The simulated world refused a connection; an `OSError`, as a closed network would raise.

    Attributes:
        destination: `host:port`, or the host alone for a look-up.
    """

    def __init__(self, destination: str) -> None:
        self.destination = destination
        super().__init__(
            errno.ECONNREFUSED,
            f"the simulated world refuses {destination!r}: the platform is reached there through "
            "httpx, requests or urllib3, and nothing else may leave the machine. Run an "
            "integration with another client in the wire world",
        )


class OutsideGuard:
    """The guard of one run.

    Attributes:
        refused: Each destination that was refused, once, in order.
    """

    def __init__(self) -> None:
        self.refused: list[str] = []
        self._look_up: Callable[..., Any] = socket.getaddrinfo
        self._look_up_host: Callable[..., Any] = socket.gethostbyname

    def install(self) -> None:
        """Put the guard before `connect`, `connect_ex`, `sendto` and the look-ups."""
        self._look_up = socket.getaddrinfo
        self._look_up_host = socket.gethostbyname
        for name in ("connect", "connect_ex", "sendto"):
            # On the Python class; the C class below keeps the real method.
            setattr(socket.socket, name, self._guarded(getattr(socket.socket, name)))
        socket.getaddrinfo = self._get_address_info
        socket.gethostbyname = self._get_host_by_name

    def remove(self) -> None:
        """Take the guard away."""
        for name in ("connect", "connect_ex", "sendto"):
            delattr(socket.socket, name)
        socket.getaddrinfo = self._look_up
        socket.gethostbyname = self._look_up_host

    def _guarded(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(sock: socket.socket, *arguments: Any) -> Any:
            if sock.family in (socket.AF_INET, socket.AF_INET6) and active.current() is not None:
                host, port = arguments[-1][:2]
                if not is_loopback(str(host)):
                    raise self._refuse(f"{host}:{port}")
            return real(sock, *arguments)

        return guarded

    def _get_address_info(self, host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        self._check_name(host, port)
        return self._look_up(host, port, *rest, **options)

    def _get_host_by_name(self, hostname: str) -> Any:
        self._check_name(hostname, None)
        return self._look_up_host(hostname)

    def _check_name(self, host: Any, port: Any) -> None:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
        if active.current() is None or not name or is_loopback(name) or _is_address(name):
            return
        raise self._refuse(f"{name}:{port}" if port else name)

    def _refuse(self, destination: str) -> OutsideAccessError:
        if destination not in self.refused:
            self.refused.append(destination)
        return OutsideAccessError(destination)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
