"""TLS on loopback: who is trusted, for which names, and what stays behind."""

from __future__ import annotations

import socket
import ssl
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tts_chaos.serving.platform_server import PlatformServer
from tts_chaos.serving.tls import CERTIFIED_NAMES, LocalAuthority
from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import API_HOST, AUTH_HOST, ApiResponse

if TYPE_CHECKING:
    from tests.integration.serving.conftest import Bench, ScriptedDoor

OK = ApiResponse(status=200, body=b"0123456789")


@pytest.fixture
def door(bench: Bench) -> ScriptedDoor:
    return bench.door(
        Delivery(response=OK),
        Delivery(response=OK, connection=Connection.RESET_BEFORE_ANSWER),
        Delivery(response=OK, cut_after_bytes=4),
    )


@pytest.fixture
def platform(bench: Bench, door: ScriptedDoor) -> Iterator[PlatformServer]:
    server = PlatformServer(door, loop=bench.loop).start()
    yield server
    server.stop()


def _connect(platform: PlatformServer, name: str, *, server_name: str) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=platform.ca_file)
    raw = socket.create_connection(platform.addresses[name], timeout=5)
    return context.wrap_socket(raw, server_hostname=server_name)


@pytest.mark.parametrize("name", CERTIFIED_NAMES)
def test_the_certificate_holds_for(platform: PlatformServer, name: str) -> None:
    with _connect(platform, "api", server_name=name) as client:
        assert client.version() in ("TLSv1.2", "TLSv1.3")


def test_the_certificate_holds_for_no_other_name(platform: PlatformServer) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"www\.tiktok\.com"):
        _connect(platform, "api", server_name="www.tiktok.com")


def test_a_client_that_trusts_another_authority_refuses_it(platform: PlatformServer) -> None:
    host, port = platform.addresses["api"]

    with (
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
        httpx.Client(trust_env=False) as client,
    ):
        client.get(f"https://{host}:{port}/")


def test_a_refused_certificate_is_no_failure_of_the_server(platform: PlatformServer) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _connect(platform, "api", server_name="www.tiktok.com")
    _connect(platform, "api", server_name="localhost").close()

    assert platform.failure is None


def test_each_listener_stands_for_its_host(platform: PlatformServer, door: ScriptedDoor) -> None:
    for name in ("api", "token"):
        with _connect(platform, name, server_name="localhost") as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            door.wait_for_requests(1 if name == "api" else 2)

    assert [(r.scheme, r.host) for r in door.requests] == [
        ("https", API_HOST),
        ("https", AUTH_HOST),
    ]


def test_answers_reset_and_cut_are_the_same_under_tls(
    platform: PlatformServer, door: ScriptedDoor
) -> None:
    url = "https://localhost:{}/".format(platform.addresses["api"][1])
    context = ssl.create_default_context(cafile=platform.ca_file)

    with httpx.Client(verify=context, trust_env=False) as client:
        assert client.get(url).content == b"0123456789"
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            client.get(url)
        with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without"):
            client.get(url)

    assert door.wait_for_fates(3) == [Fate.ANSWERED, Fate.RESET, Fate.CUT_SHORT]


def test_a_huge_answer_arrives_whole_under_tls(bench: Bench) -> None:
    door = bench.door(Delivery(response=ApiResponse(status=200, body=b"x" * 3_000_000)))
    server = PlatformServer(door, loop=bench.loop).start()
    try:
        with _connect(server, "api", server_name="localhost") as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            received = 0
            while part := client.recv(65536):
                received += len(part)
        assert received > 3_000_000
        assert door.wait_for_fates(1) == [Fate.ANSWERED]
    finally:
        server.stop()


def test_stop_does_not_wait_for_a_handshake_that_never_goes_on(bench: Bench) -> None:
    server = PlatformServer(bench.door(), loop=bench.loop).start()
    with socket.create_connection(server.addresses["api"], timeout=5) as client:
        client.sendall(b"\x16\x03")

        server.stop()

        with pytest.raises(ConnectionError):
            _expect_data(client)


def _expect_data(client: socket.socket) -> None:
    if not client.recv(1):
        raise ConnectionError("closed")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_only_the_owner_can_read_the_authority() -> None:
    authority = LocalAuthority()
    try:
        assert stat.S_IMODE(authority.ca_file.stat().st_mode) == 0o600
        assert stat.S_IMODE(authority.ca_file.parent.stat().st_mode) == 0o700
    finally:
        authority.close()


def test_the_authority_leaves_no_file_behind() -> None:
    authority = LocalAuthority()

    authority.close()
    authority.close()

    assert not authority.ca_file.parent.exists()


def test_stop_removes_the_authority(bench: Bench) -> None:
    server = PlatformServer(bench.door(), loop=bench.loop).start()
    assert server.ca_file is not None

    server.stop()

    assert not Path(server.ca_file).exists()
