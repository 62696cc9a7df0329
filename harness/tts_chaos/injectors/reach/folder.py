"""The files of one reach: a folder of its own, outside the workspace that is searched."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

__all__ = ["make_folder", "remove_folder"]


def make_folder() -> Path:
    """Return a new folder that only the owner can enter."""
    return Path(tempfile.mkdtemp(prefix="tts-chaos-reach-"))


def remove_folder(folder: Path) -> None:
    """Remove it; one that is gone already is no problem."""
    shutil.rmtree(folder, ignore_errors=True)
