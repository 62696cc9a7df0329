"""Runs a program and ends it when this program's standard input ends.

Started as a script between the harness and a `toxiproxy-server`: the harness holds the other end
of the pipe, and the operating system closes it however the harness ends, `kill -9` included.
Imports nothing but the standard library, for it runs isolated from any environment.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

__all__ = ["main"]


def main(command: list[str]) -> int:
    """Run `command` to its end, or until standard input ends.

    Returns:
        Its exit status; 128 plus the number of the signal that ended it.
    """
    # Our own end comes by the pipe; a Ctrl-C in the terminal is the harness's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - a path we located

    def end_with_parent() -> None:
        # Unbuffered: a buffered reader would hold a lock that the end of this program needs.
        while os.read(0, 1):
            pass
        child.kill()

    threading.Thread(target=end_with_parent, daemon=True).start()
    status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
