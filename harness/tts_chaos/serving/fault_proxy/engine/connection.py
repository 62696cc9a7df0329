"""One proxied connection: the client's side, the upstream's side, and a link each way.

Closing follows the links. When a source ends, the end passes through the stages like data; the
side at the far end is then closed in both directions, which ends the other link too. A half-close
therefore ends the whole connection, as with the Toxiproxy server.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import Protocol, cast

from tts_chaos.core.entropy import Entropy
from tts_chaos.serving.fault_proxy.engine.link import Link
from tts_chaos.serving.fault_proxy.engine.toxic import Toxic

__all__ = ["ConnectionOwner", "ProxiedConnection"]

# "On, for 0 seconds": closing then sends a reset and drops what was not sent yet.
_LINGER_NONE = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)


class ConnectionOwner(Protocol):
    """What a connection asks of its proxy."""

    is_enabled: bool
    upstream: str
    entropy: Entropy

    def toxics_of(self, direction: str) -> list[Toxic]:
        """Return the toxics of one direction, in order."""
        ...

    def admit(self, connection: ProxiedConnection) -> int:
        """Take note of a connection; returns its ordinal, counted from 1."""
        ...

    def count_hit(self, toxic: Toxic, *, is_first: bool) -> None:
        """Note that `toxic` acted on one more connection; `is_first` if none did before."""
        ...

    def forget(self, connection: ProxiedConnection) -> None:
        """Take note that a connection is gone."""
        ...


class _Side(asyncio.Protocol):
    """One of the two sockets, and the link that reads from it."""

    def __init__(self, connection: ProxiedConnection) -> None:
        self.connection = connection
        self.transport: asyncio.Transport | None = None
        self.link: Link | None = None
        self.opposite: Link | None = None
        self.is_lost = False

    def data_received(self, data: bytes) -> None:
        if self.link is not None:
            self.link.receive(data)

    def eof_received(self) -> bool:
        if self.link is not None:
            self.link.end()
        # True leaves the socket open for writing: the other direction may still hold bytes.
        return True

    def pause_writing(self) -> None:
        if self.opposite is not None:
            self.opposite.pause(self)

    def resume_writing(self) -> None:
        if self.opposite is not None:
            self.opposite.resume(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.is_lost = True
        if self.link is not None:
            self.link.end()
        self.connection.side_lost()


class ClientSide(_Side):
    """The side that the proxy accepted."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait with reading until the upstream is there."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.pause_reading()
        self.connection.begin()


class UpstreamSide(_Side):
    """The side that the proxy dialled."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let bytes flow."""
        self.transport = cast("asyncio.Transport", transport)
        self.connection.open()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass a reset on as a reset, so that the client meets what the upstream did."""
        if isinstance(exc, ConnectionResetError):
            self.connection.make_abortive()
        super().connection_lost(exc)


class ProxiedConnection:
    """Both sides of one connection through a proxy.

    Attributes:
        client: Protocol for the accepted socket.
    """

    def __init__(self, owner: ConnectionOwner) -> None:
        self.loop = asyncio.get_running_loop()
        self.client = ClientSide(self)
        self._owner = owner
        self._upstream = UpstreamSide(self)
        self._links: dict[str, Link] = {}
        self._is_abortive = False
        self._hit_by: set[str] = set()
        self._ordinal = 0
        self._dialling: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Dial the upstream for a client just accepted."""
        if not self._owner.is_enabled:
            self.abort()
            return
        self._ordinal = self._owner.admit(self)
        self._dialling = self.loop.create_task(self._dial())

    async def _dial(self) -> None:
        host, _, port = self._owner.upstream.rpartition(":")
        try:
            await self.loop.create_connection(
                lambda: self._upstream, host.strip("[]") or "127.0.0.1", int(port)
            )
        except (OSError, ValueError, OverflowError):
            # Nobody there, or no address at all: the client learns it by a closed connection.
            self.abort()

    def open(self) -> None:
        """Start both links; the upstream is connected."""
        client, upstream = self.client.transport, self._upstream.transport
        assert client is not None
        assert upstream is not None
        if client.is_closing():
            upstream.abort()
            return
        forth = Link(self, client, upstream, self._owner.toxics_of("upstream"))
        back = Link(self, upstream, client, self._owner.toxics_of("downstream"))
        self.client.link = self._upstream.opposite = forth
        self._upstream.link = self.client.opposite = back
        self._links = {"upstream": forth, "downstream": back}
        client.resume_reading()
        forth.start()
        back.start()

    def link(self, direction: str) -> Link | None:
        """Return the link of a direction, or None while the upstream is being dialled."""
        return self._links.get(direction)

    def entropy_for(self, toxic: Toxic) -> Entropy:
        """Return chance that depends on seed, proxy, toxic and ordinal alone."""
        return self._owner.entropy.child(f"{toxic.name}/{self._ordinal}")

    def count_hit(self, toxic: Toxic) -> None:
        """Note that `toxic` has acted here; counts once per toxic."""
        if toxic.name not in self._hit_by:
            self._owner.count_hit(toxic, is_first=not self._hit_by)
            self._hit_by.add(toxic.name)

    def make_abortive(self) -> None:
        """Let both sides end in a reset."""
        self._is_abortive = True

    def finish(self, transport: asyncio.Transport) -> None:
        """Close one side: after its last byte, or by a reset."""
        if self._is_abortive:
            _set_linger_none(transport)
            transport.abort()
        else:
            transport.close()

    def abort(self) -> None:
        """Close both sides now, whatever is still held."""
        if self._dialling is not None:
            self._dialling.cancel()
        for side in (self.client, self._upstream):
            if side.transport is not None:
                side.transport.abort()

    def side_lost(self) -> None:
        """Clean up once neither side is left."""
        if self.client.is_lost and (self._upstream.is_lost or self._upstream.transport is None):
            if self._dialling is not None:
                self._dialling.cancel()
            for link in self._links.values():
                link.dispose()
            self._owner.forget(self)


def _set_linger_none(transport: asyncio.Transport) -> None:
    endpoint: socket.socket | None = transport.get_extra_info("socket")
    if endpoint is not None and endpoint.fileno() >= 0:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
