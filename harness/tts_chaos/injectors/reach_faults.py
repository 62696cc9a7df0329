"""Faults of the way by which a program is brought to the twin, met where that way begins.

    how = "proxy"      whoever asks for a tunnel (CONNECT) meets a login page
    how = "namespace"  whoever looks a host of the platform up finds nothing, or a wrong address

The world arms them here; the reach, which is opened later and once for each start of a program,
asks here what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from tts_chaos.faults.effect import RESOLVER_KINDS, TUNNEL_KINDS, Toxic
from tts_chaos.injectors.armed_toxics import ArmedToxics
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["MECHANISM_OF_REACH", "ReachFaults"]

_KINDS = {"proxy": TUNNEL_KINDS, "namespace": RESOLVER_KINDS}

MECHANISM_OF_REACH: Mapping[str, str] = MappingProxyType(
    {"proxy": "tunnel", "namespace": "resolver"}
)
"""The word of `serving.line` for what a reach realises; the others realise nothing of their own."""

_LISTENERS = {API_HOST: "api", AUTH_HOST: "token"}


class ReachFaults(ArmedToxics):
    """What a reach realises. Thread-safe.

    Args:
        reach: The word by which configuration chooses it.
        stranger: Returns the address of somebody else's server, by the port that was meant.
        retire: Ends the idle connections of a listener, so that clients ask and look up anew.
    """

    def __init__(
        self,
        reach: str,
        stranger: Callable[[int], tuple[str, int]],
        retire: Callable[[str], None],
    ) -> None:
        super().__init__(_KINDS.get(reach, frozenset()), f"reach {reach!r}, the way to", retire)
        self._find_stranger = stranger
        self._ports: dict[str, int] = {}
        self._strangers: dict[str, tuple[str, int]] = {}

    def serve(self, ports: Mapping[str, int]) -> None:
        """Take note of the ports by which listeners are reached."""
        self._ports = dict(ports)

    def apply(self, name: str, fault_id: str, toxics: Sequence[Toxic]) -> None:
        """Arm toxics; a stranger to be met stands before anybody can meet it."""
        if any(toxic.attributes.get("stranger") for toxic in toxics):
            self._strangers[name] = self._find_stranger(self._ports[name])
        super().apply(name, fault_id, toxics)

    def met_by(self, host: str) -> Toxic | None:
        """Return what somebody meets who wants to go to a host of the platform, and count it."""
        return self.meet(_LISTENERS[host])

    def armed_for(self, host: str) -> Toxic | None:
        """Return the same without counting."""
        return self.armed(_LISTENERS[host])

    def stranger_for(self, host: str) -> tuple[str, int]:
        """Return the address of the stranger that stands for a host.

        Raises:
            ConnectionRefusedError: If none was ever armed for it.
        """
        try:
            return self._strangers[_LISTENERS[host]]
        except KeyError:
            raise ConnectionRefusedError(f"nobody stands for {host}") from None
