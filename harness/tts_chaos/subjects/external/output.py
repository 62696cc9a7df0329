"""What a program writes to its standard streams: kept in bounds, never in its way.

The beginning and the end are kept; of a program that writes more, what lies between is counted and
dropped, so that neither memory nor disk fills and the program is never held up.
"""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterable

__all__ = ["HEAD_BYTES", "Output", "Watch", "last_lines"]

HEAD_BYTES = 32 * 1024 * 1024
TAIL_BYTES = 64 * 1024
LINES_TOLD = 8
LINE_CHARACTERS = 300


class Watch:
    """Notices when a text is written.

    Attributes:
        seen: Set once it was.
    """

    def __init__(self, text: str) -> None:
        self.seen = threading.Event()
        self._wanted = text.encode()
        self._before = b""

    def feed(self, data: bytes) -> None:
        """Look at the next piece; the text may lie across two of them."""
        together = self._before + data
        if self._wanted in together:
            self.seen.set()
        self._before = together[-max(len(self._wanted) - 1, 1) :]


class Output:
    """One stream, over all starts of the program. Thread-safe."""

    def __init__(self) -> None:
        self._head = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this
        self._tail = bytearray()
        self._lock = threading.Lock()
        self._watches: list[Watch] = []
        self.size_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take the next piece."""
        with self._lock:
            if self._head.closed:
                return
            room = HEAD_BYTES - self.size_bytes
            if room > 0:
                self._head.seek(0, io.SEEK_END)
                self._head.write(data[:room])
            if len(data) > room:
                self._tail += data[max(room, 0) :]
                del self._tail[:-TAIL_BYTES]
            self.size_bytes += len(data)
            watches = list(self._watches)
        for watch in watches:
            watch.feed(data)

    def watch(self, text: str) -> Watch:
        """Notice `text` from now on."""
        watch = Watch(text)
        with self._lock:
            self._watches.append(watch)
        return watch

    def text(self) -> str:
        """Return what was kept."""
        with self._lock:
            self._head.seek(0)
            kept = self._head.read() + b"\n" * bool(self._tail) + bytes(self._tail)
        return kept.decode("utf-8", "replace")

    def last_bytes(self) -> bytes:
        """Return the end of it."""
        with self._lock:
            if len(self._tail) >= TAIL_BYTES:
                return bytes(self._tail)
            kept = min(self.size_bytes, HEAD_BYTES)
            self._head.seek(max(kept - TAIL_BYTES, 0))
            return self._head.read() + bytes(self._tail)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._head.close()


def last_lines(outputs: Iterable[Output]) -> str:
    """Return the last lines of several streams, one after the other, for messages."""
    told = []
    for output in outputs:
        lines = output.last_bytes().decode("utf-8", "replace").split("\n")
        lines = [line.rstrip()[:LINE_CHARACTERS] for line in lines if line.strip()]
        told.extend(lines[-LINES_TOLD:])
    return "\n".join(f"    {line}" for line in told)
