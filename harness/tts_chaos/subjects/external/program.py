"""One run of a program: started, watched, asked to end, killed. It never outlives the harness."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import PIPE
from typing import IO

from tts_chaos.errors import BackendUnavailableError, ConfigError
from tts_chaos.processes import GuardedProcess
from tts_chaos.subjects.external.output import Output

__all__ = ["Program"]

_DRAIN_S_MAX = 2.0
_CHUNK_BYTES = 65_536
_LOOK_EVERY_S = 0.01


class Program:
    """A started program.

    Attributes:
        stderr: What it writes to that stream.

    Args:
        argv: Command and arguments; never passed through a shell.
        environment: All its variables.
        folder: Its working folder.
        stdout: Takes what it writes.
        stderr: Takes what it writes to the other stream.
        stdin: File that it reads; None for nothing.

    Raises:
        ConfigError: If there is no such command.
        BackendUnavailableError: If the system has no way to run it.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        stdout: Output,
        stderr: Output,
        stdin: Path | None = None,
    ) -> None:
        if sys.platform == "win32":
            raise BackendUnavailableError("integrations that are programs need a POSIX system")
        _refuse_missing(argv[0], environment.get("PATH", ""), folder)
        self.stderr = stderr
        self._process = GuardedProcess(
            argv, environment=environment, folder=folder, errors=PIPE, input=stdin
        )
        self._threads = [
            _drain(self._process.output, stdout),
            _drain(self._process.errors, stderr),
        ]

    @property
    def exit_status(self) -> int | None:
        """Its exit status, 128 plus a signal's number where one ended it; None while it lives."""
        return self._process.poll()

    def how_ended(self) -> str:
        """Return "with status 1" or "by SIGKILL"; "" while it lives."""
        status = self.exit_status
        if status is None:
            return ""
        known = {number.value for number in signal.Signals}
        if status - 128 in known:
            return f"by {signal.Signals(status - 128).name}"
        return f"with status {status}"

    def wait(self, limit_s: float) -> bool:
        """Wait for its end; returns whether it has ended.

        In short waits, since an exception for this thread arrives only between them.
        """
        deadline_s = time.monotonic() + limit_s
        while self.exit_status is None:
            if time.monotonic() >= deadline_s:
                return False
            time.sleep(_LOOK_EVERY_S)
        return True

    def stop(self, within_s: float) -> None:
        """Ask it to end, and kill it where it does not."""
        self._process.terminate()
        self.wait(within_s)
        self.kill()

    def kill(self) -> None:
        """End it at once, with all that it started; twice does nothing."""
        self._process.kill()
        for thread in self._threads:
            thread.join(_DRAIN_S_MAX)
        if not any(thread.is_alive() for thread in self._threads):
            self._process.close()


def _refuse_missing(name: str, search_path: str, folder: Path) -> None:
    """Say more clearly than the system would that a command is not there."""
    if "/" in name:
        file = folder / name
        if not file.is_file():
            raise ConfigError(f"there is no program {file}")
        if not os.access(file, os.X_OK):
            raise ConfigError(f"{file} may not be executed; try chmod +x")
    elif shutil.which(name, path=search_path) is None:
        raise ConfigError(f"there is no program {name!r} in the folders of PATH; install it")


def _drain(stream: IO[bytes] | None, output: Output) -> threading.Thread:
    assert stream is not None

    def drain() -> None:
        while data := os.read(stream.fileno(), _CHUNK_BYTES):
            output.feed(data)

    thread = threading.Thread(target=drain, name="tts-chaos-program", daemon=True)
    thread.start()
    return thread
