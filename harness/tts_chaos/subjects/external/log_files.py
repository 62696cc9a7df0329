"""Files that the program writes outside its workspace: what of them belongs to this run."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from tts_chaos.engine.ports import Written

__all__ = ["LogFiles"]

_LIMIT_BYTES = 32 * 1024 * 1024


class LogFiles:
    """Remembers how long the files were, so that what earlier runs wrote is not this one's.

    Args:
        patterns: Paths or patterns, absolute or below `folder`.
        folder: Where relative ones begin.
    """

    def __init__(self, patterns: Iterable[str], folder: Path) -> None:
        self._patterns = [str(folder / pattern) for pattern in patterns]
        self._sizes = {file: _state(file) for file in self._files()}

    def _files(self) -> list[Path]:
        found: set[Path] = set()
        for pattern in self._patterns:
            # `Path.glob` takes no absolute patterns.
            found.update(Path(name) for name in glob.glob(pattern, recursive=True))  # noqa: PTH207
        return sorted(file for file in found if file.is_file())

    def written(self) -> Iterator[Written]:
        """Yield what each file holds since then; of one that was replaced, all of it."""
        for file in self._files():
            inode, size = _state(file)
            old_inode, old_size = self._sizes.get(file, (inode, 0))
            begin = old_size if inode == old_inode and size >= old_size else 0
            yield Written(channel="file", source=file.name, text=_read_from(file, begin))


def _state(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:
        return 0, 0
    return status.st_ino, status.st_size


def _read_from(file: Path, begin: int) -> str:
    try:
        with file.open("rb") as stream:
            stream.seek(begin)
            return stream.read(_LIMIT_BYTES).decode("latin-1")
    except OSError:
        return ""
