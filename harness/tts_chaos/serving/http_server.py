"""The HTTP server: listeners on loopback, in a thread and an event loop of their own.

    server = HttpServer([Listener(name="api", door=gateway, origin=Origin(host=API_HOST))]).start()
    server.address("api")        # ("127.0.0.1", 41833)
    server.stop()

All doors are entered from the server's one thread, so one after the other. What goes wrong inside a
door is a defect of the harness, not an answer of the platform: the client's connection is reset
and `HttpServer.failure` keeps the exception for whoever runs the server.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tts_chaos.engine.ports import Door
from tts_chaos.errors import BackendUnavailableError, InternalError, UsageError
from tts_chaos.serving.entrance import Entrance, Retirable
from tts_chaos.serving.http_accepting import Doorway
from tts_chaos.serving.http_connection import HttpConnection
from tts_chaos.serving.http_reading import Origin

__all__ = ["HttpServer", "Listener", "LoopKind"]

LoopKind = Literal["auto", "asyncio", "uvloop"]

BACKLOG = 1024
"""Connections that may wait to be accepted: a flash sale opens hundreds at once."""

START_LIMIT_S = 10.0
STOP_LIMIT_S = 5.0

ROUNDS_TO_CLOSE = 8
"""Turns of the event loop that a dropped connection needs to free its socket, TLS included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One address on which a door is reached.

    Attributes:
        name: How `HttpServer.address` finds it; also for messages.
        door: Where requests go.
        origin: What it stands for.
        port: Port on 127.0.0.1; 0 takes a free one.
        tls: Context for TLS, None for plain HTTP.
        address: A loopback address.
    """

    name: str
    door: Door
    origin: Origin
    port: int = 0
    tls: ssl.SSLContext | None = None
    address: str = "127.0.0.1"


class HttpServer:
    """Serves any number of listeners until stopped.

    Args:
        listeners: What to listen on.
        loop: `auto` takes uvloop where it is installed.

    Attributes:
        failure: The first exception that a door or the server itself raised, or None.
    """

    def __init__(self, listeners: Sequence[Listener], *, loop: LoopKind = "auto") -> None:
        self._listeners = listeners
        self._loop_factory = _loop_factory(loop)
        self._entrances = {row.name: Entrance(row.tls, row.origin) for row in listeners}
        self._connections: dict[str, set[Retirable]] = {row.name: set() for row in listeners}
        self._sockets: dict[str, socket.socket] = {}
        self._addresses: dict[str, tuple[str, int]] = {}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._is_ready = threading.Event()
        self.failure: BaseException | None = None

    def start(self) -> HttpServer:
        """Listen and serve; returns this server once clients can connect.

        Raises:
            UsageError: If an address is not on loopback.
            BackendUnavailableError: If a port is in use or may not be opened.
        """
        try:
            for listener in self._listeners:
                self._bind(listener)
        except BaseException:
            self._close_sockets()
            raise
        self._thread = threading.Thread(target=self._run, name="tts-chaos-http", daemon=True)
        self._thread.start()
        if not self._is_ready.wait(START_LIMIT_S) or self._stop is None:
            self.stop()
            raise InternalError("the HTTP server did not start") from self.failure
        return self

    def address(self, name: str) -> tuple[str, int]:
        """Return host and port of the listener called `name`."""
        return self._addresses[name]

    def entrance(self, name: str) -> Entrance:
        """Return how the listener called `name` receives connections."""
        return self._entrances[name]

    def retire(self, name: str) -> None:
        """End the listener's connections once idle; returns when those that are have been told.

        Raises:
            InternalError: If the server's thread does not react.
        """
        if self._loop is None or self._loop.is_closed() or self._thread is None:
            return
        told = threading.Event()

        def tell() -> None:
            self._entrances[name].retirements += 1
            for connection in list(self._connections[name]):
                connection.retire()
            told.set()

        self._loop.call_soon_threadsafe(tell)
        if not told.wait(STOP_LIMIT_S):
            raise InternalError(f"the HTTP server does not react within {STOP_LIMIT_S} s")

    def stop(self) -> None:
        """End: connections are dropped, ports freed, the thread gone. Twice does nothing.

        Raises:
            InternalError: If the thread does not end.
        """
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        thread.join(STOP_LIMIT_S)
        self._close_sockets()
        if thread.is_alive():
            raise InternalError(f"the HTTP server's thread is alive {STOP_LIMIT_S} s after stop")

    # -------------------------------------------------------------------------------------------

    def _bind(self, listener: Listener) -> None:
        if not ipaddress.ip_address(listener.address).is_loopback:
            raise UsageError(
                f"listener {listener.name!r} would be reachable at {listener.address}; "
                "the twin holds credentials and listens on loopback only, e.g. 127.0.0.1"
            )
        family = socket.AF_INET6 if ":" in listener.address else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_STREAM)
        self._sockets[listener.name] = opened
        if sys.platform != "win32":
            # Elsewhere it lets a port be taken again at once; on Windows it would let two share it.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((listener.address, listener.port))
            opened.listen(BACKLOG)
        except OSError as error:
            raise BackendUnavailableError(_explain_bind(listener, error)) from error
        opened.setblocking(False)
        self._addresses[listener.name] = opened.getsockname()[:2]

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._loop_factory) as runner:
            self._loop = runner.get_loop()
            self._loop.set_exception_handler(self._keep_failure)
            runner.run(self._serve())

    def _keep_failure(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        # Clients that vanish during a TLS handshake or a write are no failure of the server.
        if isinstance(error, OSError):
            return
        self.failure = self.failure or error or InternalError(str(context.get("message")))

    async def _serve(self) -> None:
        stop = asyncio.Event()
        try:
            doorways = [self._doorway(listener) for listener in self._listeners]
            for doorway in doorways:
                doorway.open()
            self._stop = stop
        finally:
            self._is_ready.set()
        await stop.wait()
        for doorway in doorways:
            await doorway.close()
        for connection in [c for group in self._connections.values() for c in group]:
            connection.abandon()
        for _ in range(ROUNDS_TO_CLOSE):
            await asyncio.sleep(0)

    def _doorway(self, listener: Listener) -> Doorway:
        connections = self._connections[listener.name]
        return Doorway(
            self._sockets[listener.name],
            self._entrances[listener.name],
            connections,
            lambda origin: HttpConnection(listener.door, origin, connections),
        )

    def _close_sockets(self) -> None:
        for opened in self._sockets.values():
            opened.close()
        self._sockets.clear()


def _explain_bind(listener: Listener, error: OSError) -> str:
    where = f"port {listener.port} on {listener.address}, wanted for {listener.name!r},"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use; stop what uses it, choose another port, or 0 for a free one"
    return f"{where} cannot be opened: {error}; choose another port, or 0 for a free one"


def _loop_factory(kind: LoopKind) -> Callable[[], asyncio.AbstractEventLoop]:
    if kind == "asyncio":
        return asyncio.SelectorEventLoop
    try:
        import uvloop
    except ImportError:
        if kind == "auto":
            return asyncio.SelectorEventLoop
        raise BackendUnavailableError(
            "uvloop is not installed; pip install 'pytest-tts-chaos[uvloop]', or use loop='asyncio'"
        ) from None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
