"""How a program of any language reaches the twin: the interface, and the plain way.

A program that takes its addresses from the environment needs nothing. One with
`https://open-api.tiktokglobalshop.com` written into it needs a *reach*: something that brings it to
the twin without a change, and holds back whatever else it tries. Those are in `injectors.reach`,
for they are built of what serves; whoever starts a program sees only this.

    problem = reach.probe()                 # None, or why it cannot work here
    reach.open(connection)                  # once, when the world stands
    argv = reach.wrap(argv)                 # for every program that is started
    environment = reach.environment(environment)
    reach.publish(port)                     # where the program will listen, before it is started
    ...
    reach.refused(); reach.close()          # when the program has ended
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tts_chaos.typing import TwinConnection

__all__ = ["REACHES", "DirectReach", "Reach"]

REACHES = ("environment", "auto", "proxy", "shim", "namespace")
"""The words by which configuration chooses a reach."""


class Reach(Protocol):
    """Brings a program with hard-coded hosts to the twin. Used once: probe, open, ..., close."""

    @property
    def name(self) -> str:
        """The word by which configuration chooses it."""
        ...

    def probe(self) -> str | None:
        """Say why it cannot work on this machine or with this program, and what would; or None."""
        ...

    def open(self, connection: TwinConnection) -> None:
        """Begin.

        Args:
            connection: Addresses of the twin as the wire world gave them, all on loopback.

        Raises:
            BackendUnavailableError: If it cannot work here; `probe` says so beforehand.
        """
        ...

    def environment(self, before: Mapping[str, str]) -> dict[str, str]:
        """Return the program's environment: `before`, and what it needs to reach the twin.

        Variables that hold several settings (`PYTHONPATH`, `NODE_OPTIONS`) keep what they held.
        """
        ...

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """Return the command to run instead of `argv`; the process keeps its id and its group."""
        ...

    def publish(self, port: int) -> None:
        """Make a loopback port reachable on which the program will listen; twice does nothing."""
        ...

    def refused(self) -> tuple[str, ...]:
        """Return outside destinations (`host:port`, or a name looked up) tried, each once."""
        ...

    def close(self) -> None:
        """End; nothing of it is left: process, socket, file. Twice does nothing."""
        ...


class DirectReach:
    """The program is told the twin's addresses; nothing stands between."""

    name = "environment"

    def probe(self) -> str | None:
        """Return None: it works everywhere."""
        return None

    def open(self, connection: TwinConnection) -> None:
        """Do nothing."""

    def environment(self, before: Mapping[str, str]) -> dict[str, str]:
        """Return it as it is."""
        return dict(before)

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """Return the command as it is."""
        return list(argv)

    def publish(self, port: int) -> None:
        """Do nothing: the port is reachable."""

    def refused(self) -> tuple[str, ...]:
        """Return nothing: it holds nothing back."""
        return ()

    def close(self) -> None:
        """Do nothing."""
