"""Searches what the integration writes for secrets: output, logs, files, addresses.

Logs are taken as the integration has set them up: a line that its level suppresses is not a leak.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from tts_chaos.core.history import Searched
from tts_chaos.core.secrets import SecretBook
from tts_chaos.engine.recorder import Recorder

__all__ = ["OutputSearch"]

FILE_LIMIT_BYTES = 32 * 1024 * 1024
"""Larger files are searched up to here; the record says how much was read."""


class _Tee(io.TextIOBase):
    """Passes text on and keeps a copy."""

    def __init__(self, through: TextIO, copy: list[str]) -> None:
        self._through = through
        self._copy = copy

    def write(self, text: str) -> int:
        self._copy.append(text)
        return self._through.write(text)

    def flush(self) -> None:
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
        self._streams: tuple[TextIO, TextIO] | None = None

    def start(self) -> None:
        """Begin to keep what is written."""
        self._streams = (sys.stdout, sys.stderr)
        sys.stdout = _Tee(sys.stdout, self._written["stdout"])
        sys.stderr = _Tee(sys.stderr, self._written["stderr"])
        logging.getLogger().addHandler(self._handler)

    def stop(self) -> None:
        """Restore the streams and the logger; safe to call more than once."""
        if self._streams is not None:
            sys.stdout, sys.stderr = self._streams
            self._streams = None
        logging.getLogger().removeHandler(self._handler)

    def finish(self) -> None:
        """Search everything kept and every file, and record what was found."""
        for channel, pieces in self._written.items():
            self._record(channel, channel, "".join(pieces))
        for file in _files_below(self._paths):
            with file.open("rb") as stream:
                text = stream.read(FILE_LIMIT_BYTES).decode("latin-1")
            self._record("file", file.name, text)

    def search(self, channel: str, source: str, text: str) -> None:
        """Search one text; recorded only where something was found."""
        if self._secrets.find(text):
            self._record(channel, source, text)

    def _record(self, channel: str, source: str, text: str) -> None:
        self._recorder.add(
            Searched(
                channel=channel,
                source=source,
                characters=len(text),
                leaks=self._secrets.find(text),
            )
        )


def _files_below(paths: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        found = [path] if path.is_file() else path.rglob("*") if path.is_dir() else []
        files.extend(file for file in found if file.is_file())
    return sorted(files)
