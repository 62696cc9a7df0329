"""The seam under aiohttp, at the level of its connections.

A connection of aiohttp is a protocol on a transport. This seam puts a transport under it that leads
to a door instead of a socket: it reads the bytes of a request, and feeds the bytes of the answer.
What lies above stays the real thing: sessions made before the run, the pool of connections, the
parser, decompression, middlewares, the total time-out, and the second try that aiohttp makes of a
GET whose connection broke.
"""

from __future__ import annotations

import asyncio
import errno
import importlib
import importlib.util
import socket
import ssl
import sys
from collections.abc import Callable
from http import HTTPStatus
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import httptools

from tts_chaos.engine.ports import Door
from tts_chaos.engine.travel import Timeouts
from tts_chaos.errors import BackendUnavailableError
from tts_chaos.injectors.passage import (
    Arrival,
    is_loopback,
    make_request,
    to_patience_ms,
    travel_async,
)
from tts_chaos.injectors.virtual_time import active
from tts_chaos.wire.delivery import Fate
from tts_chaos.wire.message import ApiRequest

__all__ = ["AiohttpSeam"]

_MODULE = "aiohttp.connector"


class AiohttpSeam:
    """Leads the run's aiohttp traffic to a door. A program without aiohttp never imports it."""

    def __init__(self) -> None:
        self._undo: Callable[[], None] | None = None
        self._finder: _Finder | None = None

    def install(self, door: Door) -> None:
        """Patch aiohttp now, or at the moment it is imported.

        Raises:
            BackendUnavailableError: If this version of aiohttp is built otherwise.
        """
        module = sys.modules.get(_MODULE)
        if module is not None:
            self._patch(module, door)
        elif importlib.util.find_spec("aiohttp") is not None:
            self._finder = _Finder(lambda found: self._patch(found, door))
            sys.meta_path.insert(0, self._finder)

    def remove(self) -> None:
        """Take the patch away."""
        if self._finder is not None and self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        self._finder = None
        if self._undo is not None:
            self._undo()
            self._undo = None

    def _patch(self, module: ModuleType, door: Door) -> None:
        connector = module.TCPConnector
        real = getattr(connector, "_create_connection", None)
        if real is None or not hasattr(module.ResponseHandler, "_on_read_timeout"):
            raise BackendUnavailableError(
                f"the simulated world does not know aiohttp {sys.modules['aiohttp'].__version__}; "
                "use 3.12 or newer, or test in the wire world (--tts-world wire)"
            )

        async def create_connection(pool: Any, request: Any, traces: Any, patience: Any) -> Any:
            if active.current() is None or is_loopback(request.url.host or ""):
                return await real(pool, request, traces, patience)
            return _connect(door, module.ResponseHandler, request, patience)

        connector._create_connection = create_connection
        self._undo = lambda: setattr(connector, "_create_connection", real)


class _Finder(MetaPathFinder):
    """Sees one module being imported, once, and leaves it to the others to find it."""

    def __init__(self, act: Callable[[ModuleType], None]) -> None:
        self._act = act

    def find_spec(
        self,
        fullname: str,
        path: Any = None,
        target: Any = None,  # noqa: ARG002 - of the protocol
    ) -> ModuleSpec | None:
        if fullname != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._act)
        return spec


class _Loader(Loader):
    """Loads a module by another loader, then acts on it."""

    def __init__(self, real: Loader, act: Callable[[ModuleType], None]) -> None:
        self._real = real
        self._act = act

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        self._act(module)


def _connect(door: Door, handler: type[Any], request: Any, patience: Any) -> Any:
    """Return a connected protocol of aiohttp."""

    class Protocol(handler):  # type: ignore[misc]
        """Leaves the time-out between bytes to the line, whose time passes in leaps."""

        def _reschedule_timeout(self) -> None:
            pass

    loop = asyncio.get_running_loop()
    protocol = Protocol(loop=loop)
    protocol.connection_made(_Line(door, loop, protocol, request, patience))
    return protocol


class _Line(asyncio.Transport):
    """The near end of a connection; what is written into it travels to the door."""

    def __init__(
        self,
        door: Door,
        loop: asyncio.AbstractEventLoop,
        protocol: Any,
        request: Any,
        patience: Any,
    ) -> None:
        super().__init__({"peername": (request.url.host, request.url.port)})
        self._door = door
        self._loop = loop
        self._protocol = protocol
        self._key = request.connection_key
        self._scheme, self._host = request.url.scheme, request.url.host
        self._connect_ms = _shortest(patience.connect, patience.sock_connect)
        self._reader = _RequestReader()
        self._is_closing = False
        self._work: asyncio.Task[None] | None = None

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Take bytes of a request; the last one sends it off."""
        self._reader.feed(bytes(data))
        if self._reader.is_expecting:
            self._reader.is_expecting = False
            self._protocol.data_received(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._reader.is_whole and not self._is_closing:
            request = self._reader.take(self._scheme, self._host)
            self._work = self._loop.create_task(self._exchange(request))

    def writelines(self, list_of_data: Any) -> None:
        """Take several pieces."""
        self.write(b"".join(bytes(piece) for piece in list_of_data))

    async def _exchange(self, request: ApiRequest) -> None:
        timeouts = Timeouts(
            connect_ms=self._connect_ms, read_ms=to_patience_ms(self._protocol.read_timeout)
        )
        try:
            arrival = await travel_async(self._door, request, timeouts)
        except asyncio.CancelledError:
            raise  # the client hung up, and the exchange was concluded as one that it gave up
        except BaseException as error:  # noqa: BLE001 - a guard of the run ends the client's call
            self._protocol.set_exception(error)
            return
        self._connect_ms = None  # a connection that is used again is there already
        if not self._is_closing:
            self._deliver(arrival)

    def _deliver(self, arrival: Arrival) -> None:
        if not arrival.is_connected:
            self._protocol.set_exception(_no_connection(self._key, arrival.fate))
            self.close()
            return
        if arrival.head is not None:
            self._protocol.data_received(_answer(arrival))
        if arrival.fate is Fate.READ_TIMED_OUT:
            self._protocol._on_read_timeout()
        elif arrival.fate is Fate.RESET:
            self._lose(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))
        elif arrival.fate is not Fate.ANSWERED:
            self._lose(None)

    def _lose(self, error: OSError | None) -> None:
        self._is_closing = True
        # A turn later: what came before the loss has been seen by then.
        self._loop.call_soon(self._protocol.connection_lost, error)

    def is_closing(self) -> bool:
        """Whether it was closed or lost."""
        return self._is_closing

    def close(self) -> None:
        """Hang up; a request on its way counts as one that was given up."""
        if self._is_closing:
            return
        self._is_closing = True
        if self._work is not None and self._work is not asyncio.current_task(self._loop):
            self._work.cancel()
        self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        """Hang up."""
        self.close()

    def get_write_buffer_size(self) -> int:
        """Nothing ever waits here."""
        return 0

    def pause_reading(self) -> None:
        """Do nothing: what comes has come."""

    def resume_reading(self) -> None:
        """Do nothing."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Do nothing."""


class _RequestReader:
    """Reads the bytes of one request after the other."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._headers: list[tuple[str, str]] = []
        self._url = b""
        self._body = bytearray()
        self.is_whole = False
        self.is_expecting = False

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def take(self, scheme: str, host: str) -> ApiRequest:
        """Return the request, and be ready for the next."""
        target = self._url.decode("latin-1")
        if "://" in target:  # through a proxy without a tunnel the whole address is sent
            target = f"/{target.split('://', 1)[1].partition('/')[2]}"
        request = make_request(
            method=self._parser.get_method().decode("ascii"),
            scheme=scheme,
            host=host,
            target=target,
            headers=self._headers,
            body=bytes(self._body),
        )
        self._start()
        return request

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.is_expecting = any(
            name.lower() == "expect" and value.lower() == "100-continue"
            for name, value in self._headers
        )

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self.is_whole = True


def _shortest(*timeouts_s: float | None) -> int | None:
    given = [timeout_s for timeout_s in timeouts_s if timeout_s]
    return to_patience_ms(min(given)) if given else None


def _answer(arrival: Arrival) -> bytes:
    head = arrival.head
    assert head is not None
    lines = [
        f"HTTP/1.1 {head.status} {_phrase(head.status)}",
        *(f"{name}: {value}" for name, value in head.headers),
        f"content-length: {len(head.body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + arrival.body


def _no_connection(key: Any, fate: Fate) -> Exception:
    """Return what aiohttp raises where no connection comes about."""
    errors = importlib.import_module("aiohttp.client_exceptions")
    reason: OSError
    error: Exception
    if fate is Fate.CONNECT_TIMED_OUT:
        error = errors.ConnectionTimeoutError(f"Connection timeout to host {key.host}")
    elif fate is Fate.DNS_FAILED:
        reason = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        error = errors.ClientConnectorDNSError(key, reason)
    elif fate is Fate.TLS_FAILED:
        text = "[SSL: CERTIFICATE_VERIFY_FAILED] verify failed"
        error = errors.ClientConnectorCertificateError(key, ssl.SSLCertVerificationError(1, text))
    else:
        reason = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        error = errors.ClientConnectorError(key, reason)
    return error


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
