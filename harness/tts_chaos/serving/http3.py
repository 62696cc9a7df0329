"""The platform over HTTP/3 beside its TCP listeners, for clients that switch to QUIC when told to.

A listener over TCP tells of its twin over UDP by `Alt-Svc` (RFC 7838); a client that heeds it sends
its next requests there. UDP can be black-holed while TCP stays open, as many firewalls do: then the
client has to find its way back, and nothing may be lost on it.

Needs aioquic: `pip install 'pytest-tts-chaos[http3]'`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tts_chaos.engine.ports import Door, OpenExchange
from tts_chaos.errors import BackendUnavailableError, InternalError
from tts_chaos.faults.effect import UDP_KINDS, Toxic
from tts_chaos.serving.http_reading import Origin
from tts_chaos.serving.http_writing import Ending, Send, plan_answer
from tts_chaos.wire.delivery import Delivery, Fate
from tts_chaos.wire.message import ApiRequest

if TYPE_CHECKING:
    from aioquic.asyncio.server import QuicServer

__all__ = ["HOW_TO_GET", "Http3Server", "TellingDoor", "UdpGates", "why_unavailable"]

HOW_TO_GET = "HTTP/3 needs aioquic: pip install 'pytest-tts-chaos[http3]'"
HEEDED_S = 3600
"""How long a client may heed an Alt-Svc header."""

_START_S = 10.0
_CARRIED_OTHERWISE = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


def why_unavailable() -> str:
    """Return what is missing to serve HTTP/3, "" where nothing is."""
    return "" if importlib.util.find_spec("aioquic") else HOW_TO_GET


class _Told:
    """An exchange whose answer tells of the way by UDP as well."""

    def __init__(self, exchange: OpenExchange, header: tuple[str, str]) -> None:
        self._exchange = exchange
        delivery = exchange.delivery
        if delivery.response is not None:
            headers = (*delivery.response.headers, header)
            response = msgspec.structs.replace(delivery.response, headers=headers)
            delivery = msgspec.structs.replace(delivery, response=response)
        self.delivery: Delivery = delivery

    def conclude(self, fate: Fate) -> None:
        """See `engine.ports.OpenExchange`."""
        self._exchange.conclude(fate)


class TellingDoor:
    """A door whose answers tell where the same is served over HTTP/3.

    Args:
        door: The door behind.
        port: UDP port on the same host.
    """

    def __init__(self, door: Door, port: int) -> None:
        self._door = door
        self._header = ("alt-svc", f'h3=":{port}"; ma={HEEDED_S}')

    def open(self, request: ApiRequest) -> OpenExchange:
        """See `engine.ports.Door`."""
        return _Told(self._door.open(request), self._header)


class Http3Server:
    """One host of the platform over HTTP/3, on a free UDP port of loopback, in a thread of its own.

    Args:
        door: Where requests go.
        origin: What it stands for.
        certificate: PEM file of the certificate chain.
        key: PEM file of its key.

    Attributes:
        port: UDP port, once started.
        failure: The first exception of the door, or None.
        dropped: Packets swallowed since UDP was blocked last.
    """

    def __init__(self, door: Door, origin: Origin, certificate: Path, key: Path) -> None:
        self.door, self.origin = door, origin
        self._files = (certificate, key)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._is_ready = threading.Event()
        self.is_blocked = False
        self.dropped = 0
        self.port = 0
        self.failure: BaseException | None = None

    def start(self) -> Http3Server:
        """Serve; returns this object once clients can connect.

        Raises:
            BackendUnavailableError: If aioquic is not installed.
        """
        missing = why_unavailable()
        if missing:
            raise BackendUnavailableError(missing)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="tts-chaos-http3", daemon=True
        )
        self._thread.start()
        if not self._is_ready.wait(_START_S) or not self.port:
            raise InternalError("the HTTP/3 server did not start") from self.failure
        return self

    def stop(self) -> None:
        """End; twice does nothing."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        thread.join(_START_S)

    async def _serve(self) -> None:
        from tts_chaos.serving.http3_protocol import make_endpoint

        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            endpoint: QuicServer
            transport, endpoint = await self._loop.create_datagram_endpoint(
                lambda: make_endpoint(self, *self._files), local_addr=("127.0.0.1", 0)
            )
            self.port = transport.get_extra_info("sockname")[1]
        except BaseException as error:
            self.failure = error
            raise
        finally:
            self._is_ready.set()
        await self._stop.wait()
        endpoint.close()

    def keep_failure(self, error: BaseException) -> None:
        """Keep what broke in the door; a client must not take it for an answer."""
        self.failure = self.failure or error


class UdpGates:
    """What blocks UDP, as a mechanism; see `serving.line.Mechanism`.

    Args:
        servers: The servers by the names of their listeners.
    """

    def __init__(self, servers: dict[str, Http3Server]) -> None:
        self._servers = servers
        self._armed: dict[str, set[str]] = {name: set() for name in servers}

    @property
    def kinds(self) -> frozenset[str]:
        """What it realises."""
        return UDP_KINDS

    def apply(self, name: str, fault_id: str, toxics: Sequence[Toxic]) -> None:  # noqa: ARG002 - there is one kind
        """Swallow every packet from now on, in both directions."""
        self._armed[name].add(fault_id)
        self._servers[name].dropped = 0
        self._servers[name].is_blocked = True

    def clear(self, name: str, fault_id: str) -> None:
        """Let packets pass, unless another fault blocks them."""
        self._armed[name].discard(fault_id)
        self._servers[name].is_blocked = bool(self._armed[name])

    def verify_clear(self) -> list[str]:
        """Return a sentence for each toxic still there."""
        return [
            f"listener {name!r} still has toxic '{id}-0' (udp_dropped)"
            for name, ids in self._armed.items()
            for id in sorted(ids)
        ]

    def hits(self, name: str, fault_id: str) -> int:
        """Return how many packets were swallowed since the fault was armed."""
        return self._servers[name].dropped if fault_id in self._armed[name] else 0


def play(delivery: Delivery, method: str) -> tuple[list[tuple[bytes, bytes]], bytes, Ending, Fate]:
    """Return headers, body, ending and fate of an answer over HTTP/3; pauses are left out.

    Cut and broken answers end their stream by a reset: the connection carries others as well.
    """
    answer = plan_answer(delivery, method=method, keep_alive=True)
    response = delivery.response
    sent = b"".join(act.data for act in answer.acts if isinstance(act, Send))
    _, has_head, body = sent.partition(b"\r\n\r\n")
    if response is None or not has_head:
        return [], b"", answer.ending, answer.fate
    headers = [(b":status", str(response.status).encode())]
    headers += [
        (name.lower().encode(), value.encode("utf-8"))
        for name, value in response.headers
        if name.lower() not in _CARRIED_OTHERWISE
    ]
    headers.append((b"content-length", str(len(response.body)).encode()))
    return headers, body, answer.ending, answer.fate
