"""Connections out of a listening socket, with none lost when the server stops.

The event loops' own servers drop connections silently that they accepted in the same turn in which
they are closed, and cannot end a TLS handshake that never goes on. Here each accepted connection
is a task until it has become an `HttpConnection`, and stopping ends both kinds.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable

from tts_chaos.serving.entrance import Entrance, Reception, Retirable, Swallowed, read_asked_name
from tts_chaos.serving.http_reading import Origin

__all__ = ["RESET_ON_CLOSE", "Doorway", "HttpProtocol"]

# "On, for 0 seconds"; the two numbers are shorter on Windows.
RESET_ON_CLOSE = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)

ACCEPTS_PER_TURN = 64
"""So that a rush of new connections does not starve those that are open."""

PAUSE_S = 0.2
"""Wait when the process has no file descriptor left for a connection."""

HANDSHAKE_LIMIT_S = 30.0


class HttpProtocol(asyncio.Protocol, ABC):
    """A connection that requests can come on."""

    @abstractmethod
    def retire(self) -> None:
        """End once idle."""


class Doorway:
    """Accepts on one socket from `open` until `close`; lives in the running event loop.

    Args:
        listening: A non-blocking listening socket; stays the caller's.
        entrance: Says how each connection is received.
        connections: The listener's connections.
        make_protocol: Makes the protocol of one connection to what an origin stands for.
    """

    def __init__(
        self,
        listening: socket.socket,
        entrance: Entrance,
        connections: set[Retirable],
        make_protocol: Callable[[Origin], HttpProtocol],
    ) -> None:
        self._listening = listening
        self._entrance = entrance
        self._connections = connections
        self._make_protocol = make_protocol
        self._loop = asyncio.get_running_loop()
        self._arriving: set[asyncio.Task[None]] = set()
        self._is_open = False

    def open(self) -> None:
        """Begin to accept."""
        self._is_open = True
        self._loop.add_reader(self._listening, self._accept)

    async def close(self) -> None:
        """Accept no more, and end handshakes under way."""
        self._is_open = False
        self._loop.remove_reader(self._listening)
        # Those accepted in this very turn get the turn in which they start.
        await asyncio.sleep(0)
        if self._arriving and self._is_plain:
            await asyncio.wait(self._arriving)
        for task in list(self._arriving):
            task.cancel()
        if self._arriving:
            await asyncio.wait(self._arriving)

    def _accept(self) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                accepted, _address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._loop.remove_reader(self._listening)
                self._loop.call_later(PAUSE_S, self._resume)
                return
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = self._loop.create_task(self._welcome(accepted))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    @property
    def _is_plain(self) -> bool:
        """Whether every connection becomes one at once, with nothing to wait for."""
        reception = self._entrance.usual
        return reception.tls is None and not self._entrance.armed

    def _resume(self) -> None:
        if self._is_open:
            self.open()

    async def _welcome(self, accepted: socket.socket) -> None:
        reception, retirements = self._entrance.receive(), self._entrance.retirements
        try:
            if reception.filters and await self._is_stopped(accepted, reception):
                return
            _, protocol = await self._loop.connect_accepted_socket(
                lambda: self._make_protocol(reception.origin),
                accepted,
                ssl=reception.tls,
                ssl_handshake_timeout=HANDSHAKE_LIMIT_S if reception.tls else None,
            )
            if self._entrance.retirements != retirements:
                # Told to end while its handshake was under way, when nobody knew of it yet.
                protocol.retire()
        except OSError:
            # The client left during the handshake, or does not trust the certificate.
            accepted.close()
        except asyncio.CancelledError:
            accepted.close()
            raise

    async def _is_stopped(self, accepted: socket.socket, reception: Reception) -> bool:
        """Let a filter of names look at the first bytes, and act."""
        kind = self._entrance.filtered(reception, await read_asked_name(accepted))
        if kind == "name_reset":
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            accepted.close()
        elif kind is not None:
            await self._loop.connect_accepted_socket(lambda: Swallowed(self._connections), accepted)
        return kind is not None
