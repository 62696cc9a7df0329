"""The platform's names in a private network: where each leads, and where faults let it lead."""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.injectors.reach.name_server import ADDRESS
from tts_chaos.injectors.reach_faults import ReachFaults

__all__ = ["RoomNames"]

NOBODY = "127.84.84.200"
"""An address of the private network at which nothing listens."""


class RoomNames:
    """Answers look-ups; see `name_server.answer`.

    Args:
        names: The platform's hosts.
        faults: What is armed on look-ups; None where nothing ever is.

    Attributes:
        hosts: The address that stands for each host.
        strangers: The address at which somebody else stands for it, where a fault wants that.
    """

    def __init__(self, names: Iterable[str], faults: ReachFaults | None) -> None:
        numbered = list(enumerate(names, 1))
        self.hosts = {host: f"127.84.84.{number}" for number, host in numbered}
        self.strangers = {host: f"127.84.84.{100 + number}" for number, host in numbered}
        self._faults = faults

    def find(self, name: str, kind: int) -> str | None:
        """Return the address of a name; "" for one not to be found, None for one not known.

        A look-up of both versions of IP is counted once, by its question for version 4.
        """
        if name not in self.hosts:
            return "" if self._is_below_a_host(name) else None
        if self._faults is None:
            return self.hosts[name]
        toxic = self._faults.met_by(name) if kind == ADDRESS else self._faults.armed_for(name)
        if toxic is None:
            return self.hosts[name]
        if toxic.kind == "name_unknown":
            return ""
        return self.strangers[name] if toxic.attributes["stranger"] else NOBODY

    def _is_below_a_host(self, name: str) -> bool:
        """Whether a resolver that did not find a host tries it in this machine's own domain."""
        return any(name.startswith(f"{host}.") for host in self.hosts)
