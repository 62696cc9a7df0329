"""The side of HTTP/3 that needs aioquic: packets in, requests to the door, answers out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import QuicServer
from aioquic.h3.connection import H3_ALPN, ErrorCode, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent

from tts_chaos.serving.http3 import Http3Server, play
from tts_chaos.serving.http_writing import Ending
from tts_chaos.wire.message import ApiRequest

__all__ = ["make_endpoint"]


def make_endpoint(server: Http3Server, certificate: Path, key: Path) -> QuicServer:
    """Return the endpoint that serves `server`."""
    configuration = QuicConfiguration(is_client=False, alpn_protocols=list(H3_ALPN))
    configuration.load_cert_chain(certificate, key)
    return _Endpoint(
        server,
        configuration=configuration,
        create_protocol=lambda *given, **named: _Connection(server, *given, **named),
    )


class _Endpoint(QuicServer):
    """Swallows what comes and goes while UDP is blocked."""

    def __init__(self, server: Http3Server, **named: Any) -> None:
        super().__init__(**named)
        self._gate = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(_Gated(transport, self._gate))  # type: ignore[arg-type]

    def datagram_received(self, data: bytes | str, addr: Any) -> None:
        if self._gate.is_blocked:
            self._gate.dropped += 1
            return
        super().datagram_received(data, addr)


class _Gated:
    """A transport that sends nothing while UDP is blocked."""

    def __init__(self, transport: Any, gate: Http3Server) -> None:
        self._transport = transport
        self._gate = gate

    def sendto(self, data: bytes, addr: Any = None) -> None:
        if not self._gate.is_blocked:
            self._transport.sendto(data, addr)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Connection(QuicConnectionProtocol):
    def __init__(self, server: Http3Server, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._server = server
        self._http: H3Connection | None = None
        self._headers: dict[int, list[tuple[bytes, bytes]]] = {}
        self._bodies: dict[int, bytearray] = {}

    def quic_event_received(self, event: QuicEvent) -> None:
        if self._http is None:
            self._http = H3Connection(self._quic)
        for each in self._http.handle_event(event):
            self._take(each)

    def _take(self, event: H3Event) -> None:
        if isinstance(event, HeadersReceived):
            self._headers[event.stream_id] = event.headers
            self._bodies[event.stream_id] = bytearray()
        elif isinstance(event, DataReceived):
            self._bodies[event.stream_id] += event.data
        if isinstance(event, HeadersReceived | DataReceived) and event.stream_ended:
            self._answer(event.stream_id)

    def _answer(self, stream: int) -> None:
        request = _to_request(
            self._headers.pop(stream), bytes(self._bodies.pop(stream)), self._server
        )
        try:
            exchange = self._server.door.open(request)
        except BaseException as error:  # noqa: BLE001 - told where the harness looks for it
            self._server.keep_failure(error)
            self.close()
            return
        delay_s = exchange.delivery.delay_ms / 1000
        asyncio.get_running_loop().call_later(delay_s, self._send, stream, request.method, exchange)

    def _send(self, stream: int, method: str, exchange: Any) -> None:
        assert self._http is not None
        headers, body, ending, fate = play(exchange.delivery, method)
        if ending is Ending.HANG:
            return
        if headers:
            self._http.send_headers(stream, headers)
            self._http.send_data(stream, body, ending is Ending.STAY)
        if ending is not Ending.STAY:
            self._quic.reset_stream(stream, ErrorCode.H3_INTERNAL_ERROR)
        self.transmit()
        exchange.conclude(fate)


def _to_request(headers: list[tuple[bytes, bytes]], body: bytes, server: Http3Server) -> ApiRequest:
    pseudo = {name.decode(): value.decode("latin-1") for name, value in headers if name[:1] == b":"}
    path, _, query = pseudo.get(":path", "/").partition("?")
    return ApiRequest(
        method=pseudo.get(":method", "GET"),
        scheme=server.origin.scheme,
        host=server.origin.host,
        path=path,
        query=query,
        headers=tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in headers
            if name[:1] != b":"
        ),
        body=body,
    )
