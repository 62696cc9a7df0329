"""Our proxies on a server that others started, and that will still run when we are gone."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from tts_chaos.processes import RUN_MARK

__all__ = ["Remnants"]

_SCRIPT = Path(__file__).with_name("remnants.py")
_END_S_MAX = 5.0


class Remnants:
    """Watches over the proxies whose names begin with `prefix`, until `stop`."""

    def __init__(self, host: str, port: int, prefix: str) -> None:
        command = [
            sys.executable,
            "-I",
            "-S",
            str(_SCRIPT),
            str(os.getpid()),
            host,
            str(port),
            prefix,
        ]
        self._process: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603 - our own
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Without the mark by which a guard of the run would end it before its work is done.
            env={name: text for name, text in os.environ.items() if name != RUN_MARK},
            start_new_session=True,
        )

    def stop(self) -> None:
        """Say that nothing is left; twice does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.write(b".")
            process.stdin.close()
        try:
            process.wait(_END_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
