"""Keeps the integration on this machine: every other destination is refused, and remembered.

Holds for Python code of this process: names are not resolved and connections not opened. Programs
started from here are out of its reach, and so are event loops that connect outside of Python's
`socket` module.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["LoopbackGuard"]

LookUp = Callable[[str, Any], "list[Any] | None"]

_INTERNET = (socket.AF_INET, socket.AF_INET6)


class LoopbackGuard:
    """Guards from `install` until `remove`.

    Args:
        allowed_hosts: Names or addresses that may be reached nevertheless, for example the host of
            a database that the integration needs.
        look_up: Asked first by every look-up of a name; returns None to let it go on, or what
            `socket.getaddrinfo` would, or raises as that does.
    """

    def __init__(
        self, allowed_hosts: Iterable[str] = (), look_up: LookUp = lambda _host, _port: None
    ) -> None:
        self._look_up = look_up
        own = socket.gethostname()
        self._allowed = frozenset(host.lower() for host in (*allowed_hosts, own))
        # What an allowed name resolves to is allowed as well.
        self._resolved: set[str] = set()
        self._refused: dict[str, None] = {}
        self._lock = threading.Lock()
        self._restore: list[tuple[Any, str, Any]] = []

    @property
    def refused(self) -> tuple[str, ...]:
        """Destinations refused so far, each once, in order of the first attempt."""
        with self._lock:
            return tuple(self._refused)

    def install(self) -> None:
        """Begin to guard."""
        connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
        sendto = socket.socket.sendto
        getaddrinfo, gethostbyname = socket.getaddrinfo, socket.gethostbyname

        def guarded_connect(opened: socket.socket, address: Any) -> None:
            self._check(opened, address)
            connect(opened, address)

        def guarded_connect_ex(opened: socket.socket, address: Any) -> int:
            self._check(opened, address)
            return connect_ex(opened, address)

        def guarded_sendto(opened: socket.socket, *arguments: Any) -> int:
            self._check(opened, arguments[-1])
            return sendto(opened, *arguments)

        def guarded_gethostbyname(host: str) -> str:
            answer = self._look_up(_text(host), None)
            if answer is not None:
                return str(answer[0][4][0])
            self._check_name(host)
            found = gethostbyname(host)
            self._allow_resolved(host, [found])
            return found

        def guarded_getaddrinfo(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
            answer = self._look_up(_text(host), port)
            if answer is not None:
                return answer
            self._check_name(host)
            found = getaddrinfo(host, port, *rest, **named)
            self._allow_resolved(host, (str(address[0]) for *_, address in found))
            return found

        self._swap(socket.socket, "connect", guarded_connect)
        self._swap(socket.socket, "connect_ex", guarded_connect_ex)
        self._swap(socket.socket, "sendto", guarded_sendto)
        self._swap(socket, "getaddrinfo", guarded_getaddrinfo)
        self._swap(socket, "gethostbyname", guarded_gethostbyname)

    def remove(self) -> None:
        """End guarding; twice does nothing."""
        while self._restore:
            owner, name, original = self._restore.pop()
            if original is None:
                delattr(owner, name)
            else:
                setattr(owner, name, original)

    def _swap(self, owner: Any, name: str, replacement: Any) -> None:
        # None marks an inherited attribute, which comes back when the replacement is deleted.
        self._restore.append((owner, name, vars(owner).get(name)))
        setattr(owner, name, replacement)

    def _check(self, opened: socket.socket, address: Any) -> None:
        if opened.family not in _INTERNET:
            return
        host, port = address[0], address[1]
        if not self._is_allowed(host):
            self._remember(f"{host}:{port}")
            raise OSError(errno.ENETUNREACH, _explain(f"{host}:{port}"))

    def _check_name(self, host: Any) -> None:
        name = _text(host)
        if _is_address(name) or self._is_allowed(name):
            return
        self._remember(name)
        raise socket.gaierror(socket.EAI_FAIL, _explain(name))

    def _allow_resolved(self, host: Any, addresses: Iterable[str]) -> None:
        # Looking up an address yields itself, allowed or not.
        if not _is_address(_text(host)):
            self._resolved.update(addresses)

    def _is_allowed(self, host: str) -> bool:
        name = host.lower()
        if not _is_address(name):
            is_local = name in ("", "localhost") or name.endswith(".localhost")
            return is_local or name in self._allowed
        address = ipaddress.ip_address(name.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return mapped.is_loopback or name in self._allowed or name in self._resolved

    def _remember(self, destination: str) -> None:
        with self._lock:
            self._refused[destination] = None


def _text(host: Any) -> str:
    """Return a host as given to a look-up: text, bytes, or None for this machine."""
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def _explain(destination: str) -> str:
    return (
        f"tts-chaos refused a connection to {destination}: during a run nothing leaves this "
        "machine. Point the integration at the twin's address, or allow the host if the "
        "integration cannot work without it"
    )
