"""Enters the namespaces of a process and becomes a program there: same process, id and group.

Run as a script, isolated, with the standard library only: the process to follow, then the command.
"""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["main"]

_NAMESPACES = ("user", "net", "mnt")
"""In this order: joining the first gives the right to join the others."""

NOT_FOUND, NOT_RUN = 127, 126
"""Exit statuses, as a shell has them."""


def main(process: str, command: list[str]) -> int:
    """Become `command`.

    Returns:
        An exit status, only where it cannot be run.
    """
    folder = os.getcwd()  # noqa: PTH109 - quick at every start
    try:
        opened = [os.open(f"/proc/{process}/ns/{name}", os.O_RDONLY) for name in _NAMESPACES]
        library = ctypes.CDLL(None, use_errno=True)
        for descriptor in opened:
            if library.setns(descriptor, 0):
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
            os.close(descriptor)
        # Joining a mount namespace moves to its root.
        os.chdir(folder)
    except OSError as error:
        print(f"tts-chaos: the private network is gone: {error}", file=sys.stderr)  # noqa: T201
        return NOT_RUN
    try:
        os.execvp(command[0], command)  # noqa: S606 - the command that the user configured
    except FileNotFoundError:
        print(f"tts-chaos: {command[0]}: not found", file=sys.stderr)  # noqa: T201
        return NOT_FOUND
    except OSError as error:
        print(f"tts-chaos: {command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return NOT_RUN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
