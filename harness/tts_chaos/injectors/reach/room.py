"""The harness's side of a private network: starts the process that holds it, and gets its sockets.

The sockets belong to the private network and are used from here, so that nothing but an idle
process has to run inside.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.injectors.reach.destinations import Address

__all__ = ["Room", "RoomOrder", "entry_command"]

_ISOLATED = ("-I", "-S")
"""Nothing of the user's Python shall run, or fail, in there."""

_SCRIPTS = Path(__file__).parent
START_LIMIT_S = 10.0
ASK_LIMIT_S = 2.0
STOP_LIMIT_S = 5.0
_LISTENS = "0A"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOrder:
    """What a private network shall have.

    Attributes:
        folder: A folder that shall not outlive the network.
        mounts: Files and folders to see instead of others: (source, target).
        listen: Addresses to listen on.
    """

    folder: Path
    mounts: Sequence[tuple[Path, Path]] = ()
    listen: Sequence[Address] = ()


class Room:
    """A private network, held by a process.

    Raises:
        BackendUnavailableError: If this system does not allow it; the message says what it refused.

    Attributes:
        process: Id of the process that holds it.
        listening: Listening sockets, as ordered.
        name_server: A UDP socket on port 53.
        witness: A socket that sees the head of every packet to an address outside.
    """

    def __init__(self, order: RoomOrder) -> None:
        text = json.dumps(
            {
                "mounts": [[str(source), str(target)] for source, target in order.mounts],
                "listen": list(order.listen),
                "folder": str(order.folder),
            }
        )
        self._control, theirs = socket.socketpair()
        with theirs:
            self._holder = subprocess.Popen(  # noqa: S603 - our own script
                [
                    sys.executable,
                    *_ISOLATED,
                    str(_SCRIPTS / "namespace_room.py"),
                    str(theirs.fileno()),
                    text,
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        self.process = self._holder.pid
        try:
            opened = self._receive(len(order.listen) + 2)
        except BaseException:
            self.close()
            raise
        *self.listening, self.name_server, self.witness = opened

    def _receive(self, count: int) -> list[socket.socket]:
        self._control.settimeout(START_LIMIT_S)
        word, descriptors = b"", list[int]()
        with contextlib.suppress(OSError):
            word, descriptors, _, _ = socket.recv_fds(self._control, 4096, count)
        self._control.settimeout(ASK_LIMIT_S)
        opened = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        if word != b"ready" or len(opened) != count:
            for each in opened:
                each.close()
            raise BackendUnavailableError(
                "this system does not let an ordinary user make a private network "
                f"({word.decode('utf-8', 'replace') or self._last_words()})"
            )
        return opened

    def _last_words(self) -> str:
        self._holder.kill()
        _, said = self._holder.communicate()
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"nothing was heard for {START_LIMIT_S:g} s"

    def make_socket(self, family: socket.AddressFamily) -> socket.socket:
        """Return a new TCP socket of the private network.

        Raises:
            OSError: If the network is gone.
        """
        self._control.sendall(b"6" if family == socket.AF_INET6 else b"4")
        _, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
        if not descriptors:
            raise ConnectionError("the private network is gone")
        return socket.socket(fileno=descriptors[0])

    def listened_ports(self) -> frozenset[int]:
        """Return the TCP ports on which somebody in the network listens."""
        ports = set()
        for table in ("tcp", "tcp6"):
            with contextlib.suppress(OSError):
                text = Path(f"/proc/{self.process}/net/{table}").read_text("ascii")
                ports.update(re.findall(rf":([0-9A-F]{{4}}) \S+ {_LISTENS} ", text))
        return frozenset(int(port, 16) for port in ports)

    def close(self) -> None:
        """End the network and every process in it. Twice does nothing."""
        self._control.close()
        try:
            self._holder.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._holder.kill()
            self._holder.wait()
        if self._holder.stderr is not None:
            self._holder.stderr.close()


def entry_command(process: int, argv: Sequence[str]) -> list[str]:
    """Return the command that runs `argv` in the network that a process holds."""
    script = str(_SCRIPTS / "namespace_entry.py")
    return [sys.executable, *_ISOLATED, script, str(process), *argv]
