"""A child process that ends with this one, whatever ends it, and takes along all it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

__all__ = ["GuardedProcess"]

_WATCHDOG = Path(__file__).with_name("watchdog.py")
_END_S_MAX = 5.0


class GuardedProcess:
    """A running program under a watchdog, which is a process of its own.

    The program and its process group get SIGTERM by `terminate`; `kill` ends it at once, and so
    does the end of this process, `kill -9` included. On Linux everything that the program
    started ends with it, daemons included; on other POSIX systems its process group; on Windows
    the program alone.

    Args:
        command: Program and arguments.
        environment: The program's environment; None inherits this process's.
        folder: The program's working directory.
        output: Where standard output goes, as for `subprocess.Popen`; a pipe by default.
        errors: The same for standard error; by default together with the output.
        input: File to read as standard input; None gives an empty one.

    Attributes:
        output: The pipe of standard output, None where it goes elsewhere.
        errors: The pipe of standard error, None where it goes elsewhere.

    Raises:
        OSError: If the watchdog cannot be started. A program that cannot be started says so on its
            standard error and ends with status 127.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        output: int | IO[bytes] = subprocess.PIPE,
        errors: int | IO[bytes] = subprocess.STDOUT,
        input: Path | None = None,
    ) -> None:
        self._process = start_watchdog(
            "",
            command,
            environment=environment,
            folder=folder,
            output=output,
            errors=errors,
            input=input,
        )
        self.output = self._process.stdout
        self.errors = self._process.stderr

    @property
    def pid(self) -> int:
        """Id of the watchdog, which is also that of the session and process group."""
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit status, 128 plus a signal's number where one ended it; None: it runs."""
        return _plain(self._process.poll())

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait for the end; returns the exit status as `poll` does, None once time is up."""
        try:
            return _plain(self._process.wait(timeout_s))
        except subprocess.TimeoutExpired:
            return None

    def terminate(self) -> None:
        """Ask the program to end (SIGTERM); on Windows it is ended. Twice does no harm."""
        with contextlib.suppress(OSError):
            self._process.terminate()

    def kill(self) -> None:
        """End the program and all it started at once; returns when they are gone."""
        end_watchdog(self._process)

    def close(self) -> None:
        """Do as `kill` does, and close the pipes; what was not read from them is lost."""
        self.kill()
        for pipe in (self.output, self.errors):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> GuardedProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def start_watchdog(
    mark: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    output: int | IO[bytes] = subprocess.DEVNULL,
    errors: int | IO[bytes] = subprocess.DEVNULL,
    input: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a watchdog in a session of its own; see `watchdog.py` for what it does."""
    own = [sys.executable, "-I", "-S", str(_WATCHDOG), str(os.getpid()), mark, str(input or "")]
    return subprocess.Popen(  # noqa: S603 - what the caller asked for, without a shell
        [*own, *command],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=errors,
        env=None if environment is None else dict(environment),
        cwd=folder,
        start_new_session=True,
    )


def end_watchdog(process: subprocess.Popen[bytes]) -> None:
    """Let a watchdog end what it watches, and see to it where the watchdog is gone itself."""
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(_END_S_MAX)
    except subprocess.TimeoutExpired:
        _kill_group(process)
        process.wait()
    if process.returncode < 0:
        # The watchdog was killed itself and could not take the program along.
        _kill_group(process)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _plain(status: int | None) -> int | None:
    """Return a status as the watchdog gives it, also where the watchdog itself was killed."""
    return 128 - status if status is not None and status < 0 else status
