"""The twin over HTTP/3, and UDP swallowed while TCP stays open: a real client on loopback."""

from __future__ import annotations

import asyncio
import importlib.util
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tts_chaos.engine.run import Run
from tts_chaos.faults.fault import Trigger
from tts_chaos.faults.network import ConnectionClosed, UdpBlocked
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.scenarios.loader import parse_scenario
from tts_chaos.serving.http3 import HOW_TO_GET

pytestmark = pytest.mark.skipif(not importlib.util.find_spec("aioquic"), reason=HOW_TO_GET)

PLAIN = """
title = "Nothing goes wrong"
description = "Nothing."
why = "To have a twin."
[twin]
orders = 0
[[method]]
action = "sync_orders"
"""
PATH = "/order/202309/orders"
PATIENCE_S = 20.0
SILENCE_S = 1.0


@contextmanager
def _twin() -> Iterator[Run]:
    scenario = parse_scenario(PLAIN, id="a/b", path="b.toml")
    with Run(scenario, WireWorld(http3=True), seed=1) as run:
        yield run


def _over_tcp(run: Run) -> httpx.Response:
    assert run.connection is not None
    trusted = ssl.create_default_context(cafile=run.connection.ca_file)
    return httpx.get(run.connection.api_url + PATH, verify=trusted, timeout=PATIENCE_S)


def _port_told(run: Run) -> int:
    """Return the port that answers over TCP name for HTTP/3."""
    protocol, _, rest = _over_tcp(run).headers["alt-svc"].partition("=")
    assert protocol == "h3"
    return int(rest.split(";")[0].strip('"').removeprefix(":"))


def _over_udp(run: Run, port: int, within_s: float = PATIENCE_S) -> tuple[str, bytes]:
    """Return status and body as they come over HTTP/3."""
    return asyncio.run(asyncio.wait_for(_ask(run, port), within_s))


async def _ask(run: Run, port: int) -> tuple[str, bytes]:
    from aioquic.asyncio.client import connect
    from aioquic.asyncio.protocol import QuicConnectionProtocol
    from aioquic.h3.connection import H3_ALPN, H3Connection
    from aioquic.h3.events import DataReceived, HeadersReceived
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.events import StreamReset

    ended: asyncio.Future[tuple[str, bytes]] = asyncio.get_running_loop().create_future()

    class Client(QuicConnectionProtocol):
        http: Any = None
        status, body = "", b""

        def quic_event_received(self, event: Any) -> None:
            self.http = self.http or H3Connection(self._quic)
            if isinstance(event, StreamReset) and not ended.done():
                ended.set_result(("reset", self.body))
            for each in self.http.handle_event(event):
                if isinstance(each, HeadersReceived):
                    self.status = dict(each.headers)[b":status"].decode()
                if isinstance(each, DataReceived):
                    self.body += each.data
                if getattr(each, "stream_ended", False) and not ended.done():
                    ended.set_result((self.status, self.body))

    assert run.connection is not None
    configuration = QuicConfiguration(is_client=True, alpn_protocols=list(H3_ALPN))
    configuration.load_verify_locations(run.connection.ca_file)
    configuration.server_name = "localhost"
    async with connect(
        "127.0.0.1", port, configuration=configuration, create_protocol=Client
    ) as client:
        assert isinstance(client, Client)
        stream = client._quic.get_next_available_stream_id()
        client.http = client.http or H3Connection(client._quic)
        asked = {":method": "GET", ":scheme": "https", ":authority": "localhost", ":path": PATH}
        headers = [(name.encode(), value.encode()) for name, value in asked.items()]
        client.http.send_headers(stream, headers, end_stream=True)
        client.transmit()
        return await ended


def test_the_same_platform_answers_over_udp() -> None:
    with _twin() as run:
        status, body = _over_udp(run, _port_told(run))
        plain = _over_tcp(run)
        asked = [(x.path, x.fate) for x in run.gateway.history().exchanges()]

    assert int(status) == plain.status_code
    assert b"request_id" in body
    assert asked == [(PATH, "answered")] * 3


@pytest.mark.proves_fault("udp_blocked", "wire")
def test_udp_is_swallowed_and_tcp_is_not_until_the_fault_is_lifted() -> None:
    with _twin() as run:
        port = _port_told(run)
        run.world.arm("udp", UdpBlocked(), Trigger())
        with pytest.raises(TimeoutError):
            _over_udp(run, port, SILENCE_S)
        met = run.world.hits("udp")
        still = _over_tcp(run).status_code
        run.world.lift("udp")
        status, _ = _over_udp(run, port)

    assert met > 0
    assert str(still) == status


def test_an_answer_lost_over_udp_ends_its_stream() -> None:
    with _twin() as run:
        port = _port_told(run)
        run.gateway.arm("lost", ConnectionClosed(when="after"), Trigger(times=1))
        status, body = _over_udp(run, port)
        fates = [x.fate for x in run.gateway.history().exchanges()]

    assert (status, body) == ("reset", b"")
    assert fates == ["answered", "closed"]


def test_without_the_setting_nothing_is_told_and_the_fault_is_refused_with_what_to_do() -> None:
    scenario = parse_scenario(PLAIN, id="a/b", path="b.toml")
    with Run(scenario, WireWorld(), seed=1) as run:
        headers = _over_tcp(run).headers
        said = run.world.refusal(UdpBlocked(), Trigger())

    assert "alt-svc" not in headers
    assert "tts_http3 = true" in (said or "")
