"""Virtual time beside real sockets, real servers and other pytest plugins."""

from __future__ import annotations

import asyncio
import os
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
import requests

from tts_chaos.core.clock import SkewedClock
from tts_chaos.engine.ports import OpenExchange
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.typing import ShopAccess, TwinConnection
from tts_chaos.wire.message import ApiRequest

LIMIT_MS = 60_000


class _ClosedDoor:
    """A door that nothing may come to."""

    def open(self, request: ApiRequest) -> OpenExchange:
        raise AssertionError(f"unexpected request for {request.host}")


class _Greeting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *arguments: object) -> None:
        return


class _Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        line = self.rfile.readline()
        # Late enough that a loop which does not wait for it has moved on.
        time.sleep(0.02)
        self.wfile.write(line)


@pytest.fixture
def world() -> Iterator[SimulatedWorld]:
    world = SimulatedWorld(hang_limit_s=10)
    connection = TwinConnection(
        api_url="",
        token_url="",
        app_key="k",
        app_secret="s",
        access_token="a",
        refresh_token="r",
        access_token_expires_at=0,
        refresh_token_expires_at=0,
        shops=[ShopAccess(id="1", cipher="c", region="GB", name="Shop")],
    )
    world.open(_ClosedDoor(), connection, SkewedClock(world.clock))
    yield world
    world.close()


@pytest.fixture
def greeting_url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Greeting) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def echo_port() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def test_httpx_reaches_a_real_server_on_loopback(greeting_url: str, world: SimulatedWorld) -> None:
    completion = world.call(lambda: httpx.get(greeting_url).text, limit_ms=LIMIT_MS)

    assert completion.value == "hello"


def test_requests_reaches_a_real_server_on_loopback(
    greeting_url: str, world: SimulatedWorld
) -> None:
    completion = world.call(lambda: requests.get(greeting_url, timeout=5).text, limit_ms=LIMIT_MS)

    assert completion.value == "hello"


def test_the_loop_waits_for_a_real_answer_before_its_time_out(
    echo_port: int, world: SimulatedWorld
) -> None:
    async def ask() -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", echo_port)
        writer.write(b"parcel\n")
        async with asyncio.timeout(5):
            line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return line.decode().strip()

    assert world.call(ask, limit_ms=LIMIT_MS).value == "parcel"


@pytest.mark.slow
def test_a_server_of_the_integration_itself_can_be_called(world: SimulatedWorld) -> None:
    def serve_and_ask() -> str:
        with HTTPServer(("127.0.0.1", 0), _Greeting) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            text = httpx.get(f"http://127.0.0.1:{server.server_port}/").text
            thread.join()
            return text

    assert world.call(serve_and_ask, limit_ms=LIMIT_MS).value == "hello"


VICTIM = """
import threading, time
from tts_chaos.injectors.virtual_time import VirtualTime

def test_sleeps():
    real = time.perf_counter()
    with VirtualTime() as virtual:
        thread = threading.Thread(target=time.sleep, args=(3600,))
        thread.start()
        thread.join()
        assert virtual.clock.elapsed_us == 3_600_000_000
    assert time.perf_counter() - real < 5
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plugin", "options"),
    [
        pytest.param("xdist", ["-p", "xdist", "-n", "1"], id="xdist"),
        pytest.param("pytest_timeout", ["-p", "pytest_timeout", "--timeout", "60"], id="timeout"),
        pytest.param(
            "pytest_timeout",
            ["-p", "pytest_timeout", "--timeout", "60", "--timeout-method", "thread"],
            id="timeout-by-thread",
        ),
    ],
)
def test_other_plugins_do_not_notice(tmp_path: Path, plugin: str, options: list[str]) -> None:
    pytest.importorskip(plugin)
    (tmp_path / "test_victim.py").write_text(VICTIM)

    began_s = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        # Named with -p; loaded by itself as well, a plugin would be there twice.
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert time.perf_counter() - began_s < 30
