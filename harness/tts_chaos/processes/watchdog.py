"""Runs a program and ends it, with all it started, when the process that asked for it ends.

Started as a script, with a pipe as standard input whose other end the harness holds. The operating
system closes that end however the harness ends, `kill -9` included; should another process have
inherited it, the change of parent tells the same. Imports nothing but the standard library, for it
runs isolated from any environment.

    watchdog.py PARENT MARK INPUT [COMMAND...]

PARENT is the process to live with. MARK, if not empty, is an environment entry (`NAME=value`): when
the end comes, every process that carries it is ended as well, whoever started it. INPUT, if not
empty, is the file that the program reads as its standard input. Without COMMAND
it only waits for that; a byte on standard input first says that all is well and nothing is left.

What can be reached, by system:

- Linux: the whole tree, processes that left their group or session included, since orphans become
  children of this process; and by MARK.
- other POSIX systems: the program and its process group.
- Windows: the program.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

__all__ = ["main"]

POLL_S = 0.1
"""How often the parent is looked at."""

SWEEP_LIMIT_S = 4.0
"""Longest time spent on ending what goes on starting others."""

CANNOT_START = 127
_IS_LINUX = sys.platform == "linux"
_IS_POSIX = os.name == "posix"
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def main(parent: int, mark: str, source: str, command: list[str]) -> int:
    """Run `command` to its end, or until the parent or standard input ends.

    Returns:
        Its exit status; 128 plus the number of the signal that ended it; 127 where it cannot be
        started.
    """
    # Our own end comes by the pipe; a Ctrl-C in the terminal is the harness's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _IS_LINUX:
        _control(_PR_SET_CHILD_SUBREAPER, 1)
    if not command:
        return _guard(parent, mark)
    try:
        with open(source or os.devnull, "rb") as given:  # noqa: PTH123 - see below
            child = subprocess.Popen(  # noqa: S603 - what the harness asked for
                command,
                stdin=given,
                preexec_fn=_die_with(os.getpid()) if _IS_LINUX else None,
            )
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]!r}: {error.strerror or error}\n")
        return CANNOT_START
    told, asked = threading.Event(), threading.Event()

    def tell(*_: object) -> None:
        # The whole group, for a launcher (`npm start`, a shell) may not pass it on.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        told.set()
        os.killpg(0, signal.SIGTERM)

    if _IS_POSIX:
        signal.signal(signal.SIGTERM, tell)

    def end() -> None:
        asked.set()
        child.kill()

    for watch in (_await_pipe, lambda done: _await_parent(parent, done)):
        threading.Thread(target=watch, args=(end,), daemon=True).start()
    status = child.wait()
    # A launcher may go before what it launched has put its things in order.
    while told.is_set() and any(_descendants(os.getpid())) and not asked.wait(POLL_S / 10):
        pass
    # What a program leaves running is not wanted any longer than the program itself.
    _end_all(mark if asked.is_set() else "")
    if asked.is_set() and _IS_POSIX and not _IS_LINUX:
        os.killpg(0, signal.SIGKILL)
    return status if status >= 0 else 128 - status


def _guard(parent: int, mark: str) -> int:
    """Wait for the end; a byte says that it is an orderly one."""
    ended = threading.Event()
    threading.Thread(target=_await_parent, args=(parent, ended.set), daemon=True).start()

    def read() -> None:
        if os.read(0, 1):
            os._exit(0)
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    ended.wait()
    _end_all(mark)
    return 0


def _await_pipe(end: Callable[[], None]) -> None:
    # Unbuffered: a buffered reader would hold a lock that the end of this program needs.
    while os.read(0, 1):
        pass
    end()


def _await_parent(parent: int, end: Callable[[], None]) -> None:
    if not _IS_POSIX:
        return
    while os.getppid() == parent:
        time.sleep(POLL_S)
    end()


def _die_with(watchdog: int) -> Callable[[], None]:
    """Return what a child does before it becomes the program: tie its life to ours."""

    def tie() -> None:
        _control(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != watchdog:
            os._exit(CANNOT_START)

    return tie


def _control(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _end_all(mark: str) -> None:
    """End every descendant, and whatever carries `mark`, until none is left."""
    if not _IS_LINUX:
        return
    deadline_s = time.monotonic() + SWEEP_LIMIT_S
    while time.monotonic() < deadline_s:
        found = {*_descendants(os.getpid()), *_marked(mark)}
        if not found:
            return
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)


def _descendants(pid: int) -> Iterator[int]:
    for child in _children(pid):
        if _state(child) not in ("Z", "X", ""):
            yield child
        yield from _descendants(child)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - pathlib takes time to import
            with contextlib.suppress(OSError):
                found += [int(word) for word in _read(f"/proc/{pid}/task/{task}/children").split()]
    return found


def _state(pid: int) -> str:
    """Return the letter of a process's state, "" for one that is gone."""
    with contextlib.suppress(OSError):
        return _read(f"/proc/{pid}/stat").rpartition(b") ")[2][:1].decode()
    return ""


def _marked(mark: str) -> Iterator[int]:
    if not mark:
        return
    wanted = mark.encode()
    for name in os.listdir("/proc"):  # noqa: PTH208 - see above
        if not name.isdigit() or int(name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            is_marked = wanted in _read(f"/proc/{name}/environ").split(b"\0")
            if is_marked and _state(int(name)) not in ("Z", "X", ""):
                yield int(name)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - see above
        return file.read()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]))
