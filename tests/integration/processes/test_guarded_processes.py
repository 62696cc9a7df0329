"""What this process starts never outlives it, and nothing that was started outlives a program."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tts_chaos.processes import RUN_MARK, GuardedProcess, RunGuard

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux process control")
END_S = 5.0

SLEEPER = "import time; time.sleep(60)"
WITH_DAEMON = f"""
import subprocess, sys, time
daemon = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}], start_new_session=True)
print(daemon.pid, flush=True)
time.sleep(60)
"""
PARENT = """
import os, sys, time
from tts_chaos.processes import GuardedProcess
guarded = GuardedProcess([sys.executable, "-c", sys.argv[1]])
print(guarded.pid, guarded.output.readline().decode().strip(), flush=True)
if sys.argv[2] == "fork":
    # A child by fork alone keeps every pipe of its parent open.
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(60)
time.sleep(60)
"""
SELF = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


def is_gone(pid: int, within_s: float = END_S) -> bool:
    """Whether a process ends, or has ended, in time; one that only waits to be reaped has."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.02)
    return False


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def read_pid(guarded: GuardedProcess) -> int:
    assert guarded.output is not None
    return int(guarded.output.readline())


Start = Callable[..., GuardedProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda *given, **named: stack.enter_context(GuardedProcess(*given, **named))


@pytest.fixture
def killed_later() -> Iterator[list[int]]:
    pids: list[int] = []
    yield pids
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("program", "status"),
    [
        pytest.param("pass", 0, id="zero"),
        pytest.param("raise SystemExit(3)", 3, id="three"),
        pytest.param("import os; os.kill(os.getpid(), 9)", 137, id="by-a-signal"),
    ],
)
def test_a_program_ends_with_its_own_status(start: Start, program: str, status: int) -> None:
    guarded = start(python(program))

    assert guarded.wait(END_S) == status
    assert guarded.poll() == status


def test_a_program_that_cannot_be_started_says_so(start: Start) -> None:
    guarded = start(["/nowhere/shop"])

    assert guarded.wait(END_S) == 127
    assert guarded.output is not None
    assert guarded.output.read() == b"cannot start '/nowhere/shop': No such file or directory\n"


def test_a_program_gets_the_environment_and_folder_it_is_given(
    start: Start, tmp_path: Path
) -> None:
    program = "import os; print(os.environ['SHOP'], os.getcwd())"
    guarded = start(python(program), environment={"SHOP": "a"}, folder=tmp_path)

    assert guarded.output is not None
    assert guarded.output.read().decode().split() == ["a", str(tmp_path)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_program_that_is_asked_to_end_may_clean_up(start: Start) -> None:
    program = (
        "import os, signal, sys, time\n"
        # No print(): the signal may come while the one below is not done yet.
        "signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'clean\\n'), sys.exit(4)))\n"
        "print(0, flush=True)\n"
        "time.sleep(60)\n"
    )
    guarded = start(python(program))
    read_pid(guarded)

    guarded.terminate()

    assert guarded.wait(END_S) == 4
    assert guarded.output is not None
    assert guarded.output.read() == b"clean\n"


@LINUX_ONLY
def test_a_killed_program_takes_along_a_daemon_it_started(start: Start) -> None:
    guarded = start(python(WITH_DAEMON))
    daemon = read_pid(guarded)

    guarded.kill()
    guarded.kill()

    assert guarded.poll() == 137
    assert is_gone(daemon, within_s=0.1)


@LINUX_ONLY
def test_a_program_that_ends_by_itself_leaves_no_daemon_behind(start: Start) -> None:
    guarded = start(python(WITH_DAEMON.replace("time.sleep(60)\n", "pass\n")))
    daemon = read_pid(guarded)

    assert guarded.wait(END_S) == 0
    assert is_gone(daemon, within_s=0.1)


@LINUX_ONLY
def test_a_program_ends_with_a_watchdog_that_is_killed(start: Start) -> None:
    guarded = start(python(SELF))
    program = read_pid(guarded)

    os.kill(guarded.pid, signal.SIGKILL)

    assert is_gone(program)
    assert guarded.wait(END_S) == 137


@LINUX_ONLY
@pytest.mark.slow
@pytest.mark.parametrize("how", ["plain", "fork"])
def test_everything_ends_when_the_process_that_started_it_is_killed(
    how: str, killed_later: list[int]
) -> None:
    command = [*python(PARENT), WITH_DAEMON, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        watchdog, daemon = map(int, parent.stdout.readline().split())
        if how == "fork":
            killed_later.append(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()

        assert is_gone(daemon)
        assert is_gone(watchdog)
        for pid in killed_later:
            os.kill(pid, signal.SIGKILL)


STARTS_UNGUARDED = f"""
import subprocess, sys, time
from tts_chaos.processes import RunGuard
guard = RunGuard()
guard.start()
own = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}], start_new_session=True)
print(own.pid, flush=True)
time.sleep(60)
"""


@LINUX_ONLY
@pytest.mark.slow
def test_what_an_integration_started_during_a_run_ends_with_a_killed_run(
    killed_later: list[int],
) -> None:
    with subprocess.Popen(python(STARTS_UNGUARDED), stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        own = int(parent.stdout.readline())
        killed_later.append(own)
        parent.kill()

        assert is_gone(own)


@LINUX_ONLY
def test_a_run_that_ends_in_order_leaves_the_integration_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(RUN_MARK, "outer")
    guard = RunGuard()
    guard.start()
    with subprocess.Popen(python(SELF), stdout=subprocess.PIPE) as own:
        assert own.stdout is not None
        own.stdout.readline()

        guard.stop()
        guard.stop()

        assert own.poll() is None
        assert os.environ[RUN_MARK] == "outer"
        own.kill()
