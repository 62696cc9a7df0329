"""Finding and reading recordings on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tts_chaos._data import data_folder
from tts_chaos.contracts.recordings import Recording
from tts_chaos.contracts.recordings.cassette import read_cassette
from tts_chaos.contracts.recordings.har import is_har, read_har
from tts_chaos.errors import UsageError

__all__ = ["LARGEST_BYTES", "find_recordings", "read_recording"]

LARGEST_BYTES = 64 * 1024 * 1024
"""A larger file is refused before it is read: parsing takes many times its size in memory."""

_ENDINGS = (".yaml", ".yml", ".json", ".har")


def find_recordings(paths: Sequence[str]) -> list[Path]:
    """Return the files meant, folders searched; the shipped recordings for none.

    Raises:
        UsageError: If a path is not there, or a folder holds no recording.
    """
    if not paths:
        return find_recordings([str(data_folder("contracts") / "recordings")])
    found: list[Path] = []
    for text in paths:
        path = Path(text)
        if path.is_file():
            found.append(path)
            continue
        inside = sorted(file for file in path.rglob("*") if file.suffix in _ENDINGS)
        if not inside:
            what = "holds no recording" if path.is_dir() else "is not there"
            raise UsageError(f"{path} {what}; expected a cassette (.yaml), a HAR, or a folder")
        found += inside
    return found


def read_recording(path: Path) -> Recording:
    """Return the recording in a file, HAR or cassette.

    Raises:
        UsageError: If it cannot be read, or is too large.
        ContractError: If it is neither; names file and key.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise UsageError(
                f"{path} has {size // 2**20} MB, at most {LARGEST_BYTES // 2**20} are read; split "
                "it, or filter it by host when exporting"
            )
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    read = read_har if is_har(text) else read_cassette
    return read(text, path=str(path))
