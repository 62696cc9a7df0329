"""What lies around a run fails: the fault proxy dies, a port is taken, the user presses Ctrl-C."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.chaos_project import QUICK, ChaosProject

pytestmark = pytest.mark.slow

PATIENCE_S = 20.0
SERVE = """
import sys
from tts_chaos.serving.fault_proxy.engine import EmbeddedEngine

engine = EmbeddedEngine.start()
print(engine.url, flush=True)
sys.stdin.read()
"""
ON_THE_LINE = QUICK.replace('fault = "platform_down"\ntimes = 1', 'fault = "port_refused"')
LIMITS = "[limits]\nwire_action_ms = 3000\n[recovery]\nwire_rto_ms = 1000\n"
KILLS_THE_PROXY = """
    def before_sync(self):
        if self.syncs == 2:
            import os, signal
            os.kill(int(os.environ["PROXY_PID"]), signal.SIGKILL)
"""


@pytest.fixture
def proxy_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """A server with Toxiproxy's interface in a process of its own, named to the run."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        monkeypatch.setenv("TOXIPROXY_URL", process.stdout.readline().strip())
        monkeypatch.setenv("PROXY_PID", str(process.pid))
        yield process
        process.kill()


@pytest.mark.usefixtures("proxy_server")
def test_a_proxy_that_dies_while_a_fault_is_armed_is_an_error_of_the_harness(
    project: ChaosProject,
) -> None:
    project.scenario(text=ON_THE_LINE + LIMITS)
    project.integration(KILLS_THE_PROXY)

    result = project.run("--tts-world", "wire", "--tts-report", "out")

    result.stdout.fnmatch_lines(["harness_error *quick [[]wire]*"])
    assert result.ret == 15
    (run,) = project.report()["runs"]
    assert "does not answer" in run["reason"]


@pytest.mark.usefixtures("proxy_server")
def test_a_proxy_that_dies_before_a_fault_is_armed_is_an_error_of_the_harness(
    project: ChaosProject,
) -> None:
    sync = '[[method]]\naction = "sync_orders"\n'
    project.scenario(text=ON_THE_LINE.replace("[[method]]", f"{sync}[[method]]", 1) + LIMITS)
    project.integration(KILLS_THE_PROXY)

    result = project.run("--tts-world", "wire", "--tts-report", "out")

    assert result.ret == 15
    (run,) = project.report()["runs"]
    assert "does not answer" in run["reason"]


def test_a_proxy_that_is_not_there_is_told_in_one_sentence(
    project: ChaosProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("TOXIPROXY_URL", f"http://127.0.0.1:{port}")
    project.scenario()

    result = project.run("--tts-world", "wire")

    result.stdout.fnmatch_lines(
        [f"harness_error *set-up failed: the Toxiproxy server at http://127.0.0.1:{port} *"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    assert result.ret == 15


WAYS_TO_BE_BUSY = {
    "sleeping": "time.sleep(60)",
    "computing": "sum(1 for _ in iter(int, 1))",
    "waiting-for-another-thread": "threading.Event().wait()",
}


def _children(pid: int) -> set[int]:
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) == pid:
            found.add(int(status.parent.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("world", "busy"),
    [("simulated", "computing"), *(("wire", way) for way in WAYS_TO_BE_BUSY)],
)
def test_ctrl_c_in_the_middle_of_a_call_leaves_nothing_behind(
    project: ChaosProject, world: str, busy: str
) -> None:
    project.scenario("a")
    project.scenario("b")
    project.integration(
        f"""
    def before_sync(self):
        import pathlib, threading, time
        begun = pathlib.Path("begun")
        begun.write_text(begun.read_text() + "x" if begun.exists() else "x")
        if len(begun.read_text()) == 6:
            pathlib.Path("busy").write_text(self.inner._settings.api_url)
            {WAYS_TO_BE_BUSY[busy]}
"""
    )
    arguments = [*project.command("--tts-world", world, "--tts-report", "out")]
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=project.path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    _wait_for(project.path / "busy")
    children = _children(process.pid)
    process.send_signal(signal.SIGINT)

    output, _ = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 2, output
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    report = json.loads((project.path / "out/report.json").read_text())
    assert [run["scenario"] for run in report["runs"]] == ["a"]


def _wait_for(file: Path) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not file.exists() or not file.read_text():
        assert time.monotonic() < deadline_s, f"{file.name} never came"
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_run_on_real_sockets_leaves_no_port_open(project: ChaosProject) -> None:
    project.scenario()
    before = _listening()

    project.run("--tts-world", "wire").assert_outcomes(passed=1)

    assert _listening() == before


def _listening() -> set[str]:
    """Return the inodes of this process's own listening sockets."""
    opened = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    own = {name.removeprefix("socket:[").rstrip("]") for name in opened}
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == "0A"} & own


def test_a_taken_port_is_no_obstacle(project: ChaosProject) -> None:
    project.scenario()
    project.write(
        "conftest.py",
        "import socket\n\nTAKEN = [socket.create_server(('127.0.0.1', 0)) for _ in range(20)]\n\n\n"
        "def pytest_unconfigure():\n    for each in TAKEN:\n        each.close()\n",
    )

    project.run("--tts-world", "wire").assert_outcomes(passed=1)
