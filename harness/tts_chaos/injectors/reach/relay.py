"""Passes connections on, byte for byte: one thread with an event loop of its own.

Ends travel as they are: a half-close as a half-close, a reset as a reset. So a fault of the line
reaches the program as it would without a relay.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from tts_chaos.errors import InternalError

__all__ = ["CHUNK_BYTES", "Dial", "Relay", "Stream", "join", "reset"]

T = TypeVar("T")

Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""Opens the connection to which an accepted one is passed on; raises OSError where it cannot."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

CHUNK_BYTES = 65_536
CALL_LIMIT_S = 10.0
STOP_LIMIT_S = 5.0


class Relay:
    """Runs from `start` until `stop`; its methods may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="tts-chaos-relay", daemon=True
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: list[socket.socket] = []

    def start(self) -> Relay:
        """Begin; returns this object."""
        self._thread.start()
        return self

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the relay's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_LIMIT_S)

    def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine beside everything else until it or the relay ends."""

        async def begin() -> None:
            self._keep(work)

        self.run(begin())

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def serve(self, listening: socket.socket, serve: Serve) -> None:
        """Give every connection that a listening socket accepts to `serve`; takes the socket."""
        listening.setblocking(False)
        self._listening.append(listening)
        self.keep(self._accept(listening, serve))

    def forward(self, listening: socket.socket, dial: Dial) -> None:
        """Pass on every connection that a listening socket accepts; takes the socket.

        Where there is nobody to pass it on to, the connection is reset.
        """
        self._listening.append(listening)

        async def begin() -> None:
            self.begin_forward(listening, dial)

        self.run(begin())

    def begin_forward(self, listening: socket.socket, dial: Dial) -> Callable[[], None]:
        """Do the same from within the relay's loop, with a socket that stays the caller's.

        Returns:
            What stops accepting; to be called in the loop, before the socket is closed.
        """

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                other = await dial()
            except OSError:
                reset(writer)
                return
            await join((reader, writer), other)

        listening.setblocking(False)
        accepting = self._keep(self._accept(listening, serve))

        def stop() -> None:
            accepting.cancel()

        return stop

    async def _accept(self, listening: socket.socket, serve: Serve) -> None:
        while True:
            try:
                accepted, _ = await self._loop.sock_accept(listening)
            except OSError:
                return
            self._keep(self._welcome(accepted, serve))

    async def _welcome(self, accepted: socket.socket, serve: Serve) -> None:
        reader, writer = await asyncio.open_connection(sock=accepted)
        try:
            # A client that vanishes ends its own connection and nothing else.
            with contextlib.suppress(OSError):
                await serve(reader, writer)
        finally:
            writer.transport.abort()

    def stop(self) -> None:
        """End: connections are dropped, sockets closed, the thread gone. Twice does nothing.

        Raises:
            InternalError: If the thread does not end.
        """
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            self.run(self._cancel())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(STOP_LIMIT_S)
        for opened in self._listening:
            opened.close()
        if self._thread.is_alive():
            raise InternalError(f"the relay's thread is alive {STOP_LIMIT_S} s after stop")
        self._loop.close()

    async def _cancel(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Aborted transports close their sockets in the next turn of the loop.
        await asyncio.sleep(0)


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def join(one: Stream, other: Stream) -> None:
    """Pass bytes both ways until both ends are closed, or one is reset."""
    try:
        await asyncio.gather(_pump(one[0], other[1]), _pump(other[0], one[1]))
    except OSError:
        reset(one[1])
        reset(other[1])
    finally:
        one[1].transport.abort()
        other[1].transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(CHUNK_BYTES):
        sink.write(data)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a crash would: the other side sees a reset, not an end."""
    opened = writer.get_extra_info("socket")
    if opened is not None and opened.family != getattr(socket, "AF_UNIX", None):
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
