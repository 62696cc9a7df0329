"""Look-ups of the platform's name that fail or lead elsewhere, for Python code of this process.

The platform stands on this machine under `localhost` and a port; the port says which of its hosts
is meant. A look-up that goes around Python's `socket` module (uvloop, c-ares, another program) is
out of reach.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Mapping
from typing import Any

from tts_chaos.faults.effect import RESOLVER_KINDS, Toxic
from tts_chaos.injectors.armed_toxics import ArmedToxics
from tts_chaos.serving.platform_server import ELSEWHERE

__all__ = ["Resolver"]


class Resolver(ArmedToxics):
    """Resolves names as armed faults want; a mechanism, see `serving.line.Mechanism`.

    Args:
        stranger: Returns the address of somebody else's server, for the port that was meant.
        retire: Ends the open connections of a listener, which need no look-up any more.
    """

    def __init__(
        self, stranger: Callable[[int], tuple[str, int]], retire: Callable[[str], None]
    ) -> None:
        super().__init__(RESOLVER_KINDS, "the look-up of", retire)
        self._stranger = stranger
        self._ports: dict[int, str] = {}
        self._nobody: dict[int, socket.socket] = {}

    def serve(self, ports: Mapping[str, int]) -> None:
        """Take note of the ports by which listeners are reached."""
        self._ports = {port: name for name, port in ports.items()}

    def close(self) -> None:
        """Let go of the addresses at which nobody answers."""
        for bound in self._nobody.values():
            bound.close()

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
        return self.meet(self._ports.get(number, ""))

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
