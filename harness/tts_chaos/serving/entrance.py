"""How a listener receives connections before any request is read: as set up, or as faults want.

    kind of toxic               what a client meets
    certificate_*               a TLS handshake with a certificate that it should refuse
    tls_too_old                 a server that knows no TLS newer than 1.1
    tls_absent                  a server that answers in plain HTTP where TLS was expected
    name_dropped, name_reset    a filter on the way that reads the wanted name in the first bytes
                                and swallows the connection, or resets it

Connections that were open when a fault sets in or ends are closed as soon as they are idle, so that
no client goes on with what it met before.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

from tts_chaos.faults.effect import ENTRANCE_KINDS, Toxic
from tts_chaos.serving.http_reading import Origin
from tts_chaos.serving.server_name import FIRST_BYTES_MAX, asked_name

__all__ = ["Entrance", "Entrances", "Reception", "Retirable", "Swallowed", "read_asked_name"]

_FILTERS = ("name_dropped", "name_reset")
_PLAIN = "tls_absent"
_PEEK_AGAIN_S = 0.01
_PEEK_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Reception:
    """How to receive one connection.

    Attributes:
        tls: Context for TLS, None for plain HTTP.
        origin: What the listener stands for.
        filters: Id and kind of each filter of names, in order of arming.
    """

    tls: ssl.SSLContext | None
    origin: Origin
    filters: tuple[tuple[str, str], ...] = ()


class Entrance:
    """The entrance of one listener. Thread-safe.

    Attributes:
        usual: How connections are received when all is well.
        retirements: How often the listener's connections were told to end; of the event loop.

    Args:
        tls: Context for TLS when all is well, None for plain HTTP.
        origin: What the listener stands for.
    """

    def __init__(self, tls: ssl.SSLContext | None, origin: Origin) -> None:
        self.usual = Reception(tls, origin)
        self.retirements = 0
        self._armed: dict[str, tuple[str, ssl.SSLContext | None]] = {}
        self._met: dict[str, int] = {}
        self._lock = threading.Lock()

    def arm(self, fault_id: str, kind: str, tls: ssl.SSLContext | None) -> None:
        """Let a fault act from now on; `tls` is what it serves with, where it changes that."""
        with self._lock:
            self._armed[fault_id] = (kind, tls)
            self._met[fault_id] = 0

    def lift(self, fault_id: str) -> None:
        """End a fault; one that is not armed is none to end."""
        with self._lock:
            self._armed.pop(fault_id, None)

    @property
    def armed(self) -> dict[str, str]:
        """Kinds by id of the fault."""
        with self._lock:
            return {id: kind for id, (kind, _) in self._armed.items()}

    def receive(self) -> Reception:
        """Return how to receive a connection that has come, and count what it meets."""
        with self._lock:
            reception = self.usual
            for id, (kind, tls) in self._armed.items():
                if kind in _FILTERS:
                    reception = replace(reception, filters=(*reception.filters, (id, kind)))
                    continue
                self._met[id] += 1
                origin = replace(reception.origin, scheme="http") if kind == _PLAIN else None
                reception = replace(reception, tls=tls, origin=origin or reception.origin)
            return reception

    def filtered(self, reception: Reception, name: str) -> str | None:
        """Return the kind of the first filter that stops a client which asks for `name`."""
        if name not in ("localhost", reception.origin.host):
            return None
        for id, kind in reception.filters:
            with self._lock:
                self._met[id] = self._met.get(id, 0) + 1
            return kind
        return None

    def met(self, fault_id: str) -> int:
        """Return how many connections met a fault since it was armed."""
        with self._lock:
            return self._met.get(fault_id, 0)


class Retirable(Protocol):
    """A connection that can be told to end."""

    def retire(self) -> None:
        """End once idle."""
        ...

    def abandon(self) -> None:
        """End now."""
        ...


class Swallowed(asyncio.Protocol):
    """A connection of which nothing comes back."""

    def __init__(self, connections: set[Retirable]) -> None:
        self._connections = connections
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it open."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The client has given up."""
        self._connections.discard(self)

    def retire(self) -> None:
        """End: the filter is gone, and so is what it kept of this connection."""
        self.abandon()

    def abandon(self) -> None:
        """End now."""
        if self._transport is not None:
            self._transport.abort()


async def read_asked_name(accepted: socket.socket) -> str:
    """Return the name that a client asks for, its bytes left unread; "" for none in time."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + _PEEK_LIMIT_S
    while loop.time() < deadline_s:
        try:
            data = accepted.recv(FIRST_BYTES_MAX, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            data = None
        if data == b"":
            raise ConnectionResetError("the client left before it asked for a name")
        name = asked_name(data) if data else None
        if name is not None:
            return name
        # Bytes that were looked at stay readable, so there is no event to wait for.
        await asyncio.sleep(_PEEK_AGAIN_S)
    return ""


class Listening(Protocol):
    """What the entrances ask of the server."""

    def entrance(self, name: str) -> Entrance:
        """Return the entrance of a listener."""
        ...

    def retire(self, name: str) -> None:
        """End the listener's connections once idle."""
        ...


class Entrances:
    """The entrances of a platform as a mechanism; see `serving.line.Mechanism`.

    Args:
        server: The server, with listeners of the names below.
        names: Names of its listeners.
        forge: Makes the TLS context for a kind of toxic; None where the platform has no TLS.
    """

    def __init__(
        self,
        server: Listening,
        names: Sequence[str],
        forge: Callable[[str], ssl.SSLContext | None],
    ) -> None:
        self._server = server
        self._names = names
        self._forge = forge

    @property
    def kinds(self) -> frozenset[str]:
        """What entrances realise."""
        return ENTRANCE_KINDS

    def apply(self, name: str, fault_id: str, toxics: Sequence[Toxic]) -> None:
        """Receive the listener's next connections as the toxics want."""
        for number, toxic in enumerate(toxics):
            tls = None if toxic.kind in (_PLAIN, *_FILTERS) else self._forge(toxic.kind)
            self._server.entrance(name).arm(f"{fault_id}-{number}", toxic.kind, tls)
        self._server.retire(name)

    def clear(self, name: str, fault_id: str) -> None:
        """Receive the listener's next connections without this fault."""
        for toxic in self._own(name, fault_id):
            self._server.entrance(name).lift(toxic)
        self._server.retire(name)

    def verify_clear(self) -> list[str]:
        """Return a sentence for each toxic still there."""
        return [
            f"listener {name!r} still has toxic {toxic!r} ({kind})"
            for name in self._names
            for toxic, kind in self._server.entrance(name).armed.items()
        ]

    def hits(self, name: str, fault_id: str) -> int:
        """Return how many connections the fault met."""
        entrance = self._server.entrance(name)
        return sum(entrance.met(toxic) for toxic in self._own(name, fault_id))

    def _own(self, name: str, fault_id: str) -> list[str]:
        armed = self._server.entrance(name).armed
        return [toxic for toxic in armed if toxic.rpartition("-")[0] == fault_id]
