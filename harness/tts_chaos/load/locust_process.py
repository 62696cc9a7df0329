"""Locust as processes of its own: one, or a master with workers; none outlives this process."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tts_chaos.errors import InternalError
from tts_chaos.load.packages import require_packages
from tts_chaos.load.plan import Plan
from tts_chaos.processes import GuardedProcess

__all__ = ["PLAN_FILE", "LocustRun"]

PLAN_FILE = "plan.json"
DEFAULT_LOCUSTFILE = Path(__file__).parent / "locustfiles" / "shop.py"
"""In a folder of its own: Locust puts the folder of a locustfile in front of all others."""
_STOP_S = 30.0
_TOLD_LINES = 12
_GOOD = (0,)
"""Requests that failed are ours to judge: Locust is told to end with 0 for them."""


class LocustRun:
    """One load, from start to the end of all its processes; a context manager.

    Args:
        plan: What is sent; written to its results folder.
        locustfile: Users; None takes the bundled ones.
        bind: Address at which a master waits for workers; "" for 127.0.0.1 and local workers alone.
        port: The master's port; 0 picks a free one.
        awaited: Workers of other machines to wait for besides the local ones.

    Raises:
        BackendUnavailableError: If Locust is not installed.
    """

    def __init__(
        self, plan: Plan, *, locustfile: Path | None = None, bind: str = "", port: int = 0,
        awaited: int = 0,
    ) -> None:  # fmt: skip
        require_packages()
        self._plan = plan
        self._folder = Path(plan.results)
        self._locustfile = locustfile or DEFAULT_LOCUSTFILE
        self._bind = bind or "127.0.0.1"
        self._local = plan.workers
        self._awaited = awaited
        self.port = port or _free_port()
        self._parts: list[tuple[str, GuardedProcess]] = []

    def __enter__(self) -> LocustRun:
        self._folder.mkdir(parents=True, exist_ok=True)
        plan_file = self._folder / PLAN_FILE
        plan_file.write_bytes(msgspec.json.format(msgspec.json.encode(self._plan), indent=1))
        plan_file.chmod(0o600)  # it may hold an access token
        try:
            for name, options in self._commands(plan_file):
                self._start(name, options)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _commands(self, plan_file: Path) -> list[tuple[str, list[str]]]:
        outputs = [
            "--headless", "--tts-plan", str(plan_file), "--only-summary",
            "--csv", str(self._folder / "locust"), "--html", str(self._folder / "locust.html"),
            "--json-file", str(self._folder / "locust"), "--exit-code-on-error", "0",
        ]  # fmt: skip
        if self._local == 1 and not self._awaited:
            return [("locust", outputs)]
        meet = ["--master-port", str(self.port)]
        master = ["--master", "--master-bind-host", self._bind, "--master-bind-port",
                  str(self.port), "--expect-workers", str(self._local + self._awaited)]  # fmt: skip
        worker = ["--worker", "--master-host", "127.0.0.1", *meet]
        return [
            ("master", [*outputs, *master]),
            *((f"worker-{number}", worker) for number in range(self._local)),
        ]

    def _start(self, name: str, options: Sequence[str]) -> None:
        with (self._folder / f"{name}.log").open("wb") as log:
            process = GuardedProcess(
                [sys.executable, "-m", "locust", "-f", str(self._locustfile), *options],
                environment=_environment(),
                output=log,
            )
        self._parts.append((name, process))

    @property
    def pids(self) -> dict[str, int]:
        """Process id of each part's guard, by name."""
        return {name: process.pid for name, process in self._parts}

    @property
    def is_running(self) -> bool:
        """Whether the part that ends last still runs."""
        return self._parts[0][1].poll() is None

    def stop(self) -> None:
        """End the load now, in order: what was recorded is kept."""
        self._parts[0][1].terminate()

    def wait(self, within_s: float = _STOP_S) -> None:
        """Wait for the end.

        Raises:
            InternalError: If it did not end, or broke; with the last lines of its log.
        """
        name, process = self._parts[0]
        status = process.wait(within_s)
        if status is None or status not in _GOOD:
            lines = (self._folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
            told = "\n".join(lines.splitlines()[-_TOLD_LINES:])
            how = "did not end" if status is None else f"ended with status {status}"
            raise InternalError(f"Locust {how}; its last lines:\n{told}")

    def close(self) -> None:
        """End all processes."""
        for _, process in reversed(self._parts):
            with contextlib.suppress(OSError):
                process.close()


def _environment() -> dict[str, str]:
    """Return our environment without what would set options of Locust behind our back."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("LOCUST_", "TTS_LOAD_"))}
    package = str(Path(__file__).parents[2])
    paths = [package, *filter(None, own.get("PYTHONPATH", "").split(os.pathsep))]
    return {**own, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
