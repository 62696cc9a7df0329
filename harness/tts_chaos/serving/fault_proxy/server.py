"""A real `toxiproxy-server` as a child process: found, started, watched and always ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.processes import GuardedProcess
from tts_chaos.serving.fault_proxy.client import ToxiproxyClient

__all__ = ["HOW_TO_GET", "ServerProcess", "locate_server"]

HOW_TO_GET = (
    "Install it with `.ci/install-toxiproxy` (needs Go) or from its project's releases, put it on "
    "PATH as `toxiproxy-server`, or name it in the environment variable TOXIPROXY_SERVER"
)
_EXECUTABLE = "toxiproxy-server"
_LINES_KEPT = 3
_START_S_MAX = 10.0
_STOP_S_MAX = 5.0
_ATTEMPTS = 3
"""Another program may take the free port between its choice and its use; thrice is no accident."""


def locate_server(folder: Path | None = None) -> Path | None:
    """Return the path of a `toxiproxy-server`, or None.

    Looks at the environment variable TOXIPROXY_SERVER, on PATH, and in `.tts-chaos/bin` of
    `folder` (default: the working directory) and the folders above it.

    Raises:
        BackendUnavailableError: If TOXIPROXY_SERVER names no executable file.
    """
    named = os.environ.get("TOXIPROXY_SERVER")
    if named:
        found = shutil.which(named)
        if found is None:
            raise BackendUnavailableError(
                f"the environment variable TOXIPROXY_SERVER names {named!r}, which is no "
                f"executable file; correct or unset it. {HOW_TO_GET}"
            )
        return Path(found)
    on_path = shutil.which(_EXECUTABLE)
    if on_path is not None:
        return Path(on_path)
    start = (folder or Path.cwd()).resolve()
    for parent in (start, *start.parents):
        candidate = shutil.which(_EXECUTABLE, path=parent / ".tts-chaos" / "bin")
        if candidate is not None:
            return Path(candidate)
    return None


class ServerProcess:
    """A running server; made by `start`.

    Attributes:
        url: URL of its control interface.
        pid: Id of the process that watches over it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = ""
        self._last_lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._process: GuardedProcess | None = None
        self._listener: threading.Thread | None = None

    @classmethod
    def start(cls, path: Path) -> ServerProcess:
        """Start the server at `path` on a free loopback port and wait until it answers.

        Raises:
            BackendUnavailableError: If it does not start or answer within 10 seconds.
        """
        server = cls(path)
        try:
            for _ in range(_ATTEMPTS):
                if server._launch():
                    return server
            raise BackendUnavailableError(
                f"{path} found its port taken {_ATTEMPTS} times: {server._last_words()}"
            )
        except BaseException:
            server.stop()
            raise

    @property
    def pid(self) -> int:
        """Id of the watching process."""
        assert self._process is not None
        return self._process.pid

    def _launch(self) -> bool:
        """Start one attempt; False when the port was taken meanwhile."""
        port = _free_port()
        self._last_lines.clear()
        command = [str(self.path), "-host", "127.0.0.1", "-port", str(port)]
        self._process = GuardedProcess(command, environment=os.environ | {"LOG_LEVEL": "error"})
        self.url = f"http://127.0.0.1:{port}"
        assert self._process.output is not None
        self._listener = threading.Thread(
            target=self._listen, args=(self._process.output,), name="toxiproxy-log", daemon=True
        )
        self._listener.start()
        return self._await_answer()

    def _listen(self, output: IO[bytes]) -> None:
        """Keep the last lines that the server writes; they say why it ended."""
        with output:
            for line in output:
                self._last_lines.append(line.decode("utf-8", "replace").strip())

    def _await_answer(self) -> bool:
        client = ToxiproxyClient(self.url, timeout_s=1.0)
        deadline_s = time.monotonic() + _START_S_MAX
        with contextlib.closing(client):
            while time.monotonic() < deadline_s:
                if "address already in use" in self._last_words():
                    self._end()
                    return False
                problem = self.problem()
                if problem:
                    raise BackendUnavailableError(f"{problem}. {HOW_TO_GET}")
                with contextlib.suppress(BackendUnavailableError):
                    client.version()
                    return True
                time.sleep(0.01)
        raise BackendUnavailableError(
            f"{self.path} did not answer at {self.url} within {_START_S_MAX:.0f} s; "
            f"its last words: {self._last_words()}"
        )

    def problem(self, grace_s: float = 0.0) -> str:
        """Return why the server is gone, or "" while it runs.

        Args:
            grace_s: Longest wait for its end; a server that stopped answering may be ending.
        """
        process = self._process
        if process is None:
            return ""
        status = process.wait(grace_s)
        if status is None:
            return ""
        if self._listener is not None:
            self._listener.join(grace_s)
        how = f"by signal {status - 128}" if status > 128 else f"with status {status}"
        return f"{self.path.name} ended {how}; its last words: {self._last_words()}"

    def _last_words(self) -> str:
        return " | ".join(self._last_lines) or "none"

    def stop(self) -> None:
        """End the server, whatever state it is in; calling it again does nothing."""
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        if self._listener is not None:
            self._listener.join(_STOP_S_MAX)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
