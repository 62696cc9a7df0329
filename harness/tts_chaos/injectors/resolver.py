"""Look-ups of the platform's name that fail or lead elsewhere, for Python code of this process.

The platform stands on this machine under `localhost` and a port; the port says which of its hosts
is meant. A look-up that goes around Python's `socket` module (uvloop, c-ares, another program) is
out of reach.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tts_chaos.faults.effect import RESOLVER_KINDS, Toxic
from tts_chaos.serving.platform_server import ELSEWHERE

__all__ = ["Resolver"]


class Resolver:
    """Resolves names as armed faults want; a mechanism, see `serving.line.Mechanism`.

    Args:
        stranger: Returns the address of somebody else's server, for the port that was meant.
        retire: Ends the open connections of a listener, which need no look-up any more.
    """

    def __init__(
        self, stranger: Callable[[int], tuple[str, int]], retire: Callable[[str], None]
    ) -> None:
        self._stranger = stranger
        self._retire = retire
        self._ports: dict[int, str] = {}
        self._armed: dict[str, dict[str, Toxic]] = {}
        self._met: dict[tuple[str, str], int] = {}
        self._nobody: dict[int, socket.socket] = {}
        self._lock = threading.Lock()

    def serve(self, ports: Mapping[str, int]) -> None:
        """Take note of the ports by which listeners are reached."""
        self._ports = {port: name for name, port in ports.items()}

    def close(self) -> None:
        """Let go of the addresses at which nobody answers."""
        for bound in self._nobody.values():
            bound.close()

    @property
    def kinds(self) -> frozenset[str]:
        """What look-ups realise."""
        return RESOLVER_KINDS

    def apply(self, name: str, fault_id: str, toxics: Sequence[Toxic]) -> None:
        """Let the next look-ups for a listener go wrong."""
        with self._lock:
            for toxic in toxics:
                self._armed.setdefault(name, {})[fault_id] = toxic
                self._met[name, fault_id] = 0
        self._retire(name)

    def clear(self, name: str, fault_id: str) -> None:
        """Let look-ups succeed again; connections to a wrong address are the client's to end."""
        with self._lock:
            self._armed.get(name, {}).pop(fault_id, None)

    def verify_clear(self) -> list[str]:
        """Return a sentence for each toxic still there."""
        with self._lock:
            return [
                f"the look-up of {name!r} still has toxic '{id}-0' ({toxic.kind})"
                for name, armed in self._armed.items()
                for id, toxic in armed.items()
            ]

    def hits(self, name: str, fault_id: str) -> int:
        """Return how many look-ups the fault met."""
        with self._lock:
            return self._met.get((name, fault_id), 0)

    def answer(self, host: str, port: Any) -> list[Any] | None:
        """Return what a look-up finds instead, or None where no fault concerns it.

        Raises:
            socket.gaierror: If the name is not to be found.
        """
        toxic = self._toxic_for(host, port)
        if toxic is None:
            return None
        if toxic.kind == "name_unknown":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        find = self._stranger if toxic.attributes["stranger"] else self._nobody_address
        address = find(int(port))
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)]

    def _toxic_for(self, host: str, port: Any) -> Toxic | None:
        if host.lower().rstrip(".") != "localhost":
            return None
        number = 0
        with contextlib.suppress(TypeError, ValueError):
            number = int(port)
        with self._lock:
            name = self._ports.get(number, "")
            for id, toxic in self._armed.get(name, {}).items():
                self._met[name, id] += 1
                return toxic
        return None

    def _nobody_address(self, port: int) -> tuple[str, int]:
        """Return an address that is bound, and so nobody else's, and at which nobody listens.

        Of the same port where the system allows it: some clients take only the host of a look-up.
        """
        if port not in self._nobody:
            bound = socket.socket()
            try:
                bound.bind((ELSEWHERE, port))
            except OSError:
                bound.bind(("127.0.0.1", 0))
            self._nobody[port] = bound
        host, number = self._nobody[port].getsockname()
        return host, number
