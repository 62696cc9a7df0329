"""Deletes our proxies on somebody else's Toxiproxy server when the harness ends without doing so.

Started as a script with a pipe as standard input whose other end the harness holds: a byte says
that all is well, the end of the pipe or another parent that the harness is gone. Imports nothing
but the standard library.

    remnants.py PARENT HOST PORT PREFIX
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
import threading
import time

__all__ = ["main"]

POLL_S = 0.1
LIMIT_S = 4.0


def main(parent: int, host: str, port: int, prefix: str) -> int:
    """Wait for the harness to end; then delete what it left. Returns an exit status."""
    ended = threading.Event()

    def read() -> None:
        if os.read(0, 1):
            os._exit(0)
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    while not ended.wait(POLL_S):
        if os.name == "posix" and os.getppid() != parent:
            break
    deadline_s = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline_s:
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            return _delete(host, port, prefix)
        time.sleep(POLL_S)
    return 1


def _delete(host: str, port: int, prefix: str) -> int:
    connection = http.client.HTTPConnection(host, port, timeout=1)
    with contextlib.closing(connection):
        connection.request("GET", "/proxies")
        names = json.loads(connection.getresponse().read())
        for name in names:
            if name.startswith(prefix):
                connection.request("DELETE", f"/proxies/{name}")
                connection.getresponse().read()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]))
