"""The seam under httpx, and under httpx2 where it is installed.

respx patches httpcore, the layer below both, and this mocker answers there without respx's router:
half the time a request, and no kept copy of every call. Errors are raised as httpcore raises them,
so that each client translates them exactly as it would on a real network.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import importlib.util
import inspect
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from http import HTTPStatus
from types import ModuleType
from typing import Any, ClassVar

from respx.mocks import HTTPCoreMocker

from tts_chaos.engine.ports import Door
from tts_chaos.engine.travel import Timeouts
from tts_chaos.injectors.passage import (
    Arrival,
    is_loopback,
    make_request,
    to_patience_ms,
    travel_async,
    travel_sync,
)
from tts_chaos.injectors.virtual_time import active
from tts_chaos.wire.delivery import Fate
from tts_chaos.wire.message import ApiRequest

__all__ = ["HttpxSeam"]

RETRY_BACKOFF_S = 0.5
"""Factor of the pauses between httpcore's own attempts to connect: none, 0.5 s, 1 s, 2 s."""

_ERRORS: dict[Fate, tuple[str, str]] = {
    Fate.REFUSED: ("ConnectError", "[Errno 111] Connection refused"),
    Fate.DNS_FAILED: ("ConnectError", "[Errno -2] Name or service not known"),
    Fate.TLS_FAILED: ("ConnectError", "[SSL: CERTIFICATE_VERIFY_FAILED] verify failed (_ssl.c)"),
    Fate.CONNECT_TIMED_OUT: ("ConnectTimeout", "timed out"),
    Fate.RESET: ("ReadError", "[Errno 104] Connection reset by peer"),
    Fate.CLOSED: ("RemoteProtocolError", "Server disconnected without sending a response."),
    Fate.READ_TIMED_OUT: ("ReadTimeout", "The read operation timed out"),
}


def _cores() -> tuple[str, ...]:
    return tuple(name for name in ("httpcore", "httpcore2") if importlib.util.find_spec(name))


class _DoorMocker(HTTPCoreMocker):
    """Patches the connection pools; lets through what is none of the run's business."""

    name = "tts-chaos"
    targets: ClassVar[list[str]] = [
        target
        for core in _cores()
        for target in (
            f"{core}._sync.connection_pool.ConnectionPool",
            f"{core}._async.connection_pool.AsyncConnectionPool",
        )
    ]
    door: ClassVar[Door | None] = None

    @classmethod
    def mock(cls, spec: Any) -> Any:
        if spec.__name__ not in cls.target_methods:
            return spec
        core = importlib.import_module(spec.__module__.partition(".")[0])
        is_async = inspect.iscoroutinefunction(spec)
        return cls._make_async(spec, core) if is_async else cls._make_sync(spec, core)

    @classmethod
    def _make_sync(cls, spec: Callable[..., Any], core: ModuleType) -> Callable[..., Any]:
        def handle_request(pool: Any, request: Any) -> Any:
            door = cls._door_for(pool, request)
            if door is None:
                return spec(pool, request)
            asked = _to_api_request(request, b"".join(request.stream))
            for pause_s in _pauses_s(pool):
                arrival = travel_sync(door, asked, _timeouts(request))
                if arrival.is_connected or pause_s is None:
                    return _to_response(core, arrival)
                time.sleep(pause_s)
            raise AssertionError("the last attempt has no pause after it")

        return handle_request

    @classmethod
    def _make_async(cls, spec: Callable[..., Any], core: ModuleType) -> Callable[..., Any]:
        async def handle_async_request(pool: Any, request: Any) -> Any:
            door = cls._door_for(pool, request)
            if door is None:
                return await spec(pool, request)
            asked = _to_api_request(request, b"".join([part async for part in request.stream]))
            for pause_s in _pauses_s(pool):
                arrival = await travel_async(door, asked, _timeouts(request))
                if arrival.is_connected or pause_s is None:
                    return _to_response(core, arrival)
                await asyncio.sleep(pause_s)
            raise AssertionError("the last attempt has no pause after it")

        return handle_async_request

    @classmethod
    def _door_for(cls, pool: Any, request: Any) -> Door | None:
        is_local = getattr(pool, "_uds", None) or is_loopback(request.url.host.decode("ascii"))
        return None if is_local or active.current() is None else cls.door


class HttpxSeam:
    """Leads the run's httpx traffic to a door."""

    def __init__(self) -> None:
        self._contexts = _SharedContexts()

    def install(self, door: Door) -> None:
        """Patch httpcore, and let clients share one SSL context."""
        _DoorMocker.door = door
        _DoorMocker.start()
        self._contexts.install()

    def remove(self) -> None:
        """Take the patches away."""
        _DoorMocker.stop(force=True)
        _DoorMocker.door = None
        self._contexts.remove()


class _SharedContexts:
    """Lets clients with default settings share one SSL context.

    Making one reads the whole certificate store, 30 ms for each client, and nothing of a run is
    ever encrypted with it.
    """

    def __init__(self) -> None:
        self._patched: list[tuple[Any, Any]] = []

    def install(self) -> None:
        for name in ("httpx", "httpx2"):
            module = sys.modules.get(f"{name}._transports.default")
            real = getattr(module, "create_ssl_context", None)
            if module is not None and real is not None:
                self._patched.append((module, real))
                vars(module)["create_ssl_context"] = functools.partial(_share_context, real)

    def remove(self) -> None:
        while self._patched:
            module, real = self._patched.pop()
            vars(module)["create_ssl_context"] = real


_contexts: dict[Any, Any] = {}


def _share_context(
    real: Callable[..., Any], verify: Any = True, cert: Any = None, trust_env: bool = True
) -> Any:
    if verify is not True or cert is not None or active.current() is None:
        return real(verify=verify, cert=cert, trust_env=trust_env)
    key = (real, trust_env)
    if key not in _contexts:
        _contexts[key] = real(verify=verify, cert=cert, trust_env=trust_env)
    return _contexts[key]


def _to_api_request(request: Any, body: bytes) -> ApiRequest:
    return make_request(
        method=request.method.decode("ascii"),
        scheme=request.url.scheme.decode("ascii"),
        host=request.url.host.decode("ascii"),
        target=request.url.target.decode("latin-1"),
        headers=[
            (key.decode("latin-1"), value.decode("latin-1")) for key, value in request.headers
        ],
        body=body,
    )


def _timeouts(request: Any) -> Timeouts:
    timeouts = request.extensions.get("timeout") or {}
    return Timeouts(
        connect_ms=to_patience_ms(timeouts.get("connect")),
        read_ms=to_patience_ms(timeouts.get("read")),
    )


def _pauses_s(pool: Any) -> Iterator[float | None]:
    """Yield the pause after each failed attempt to connect; None after the last."""
    retries = getattr(pool, "_retries", 0)
    for attempt in range(retries):
        yield RETRY_BACKOFF_S * 2 ** (attempt - 1) if attempt else 0.0
    yield None


def _to_response(core: ModuleType, arrival: Arrival) -> Any:
    if arrival.head is None:
        raise _error(core, arrival.fate)
    head = arrival.head
    headers = [(name.encode("latin-1"), _encode(value)) for name, value in head.headers]
    headers.append((b"content-length", str(len(head.body)).encode()))
    return core.Response(
        status=head.status,
        headers=headers,
        content=_Body(core, arrival),
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": _phrase(head.status)},
    )


class _Body:
    """The body as far as it came, then the error that ended it."""

    def __init__(self, core: ModuleType, arrival: Arrival) -> None:
        self._core = core
        self._arrival = arrival

    def __iter__(self) -> Iterator[bytes]:
        if self._arrival.body:
            yield self._arrival.body
        if self._arrival.fate is not Fate.ANSWERED:
            raise self._error()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part

    def _error(self) -> Exception:
        if self._arrival.fate is not Fate.CUT_SHORT or self._arrival.head is None:
            return _error(self._core, self._arrival.fate)
        received, expected = len(self._arrival.body), len(self._arrival.head.body)
        error: Exception = self._core.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {received} bytes, expected {expected})"
        )
        return error


def _error(core: ModuleType, fate: Fate) -> Exception:
    name, message = _ERRORS[fate]
    error: Exception = getattr(core, name)(message)
    return error


def _encode(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""
