"""What reaches share, and what a private network adds: faults, ports, refusals, and the end."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.reach.conftest import (
    API_URL,
    PROGRAMS,
    Start,
    Twin,
    run_in,
)
from tests.integration.serving.test_wire_world import Late, Refused

from tts_chaos.faults.fault import Trigger
from tts_chaos.injectors.reach.choosing import choose_reach
from tts_chaos.injectors.reach.namespace import NamespaceReach
from tts_chaos.wire.delivery import Connection, Delivery
from tts_chaos.wire.message import API_HOST

REACHES = ["namespace", "shim", "proxy"]
PATIENCE_S = 20.0

Served = tuple[NamespaceReach, int, "subprocess.Popen[str]"]


def _python(name: str, *arguments: str) -> list[str]:
    return [sys.executable, str(PROGRAMS / name), *arguments]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _eventually(is_so: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.01)
    return True


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _leftovers(folder: Path) -> set[str]:
    """Return files below a folder, and processes whose command names it."""
    found = {str(each) for each in folder.iterdir()}
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder) in each.read_bytes():
                found.add(str(each))
    return found


# -- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", REACHES)
def test_a_slow_line_is_slow_for_the_program(how: str, twin: Twin, opened: Start) -> None:
    command = _python("timed_get.py", API_URL, "20")
    reach = opened(how, command)
    twin.world.arm("late", Late(), Trigger())

    took_ms, said = run_in(reach, command).stdout.split()

    # The handshake and the answer each wait.
    assert int(took_ms) >= 160
    assert said == "0123456789"


@pytest.mark.parametrize(
    ("how", "said"),
    [("namespace", "reset"), ("shim", "refused"), ("proxy", "502 Bad Gateway")],
)
def test_a_closed_port_is_told_as_each_way_can(
    how: str, said: str, twin: Twin, opened: Start
) -> None:
    command = _python("timed_get.py", API_URL, "20")
    reach = opened(how, command)
    twin.world.arm("down", Refused(), Trigger())

    assert said in run_in(reach, command).stdout

    twin.world.lift("down")
    assert "0123456789" in run_in(reach, command).stdout


@pytest.mark.parametrize("how", REACHES)
def test_a_reset_travels_as_a_reset_or_as_an_end(how: str, twin: Twin, opened: Start) -> None:
    twin.door._deliveries = (Delivery(response=None, connection=Connection.RESET_BEFORE_ANSWER),)
    command = _python("timed_get.py", API_URL, "20")

    told = run_in(opened(how, command), command).stdout

    assert "reset" in told or "closed" in told, told
    assert len(twin.hosts_asked()) == 1


# -- what is refused ------------------------------------------------------------------------------


def test_a_private_network_sees_what_is_sent_anywhere(opened: Start) -> None:
    command = _python("send_outside.py")
    reach = opened("namespace", command)

    done = run_in(reach, command)

    assert done.stdout.split() == ["111", "111"]
    assert set(reach.refused()) == {
        "93.184.216.34:8443",
        "93.184.216.34:5353",
        "[2001:db8::7]:8443",
        "[2001:db8::7]:5353",
    }


@pytest.mark.parametrize("how", REACHES)
def test_the_platform_without_tls_is_refused(how: str, twin: Twin, opened: Start) -> None:
    command = _python("timed_get.py", f"http://{API_HOST}/", "20")
    reach = opened(how, command)

    done = run_in(reach, command)

    assert "0123456789" not in done.stdout
    assert twin.hosts_asked() == []
    if how != "namespace":
        assert reach.refused() == (f"{API_HOST}:80",)


def test_the_interceptor_explains_a_refusal_and_answers_noise(twin: Twin) -> None:
    reach = choose_reach("proxy", ["curl"])
    reach.open(twin.connection)
    port = int(reach.environment({})["HTTPS_PROXY"].rpartition(":")[2])

    def ask(line: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
            client.sendall(line + b"\r\n\r\n")
            return b"".join(iter(lambda: client.recv(4096), b""))

    with contextlib.closing(reach):
        refused = ask(b"CONNECT outside.example:443 HTTP/1.1")
        wrong_port = ask(b"CONNECT %s:80 HTTP/1.1" % API_HOST.encode())
        absolute = ask(b"GET http://outside.example/ HTTP/1.1")
        noise = [ask(line) for line in (b"", b"GET / HTTP/1.1", b"CONNECT a:b:c", b"\x16\x03\x01")]

    assert refused.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"tts-chaos refused outside.example:443: during a run nothing leaves" in refused
    assert wrong_port.startswith(b"HTTP/1.1 403")
    assert absolute.startswith(b"HTTP/1.1 403")
    assert all(each.startswith(b"HTTP/1.1 400") for each in noise)
    assert reach.refused() == ("outside.example:443", f"{API_HOST}:80", "outside.example:80")


# -- ports of a program in a private network ------------------------------------------------------


@pytest.fixture
def served(
    twin: Twin, opened: Start
) -> Iterator[tuple[NamespaceReach, int, subprocess.Popen[str]]]:
    port = _free_port()
    command = _python("serve.py", str(port), API_URL)
    reach = opened("namespace", command)
    assert isinstance(reach, NamespaceReach)
    reach.publish(port)
    with subprocess.Popen(
        reach.wrap(command),
        env=reach.environment({"PATH": os.environ["PATH"]}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "up\n"
        yield reach, port, program
        program.kill()


def test_a_port_is_open_as_long_as_the_program_listens(
    served: Served,
) -> None:
    _, port, program = served
    assert not _is_open(port)

    assert program.stdin is not None
    program.stdin.write("\n")
    program.stdin.flush()

    assert _eventually(lambda: _is_open(port))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S) as answer:
        assert answer.read() == b"0123456789"
    program.kill()
    assert _eventually(lambda: not _is_open(port))


def test_another_command_meets_the_program_in_there(
    served: Served,
) -> None:
    reach, port, program = served
    assert program.stdin is not None
    program.stdin.write("\n")
    program.stdin.flush()
    assert _eventually(lambda: _is_open(port))

    done = run_in(reach, _python("timed_get.py", f"http://127.0.0.1:{port}/", "20"))

    assert done.stdout.split()[1:] == ["0123456789"]


def test_a_port_of_this_machine_is_there_where_it_is_asked_for(twin: Twin) -> None:
    if NamespaceReach().probe():
        pytest.skip("no private network here")
    with socket.create_server(("127.0.0.1", 0)) as database:
        port = database.getsockname()[1]
        reach = choose_reach("namespace", [sys.executable], local_ports=[port])
        reach.open(twin.connection)
        with contextlib.closing(reach):
            code = "import socket,sys;socket.create_connection(('127.0.0.1',int(sys.argv[1])))"

            done = run_in(reach, [sys.executable, "-c", code, str(port)])

    assert done.returncode == 0, done.stderr


def test_the_address_for_the_environment_works_in_there(twin: Twin, opened: Start) -> None:
    command = _python("timed_get.py", f"{twin.connection.api_url}/", "20")

    done = run_in(opened("namespace", command), command)

    assert done.stdout.split()[1:] == ["0123456789"]


def test_a_command_that_is_not_there_is_told(opened: Start) -> None:
    reach = opened("namespace", ["./not-there"])

    done = run_in(reach, ["./not-there"])

    assert done.returncode == 127
    assert done.stderr == "tts-chaos: ./not-there: not found\n"


def test_the_program_runs_as_the_same_user_in_the_same_folder(
    opened: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reach = opened("namespace", ["sh"])

    done = run_in(reach, ["sh", "-c", "id -u; pwd; touch made"])

    assert done.stdout.split() == [str(os.getuid()), str(tmp_path)]
    assert (tmp_path / "made").stat().st_uid == os.getuid()


# -- the end --------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", REACHES)
def test_closing_leaves_nothing(
    how: str, twin: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "namespace" and NamespaceReach().probe():
        pytest.skip("no private network here")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    gc.collect()
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    command = _python("serve.py", "1", str(tmp_path))
    reach = choose_reach(how, command)
    reach.open(twin.connection)
    program = subprocess.Popen(
        reach.wrap(command),
        env=reach.environment({"PATH": os.environ["PATH"]}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == b"up\n"
    assert len(_leftovers(tmp_path)) >= 2

    if how != "namespace":
        # A private network ends what is in it; elsewhere that is the affair of who started it.
        program.kill()
    reach.close()
    program.wait(PATIENCE_S)
    program.communicate()

    assert program.returncode == -signal.SIGKILL
    assert _leftovers(tmp_path) == set()
    # Fewer are fine: the collector may close what an earlier test left to it.
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors


def test_a_killed_harness_leaves_no_private_network(twin: Twin, tmp_path: Path) -> None:
    if NamespaceReach().probe():
        pytest.skip("no private network here")
    script = f"""
import dataclasses, os, subprocess, sys, time
from tests.integration.reach.conftest import CREDENTIALS
from tts_chaos.injectors.reach.namespace import NamespaceReach
connection = dataclasses.replace(CREDENTIALS, api_url={twin.connection.api_url!r},
    token_url={twin.connection.token_url!r}, ca_file={twin.connection.ca_file!r})
reach = NamespaceReach()
reach.open(connection)
program = [sys.executable, {str(PROGRAMS / "serve.py")!r}, "1", {str(tmp_path)!r}]
subprocess.Popen(reach.wrap(program), stdin=subprocess.PIPE, start_new_session=True)
time.sleep(60)
"""
    harness = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
    )
    assert harness.stdout is not None
    assert harness.stdout.readline() == b"up\n"
    # Its folder, its holder, the program, and the harness itself.
    assert len(_leftovers(tmp_path)) == 4

    harness.kill()
    harness.communicate()

    assert _eventually(lambda: _leftovers(tmp_path) == set())
