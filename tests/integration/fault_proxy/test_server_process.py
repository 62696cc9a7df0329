"""A real server as a child process: found, watched, and always ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.faults.effect import Toxic
from tts_chaos.serving.fault_proxy import FaultProxy
from tts_chaos.serving.fault_proxy.server import HOW_TO_GET, ServerProcess, locate_server


@pytest.fixture
def path() -> Path:
    found = locate_server()
    if found is None:
        pytest.skip(f"no toxiproxy-server found. {HOW_TO_GET}")
    return found


@pytest.fixture
def server(path: Path) -> Iterator[ServerProcess]:
    started = ServerProcess.start(path)
    yield started
    started.stop()


def is_listening(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((str(parts.hostname), parts.port or 0), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


def stops_listening(url: str) -> bool:
    deadline_s = time.monotonic() + 5
    while is_listening(url) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return not is_listening(url)


def make_program(folder: Path, text: str) -> Path:
    program = folder / "toxiproxy-server"
    program.write_text(f"#!{sys.executable}\n{text}")
    program.chmod(0o755)
    return program


def test_stopping_ends_the_server(server: ServerProcess) -> None:
    assert is_listening(server.url)

    server.stop()
    server.stop()

    assert not is_listening(server.url)


def test_two_servers_run_side_by_side(server: ServerProcess, path: Path) -> None:
    other = ServerProcess.start(path)
    try:
        assert other.url != server.url
    finally:
        other.stop()


def test_a_fault_proxy_starts_a_real_server_and_ends_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOXIPROXY_URL", raising=False)
    with FaultProxy.start(prefer="toxiproxy") as proxy:
        proxy.add("api", ("127.0.0.1", 1))
        proxy.apply("api", "slow", [Toxic(kind="latency", attributes={"latency": 5})])

        assert proxy.engine.startswith("toxiproxy ")
        assert proxy.hits("api") is None
    assert not is_listening(proxy.url)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_the_server_dies_with_its_parent_even_when_that_is_killed(path: Path) -> None:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tts_chaos.serving.fault_proxy.server import ServerProcess\n"
        "print(ServerProcess.start(Path(sys.argv[1])).url, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        parent.kill()

    assert stops_listening(url)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_the_server_dies_with_stop_when_its_watchdog_was_killed(server: ServerProcess) -> None:
    os.kill(server.pid, signal.SIGKILL)

    server.stop()

    assert stops_listening(server.url)


@pytest.mark.slow
def test_a_server_that_dies_in_mid_run_is_reported_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = make_program(tmp_path, DIES_AFTER_CREATE)
    monkeypatch.setenv("TOXIPROXY_SERVER", str(program))
    monkeypatch.delenv("TOXIPROXY_URL", raising=False)
    with FaultProxy.start(prefer="toxiproxy") as proxy:
        proxy.add("api", ("127.0.0.1", 1))

        with pytest.raises(
            BackendUnavailableError, match=r"ended with status 3; its last words: out of luck"
        ):
            proxy.apply("api", "slow", [Toxic(kind="latency")])


DIES_AFTER_CREATE = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments): pass
    def do_GET(self):
        self.answer(b'{"version": "0"}' if self.path == "/version" else b"{}")
    def do_POST(self):
        if self.path != "/proxies":
            print("out of luck", file=sys.stderr, flush=True)
            os._exit(3)
        self.answer(b'{"name":"api","listen":"127.0.0.1:1","upstream":"x:1","enabled":true}')
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
port = int(sys.argv[sys.argv.index("-port") + 1])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def test_a_server_that_does_not_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    program = make_program(tmp_path, "import sys; sys.exit('no such flag')")

    with pytest.raises(
        BackendUnavailableError, match=r"ended with status 1; its last words: no such flag"
    ):
        ServerProcess.start(program)


def test_a_server_named_by_the_environment_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = make_program(tmp_path, "")
    monkeypatch.setenv("TOXIPROXY_SERVER", str(program))

    assert locate_server() == program


def test_a_server_is_found_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = make_program(tmp_path, "")
    monkeypatch.delenv("TOXIPROXY_SERVER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert locate_server() == program


def test_a_server_is_found_beside_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".tts-chaos" / "bin"
    folder.mkdir(parents=True)
    program = make_program(folder, "")
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    monkeypatch.delenv("TOXIPROXY_SERVER", raising=False)
    monkeypatch.setenv("PATH", "")

    assert locate_server(below) == program


def test_a_server_that_is_nowhere_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOXIPROXY_SERVER", raising=False)
    monkeypatch.setenv("PATH", "")

    assert locate_server(tmp_path) is None


def test_an_environment_that_names_no_program_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOXIPROXY_SERVER", "/nowhere/toxiproxy-server")

    with pytest.raises(BackendUnavailableError, match="TOXIPROXY_SERVER names '/nowhere"):
        locate_server()


def test_a_real_server_that_is_missing_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TOXIPROXY_SERVER", "TOXIPROXY_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BackendUnavailableError, match=r"Install it with `.ci/install-toxiproxy`"):
        FaultProxy.start(prefer="toxiproxy")


def test_without_a_real_server_the_embedded_engine_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TOXIPROXY_SERVER", "TOXIPROXY_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)

    with FaultProxy.start() as proxy:
        assert proxy.engine == "embedded"
