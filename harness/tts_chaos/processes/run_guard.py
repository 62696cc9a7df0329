"""Ends what a run has started in whatever way, should this process end before the run does.

An integration in this process may start programs of its own. They inherit the environment, and in
it a mark by which they are found when this process was killed and nobody else can end them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess

from tts_chaos.processes.guarded import start_watchdog

__all__ = ["RUN_MARK", "RunGuard"]

RUN_MARK = "TTS_CHAOS_RUN"
"""Environment variable that processes started during a run carry."""

_END_S_MAX = 5.0


class RunGuard:
    """Guards from `start` until `stop`.

    Linux only finds processes by their environment; elsewhere the guard does nothing.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._before: str | None = None

    def start(self) -> None:
        """Mark what is started from now on, and watch over it."""
        mark = secrets.token_hex(8)
        self._process = start_watchdog(f"{RUN_MARK}={mark}", ())
        self._before = os.environ.get(RUN_MARK)
        os.environ[RUN_MARK] = mark

    def stop(self) -> None:
        """End the guard in order: whatever still runs is its owner's affair. Twice does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        os.environ.pop(RUN_MARK, None)
        if self._before is not None:
            os.environ[RUN_MARK] = self._before
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.write(b".")
            process.stdin.close()
        try:
            process.wait(_END_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
