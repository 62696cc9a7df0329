"""A proxy: one listening port, one upstream, its toxics, its connections and their counts."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from typing import Any

from tts_chaos.core.entropy import Entropy
from tts_chaos.serving.fault_proxy.engine.address import bind, parse_address
from tts_chaos.serving.fault_proxy.engine.connection import ProxiedConnection
from tts_chaos.serving.fault_proxy.engine.refusal import RefusedError
from tts_chaos.serving.fault_proxy.engine.toxic import STREAMS, Toxic, read_toxic

__all__ = ["Proxy", "Statistics"]

_BACKLOG = 512


@dataclass(slots=True)
class Statistics:
    """What happened at a proxy since it was created.

    Attributes:
        accepted: Connections accepted.
        hit: Connections that at least one toxic acted on.
        cut: Connections closed because the proxy was disabled.
        toxics: Connections acted on, by name of the toxic, removed ones included.
    """

    accepted: int = 0
    hit: int = 0
    cut: int = 0
    toxics: dict[str, int] = field(default_factory=dict)


class Proxy:
    """Forwards connections from `listen` to `upstream`.

    Args:
        name: Unique within the engine.
        listen: `host:port` as given; the address actually bound once it has been enabled.
        upstream: `host:port`.
        entropy: Chance for toxicity, jitter and sizes.
    """

    def __init__(self, name: str, listen: str, upstream: str, entropy: Entropy) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.entropy = entropy
        self.is_enabled = False
        self.statistics = Statistics()
        self._toxics: dict[str, list[Toxic]] = {stream: [] for stream in STREAMS}
        # A dict, for its order: connections are told of changes in the order they came.
        self._connections: dict[ProxiedConnection, None] = {}
        self._server: asyncio.Server | None = None
        self._reserved: socket.socket | None = None

    async def start(self) -> None:
        """Listen; does nothing when it does already.

        Raises:
            RefusedError: With status 500 when the address cannot be bound.
        """
        if self.is_enabled:
            return
        endpoint = self._reserved or bind(self.listen)
        self._reserved = None
        host, port = endpoint.getsockname()[:2]
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: ProxiedConnection(self).client, sock=endpoint, backlog=_BACKLOG
            )
        except OSError as error:
            endpoint.close()
            raise RefusedError(f"listen tcp {self.listen}: {error.strerror}", 500) from error
        self.listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.is_enabled = True

    async def stop(self, *, is_final: bool = True) -> None:
        """Refuse new connections and close the open ones.

        Args:
            is_final: Whether the port is given up. Otherwise it stays bound without listening, so
                that no other program can take it before the proxy is enabled again.
        """
        if self._server is not None:
            self._server.close()
            self._server = None
            self.is_enabled = False
            self.statistics.cut += len(self._connections)
            for connection in tuple(self._connections):
                connection.abort()
            # Transports close in the loop's next round; the caller may rely on it being over.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            self._reserve()
        if is_final and self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    def _reserve(self) -> None:
        try:
            self._reserved = bind(self.listen)
        except RefusedError:
            # Somebody was faster. Enabling tries again and then says so.
            self._reserved = None

    async def update(self, listen: str, upstream: str, *, is_enabled: bool) -> None:
        """Change address, upstream or state; an address or upstream that differs restarts it.

        Raises:
            RefusedError: With status 500 when the address is malformed or cannot be bound.
        """
        if self.differs(listen, upstream):
            await self.stop(is_final=self.listen != listen)
            self.listen, self.upstream = listen, upstream
        if is_enabled:
            await self.start()
        elif self.is_enabled:
            await self.stop(is_final=False)

    def differs(self, listen: str, upstream: str) -> bool:
        """Whether it would have to restart to serve these.

        Raises:
            RefusedError: With status 500 when `listen` is malformed.
        """
        return self.listen != str(parse_address(listen)) or self.upstream != upstream

    def toxics_of(self, direction: str) -> list[Toxic]:
        """Return the toxics of one direction, in order."""
        return self._toxics[direction]

    def toxics(self) -> list[Toxic]:
        """Return all toxics, upstream first."""
        return [toxic for stream in STREAMS for toxic in self._toxics[stream]]

    def toxic(self, name: str) -> Toxic:
        """Return a toxic by name.

        Raises:
            RefusedError: With status 404 when there is none.
        """
        for toxic in self.toxics():
            if toxic.name == name:
                return toxic
        raise RefusedError("toxic not found", 404)

    def add_toxic(self, body: bytes) -> Toxic:
        """Add the toxic that a request body describes, to open connections as well.

        Raises:
            RefusedError: With status 400 for a malformed body, 409 for a name that is taken.
        """
        toxic = read_toxic(body)
        if any(other.name == toxic.name for other in self.toxics()):
            raise RefusedError("toxic already exists", 409)
        self._toxics[toxic.direction].append(toxic)
        for connection in tuple(self._connections):
            link = connection.link(toxic.direction)
            if link is not None:
                link.add(toxic)
        return toxic

    def update_toxic(self, name: str, body: bytes) -> Toxic:
        """Change a toxic, on open connections as well.

        Raises:
            RefusedError: With status 404 or 400.
        """
        toxic = self.toxic(name)
        toxicity = toxic.toxicity
        toxic.update(body)
        for connection in tuple(self._connections):
            link = connection.link(toxic.direction)
            if link is not None:
                link.update(toxic, is_redrawn=toxic.toxicity != toxicity)
        return toxic

    def remove_toxic(self, name: str) -> None:
        """Remove a toxic, from open connections as well.

        Raises:
            RefusedError: With status 404 when there is none.
        """
        toxic = self.toxic(name)
        self._toxics[toxic.direction].remove(toxic)
        for connection in tuple(self._connections):
            link = connection.link(toxic.direction)
            if link is not None:
                link.remove(toxic)

    def admit(self, connection: ProxiedConnection) -> int:
        """Take note of a connection; returns its ordinal, counted from 1."""
        self._connections[connection] = None
        self.statistics.accepted += 1
        return self.statistics.accepted

    def count_hit(self, toxic: Toxic, *, is_first: bool) -> None:
        """Note that `toxic` acted on one more connection; `is_first` if none did before."""
        counts = self.statistics.toxics
        counts[toxic.name] = counts.get(toxic.name, 0) + 1
        self.statistics.hit += is_first

    def forget(self, connection: ProxiedConnection) -> None:
        """Take note that a connection is gone."""
        self._connections.pop(connection, None)

    def to_json(self) -> dict[str, Any]:
        """Return it as the interface shows it."""
        return {
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream,
            "enabled": self.is_enabled,
            "Logger": {},
            "toxics": [toxic.to_json() for toxic in self.toxics()],
        }

    def statistics_json(self) -> dict[str, Any]:
        """Return the counts, for our own part of the interface."""
        counts = self.statistics
        return {
            "name": self.name,
            "accepted": counts.accepted,
            "open": len(self._connections),
            "hit": counts.hit,
            "cut": counts.cut,
            "toxics": dict(sorted(counts.toxics.items())),
        }
