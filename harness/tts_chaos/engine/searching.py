"""Searches what the integration writes for secrets: output, logs, files, addresses.

Logs are taken as the integration has set them up: a line that its level suppresses is not a leak.
Output is seen where it goes through `sys.stdout` and `sys.stderr`; what other processes or C code
write to the file descriptors is not.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from tts_chaos.core.history import Leak, Searched
from tts_chaos.core.secrets import SecretBook
from tts_chaos.engine.database_text import is_database, text_of_database
from tts_chaos.engine.ports import Written
from tts_chaos.engine.recorder import Recorder

__all__ = ["OutputSearch"]

FILE_LIMIT_BYTES = 32 * 1024 * 1024
"""Larger files are searched up to here; the record says how much was read."""


class _Tee:
    """Passes text on and keeps a copy.

    Closing it closes nothing: the stream behind it is the runner's, and so are later reports. It
    is no `io` class, because those flush when they are collected, long after the run.
    """

    def __init__(self, through: TextIO, copy: list[str]) -> None:
        self.through = through
        self._copy = copy

    def write(self, text: str) -> int:
        self._copy.append(text)
        return self.through.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def close(self) -> None:
        self.through.flush()

    @property
    def buffer(self) -> Any:
        return _BytesTee(self.through.buffer, self._copy)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.through, name)


class _BytesTee:
    """The same for those who write bytes, as fast loggers do."""

    def __init__(self, through: BinaryIO, copy: list[str]) -> None:
        self._through = through
        self._copy = copy

    def write(self, data: bytes) -> int:
        self._copy.append(bytes(data).decode("utf-8", "replace"))
        return self._through.write(data)

    def close(self) -> None:
        self._through.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._through, name)


class _Keeper(logging.Handler):
    def __init__(self, copy: list[str]) -> None:
        super().__init__()
        self._copy = copy
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._copy.append(self.format(record) + "\n")
        except Exception:  # noqa: BLE001 - a log call that cannot be formatted is not our affair
            self._copy.append(str(record.msg) + "\n")


class OutputSearch:
    """Keeps what is written between `start` and `stop`, and searches it in `finish`.

    Args:
        recorder: Where findings go.
        secrets: What to look for.
        paths: Files and folders to search.
    """

    def __init__(self, recorder: Recorder, secrets: SecretBook, paths: Sequence[Path]) -> None:
        self._recorder = recorder
        self._secrets = secrets
        self._paths = paths
        self._written: dict[str, list[str]] = {"stdout": [], "stderr": [], "log": []}
        self._handler = _Keeper(self._written["log"])
        self._tees: list[tuple[str, _Tee]] = []

    def start(self) -> None:
        """Begin to keep what is written."""
        self.watch_streams()
        logging.getLogger().addHandler(self._handler)

    def watch_streams(self) -> None:
        """Watch the standard streams as they are now; harmless when they are watched already.

        Whoever captures output may put other streams in place between two stages of a run.
        """
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if all(stream is not tee for _, tee in self._tees):
                tee = _Tee(stream, self._written[name])
                setattr(sys, name, tee)
                self._tees.append((name, tee))

    def stop(self) -> None:
        """Give streams and logger back; safe to call more than once.

        A stream that somebody replaced meanwhile is theirs, and stays.
        """
        while self._tees:
            name, tee = self._tees.pop()
            if getattr(sys, name) is tee:
                setattr(sys, name, tee.through)
        logging.getLogger().removeHandler(self._handler)

    def finish(self, more: Iterable[Written] = ()) -> None:
        """Search everything kept, every file, and `more`, and record what was found."""
        for piece in more:
            self._record(piece.channel, piece.source, piece.text)
        for channel, pieces in self._written.items():
            self._record(channel, channel, "".join(pieces))
        for file in _files_below(self._paths):
            leaks = self._record("file", file.name, _read(file))
            if is_database(file):
                self._record_more(file, {leak.secret for leak in leaks})

    def _record_more(self, file: Path, known: set[str]) -> None:
        """Record what is found in the values of a database and was not in its bytes."""
        text = text_of_database(file)
        leaks = tuple(leak for leak in self._secrets.find(text) if leak.secret not in known)
        if leaks:
            source = f"{file.name}, its values"
            self._recorder.add(
                Searched(channel="file", source=source, characters=len(text), leaks=leaks)
            )

    def _record(self, channel: str, source: str, text: str) -> tuple[Leak, ...]:
        leaks = self._secrets.find(text)
        self._recorder.add(
            Searched(channel=channel, source=source, characters=len(text), leaks=leaks)
        )
        return leaks


def _read(file: Path) -> str:
    """Return a file's text; of one that is gone meanwhile, or locked, nothing."""
    try:
        with file.open("rb") as stream:
            return stream.read(FILE_LIMIT_BYTES).decode("latin-1")
    except OSError:
        return ""


def _files_below(paths: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        found = [path] if path.is_file() else path.rglob("*") if path.is_dir() else []
        files.extend(file for file in found if file.is_file())
    return sorted(files)
