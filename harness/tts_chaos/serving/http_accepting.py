"""Connections out of a listening socket, with none lost when the server stops.

The event loops' own servers drop connections silently that they accepted in the same turn in which
they are closed, and cannot end a TLS handshake that never goes on. Here each accepted connection
is a task until it has become an `HttpConnection`, and stopping ends both kinds.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

__all__ = ["Doorway"]

ACCEPTS_PER_TURN = 64
"""So that a rush of new connections does not starve those that are open."""

PAUSE_S = 0.2
"""Wait when the process has no file descriptor left for a connection."""

HANDSHAKE_LIMIT_S = 30.0


class Doorway:
    """Accepts on one socket from `open` until `close`; lives in the running event loop.

    Args:
        listening: A non-blocking listening socket; stays the caller's.
        tls: Context for TLS, or None.
        make_protocol: Makes the protocol of one connection.
    """

    def __init__(
        self,
        listening: socket.socket,
        tls: ssl.SSLContext | None,
        make_protocol: Callable[[], asyncio.Protocol],
    ) -> None:
        self._listening = listening
        self._tls = tls
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
        if self._arriving and self._tls is None:
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

    def _resume(self) -> None:
        if self._is_open:
            self.open()

    async def _welcome(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(
                self._make_protocol,
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_LIMIT_S if self._tls else None,
            )
        except OSError:
            # The client left during the handshake, or does not trust the certificate.
            accepted.close()
