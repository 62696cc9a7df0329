"""A chaos run that is killed in the middle of a fault, and what is left of it afterwards.

Linux only: processes, their listening ports and their network namespaces are read from /proc, and
found by an entry of the environment, so that nobody escapes by leaving group, session or parent.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tts_chaos.serving.fault_proxy.client import ToxiproxyClient

__all__ = ["FAULTS", "LIMIT_S", "Killed", "Left", "kill_in_mid_run"]

LIMIT_S = 5.0
"""After this long nothing of a killed run may be left."""

START_LIMIT_S = 180.0
_HOST = Path("/proc/self/ns/net")

FAULTS = {
    "port_refused": "",
    "port_black_holed": "",
    "answer_slow": "delay_ms = 200",
    "answer_stalled": "",
    "connection_reset": 'when = "after"',
    "rate_limited": "",
}
"""Faults that are armed in turn when the process is killed, with their settings."""

CONFTEST = '''
import shutil, subprocess, sys
from pathlib import Path

import pytest

from tts_chaos.processes import GuardedProcess
from tts_chaos.reference.factory import make_reference

LISTENS = """
import socket, time
listening = socket.create_server(("127.0.0.1", 0))
time.sleep(120)
"""


def start_children():
    """Start what integrations start: a server, a daemon that left its session, a namespace."""
    python = [sys.executable, "-I", "-S", "-c", LISTENS]
    started = [subprocess.Popen(python), subprocess.Popen(python, start_new_session=True)]
    if {has_namespace}:
        started.append(subprocess.Popen(["unshare", "-r", "-n", *python]))
    return started, GuardedProcess(python)


class Integration:
    def __init__(self, reference):
        self.reference = reference
        self.children = start_children()

    def __getattr__(self, name):
        return getattr(self.reference, name)

    def orders(self):
        return self.reference.orders()

    def sync_orders(self):
        Path("syncs").open("a").write(".")
        self.reference.sync_orders()


@pytest.fixture
def tts_integration(tts_twin, tts_workspace):
    return Integration(make_reference(tts_twin, tts_workspace))
'''

SCENARIO = """
title = "The process is killed while a fault is armed"
description = "A fault is armed, the integration works, and the run waits."
why = "Nothing may outlive a run, however it ends."
tags = ["kill"]
needs = ["real-sockets"]

[[method]]
fault = "{fault}"
{settings}

[[method]]
action = "sync_orders"
repeat = 40
every_ms = 300
"""


@dataclass(frozen=True, slots=True)
class Killed:
    """How a run is set up and when it is killed.

    Attributes:
        fault: Fault that is armed, of `FAULTS`.
        engine: `embedded`, `child` (a real server of its own) or `joined` (one that was there).
        workers: Whether pytest-xdist runs it.
        after_s: How long after the second sync it is killed.
    """

    fault: str
    engine: str
    workers: bool
    after_s: float


@dataclass(slots=True)
class Left:
    """What there was before, and what was left.

    Attributes:
        processes: Command lines of all processes before the kill, by id.
        ports: Ports on which they listened.
        namespaces: Network namespaces besides the machine's own.
        took_s: How long it took until nothing was left.
        problems: A sentence for each thing left after `LIMIT_S`, and for a run that never was.
    """

    processes: dict[int, str] = field(default_factory=dict)
    ports: set[int] = field(default_factory=set)
    namespaces: set[str] = field(default_factory=set)
    took_s: float = 0.0
    problems: list[str] = field(default_factory=list)


def kill_in_mid_run(killed: Killed, folder: Path, server: Path | None) -> Left:
    """Start a run in `folder`, kill it, and wait until nothing of it is left."""
    with contextlib.ExitStack() as cleanup:
        mark = f"KILLED_RUN={secrets.token_hex(8)}"
        environment = _environment(killed, mark, server, cleanup)
        _write_project(killed, folder)
        command = [sys.executable, "-m", "pytest", "--tts-chaos", "--tts-world", "wire", "-q"]
        command += ["-p", "no:cacheprovider", *(["-n", "1"] if killed.workers else [])]
        log = cleanup.enter_context((folder / "log").open("wb"))
        run = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        cleanup.callback(_kill_all, mark)
        left = Left()
        if not _await(lambda: _syncs(folder) >= 3, START_LIMIT_S, run):
            left.problems.append(f"the run never got going: {(folder / 'log').read_text()[-2000:]}")
            return left
        time.sleep(killed.after_s)
        _take_stock(mark, left)
        proxies = _proxies(environment)
        run.kill()
        run.wait()
        started_s = time.monotonic()
        while (rest := _rest(mark, left, environment)) and time.monotonic() < started_s + LIMIT_S:
            time.sleep(0.02)
        left.took_s = time.monotonic() - started_s
        left.problems += rest + _unbelievable(killed, left, proxies)
        return left


def _environment(
    killed: Killed, mark: str, server: Path | None, cleanup: contextlib.ExitStack
) -> dict[str, str]:
    name, _, value = mark.partition("=")
    own = {"TOXIPROXY_URL", "TOXIPROXY_SERVER"}
    environment = {key: text for key, text in os.environ.items() if key not in own}
    if killed.engine == "embedded":
        environment["PATH"] = _path_without_server(environment["PATH"])
        return environment | {name: value}
    assert server is not None
    if killed.engine == "child":
        return environment | {name: value, "TOXIPROXY_SERVER": str(server)}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    standing = subprocess.Popen(
        [server, "-port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    cleanup.callback(standing.wait)
    cleanup.callback(standing.kill)
    environment["TOXIPROXY_URL"] = f"http://127.0.0.1:{port}"
    assert _await(lambda: _is_listening(port), START_LIMIT_S, standing)
    return environment | {name: value}


def _path_without_server(path: str) -> str:
    folders = path.split(os.pathsep)
    return os.pathsep.join(f for f in folders if not shutil.which("toxiproxy-server", path=f))


def _write_project(killed: Killed, folder: Path) -> None:
    (folder / "chaos").mkdir(parents=True)
    settings = FAULTS[killed.fault]
    (folder / "chaos" / "killed.toml").write_text(
        SCENARIO.format(fault=killed.fault, settings=settings)
    )
    conftest = CONFTEST.replace("{has_namespace}", str(has_namespaces()))
    (folder / "conftest.py").write_text(conftest)
    (folder / "pytest.ini").write_text(
        "[pytest]\ntts_scenario_paths = chaos\ntts_bundled_scenarios = false\n"
    )


def has_namespaces() -> bool:
    """Whether this machine lets us make a network namespace."""
    probe = ["unshare", "-r", "-n", "true"]
    return (
        bool(shutil.which("unshare")) and subprocess.run(probe, capture_output=True).returncode == 0
    )


def _syncs(folder: Path) -> int:
    with contextlib.suppress(OSError):
        return len((folder / "syncs").read_text())
    return 0


def _await(holds: Callable[[], bool], limit_s: float, process: subprocess.Popen[bytes]) -> bool:
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s and process.poll() is None:
        if holds():
            return True
        time.sleep(0.02)
    return False


# -- what there is ----------------------------------------------------------------------------


def _marked(mark: str) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


def _take_stock(mark: str, left: Left) -> None:
    for pid in _marked(mark):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
            namespace = str(Path(f"/proc/{pid}/ns/net").readlink())
            left.processes[pid] = words.decode("utf-8", "replace")
            if namespace != str(_HOST.readlink()):
                left.namespaces.add(namespace)
            else:
                left.ports |= _listening_ports(pid)


def _listening_ports(pid: int) -> set[int]:
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if found := re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink())):
                inodes.add(found[1])
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and row[9] in inodes}


def _proxies(environment: dict[str, str]) -> list[str]:
    """Return the names of the proxies on a server that stands by itself."""
    url = environment.get("TOXIPROXY_URL")
    if url is None:
        return []
    client = ToxiproxyClient(url)
    with contextlib.closing(client):
        return list(client.proxies())


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _rest(mark: str, left: Left, environment: dict[str, str]) -> list[str]:
    """Return a sentence for each thing that is still there."""
    alive = [pid for pid in _marked(mark) if _state(pid) not in ("Z", "")]
    rest = [f"process {pid} lives: {left.processes.get(pid, 'unknown before')}" for pid in alive]
    rest += [f"port {port} listens" for port in sorted(left.ports) if _is_listening(port)]
    rest += [f"namespace {name} lives" for name in left.namespaces & _namespaces()]
    return rest + [f"proxy {name} stands" for name in _proxies(environment)]


def _state(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    return ""


def _namespaces() -> set[str]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                found.add(str((entry / "ns" / "net").readlink()))
    return found


def _unbelievable(killed: Killed, left: Left, proxies: Iterable[str]) -> list[str]:
    """Return what was missing before the kill: a proof that found nothing proves nothing."""
    wanted = {"embedded": 0, "child": 1, "joined": 0}[killed.engine]
    servers = sum(
        "-host 127.0.0.1 -port" in words and "watchdog" not in words
        for words in left.processes.values()
    )
    problems = []
    if servers < wanted:
        problems.append("no toxiproxy-server ran before the kill")
    if sum("create_server" in words for words in left.processes.values()) < 3:
        problems.append("the integration's children did not run before the kill")
    if has_namespaces() and not left.namespaces:
        problems.append("there was no namespace before the kill")
    if len(left.ports) < 5:
        problems.append(f"only ports {sorted(left.ports)} listened before the kill")
    if killed.engine == "joined" and len(list(proxies)) < 2:
        problems.append("there were no proxies on the server before the kill")
    return problems


def _kill_all(mark: str) -> None:
    for pid in list(_marked(mark)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
