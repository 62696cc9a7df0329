"""The text files of a project, with what git thinks of each."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tts_chaos.diagnosis.observed import ProjectFile, Unreadable
from tts_chaos.errors import UsageError

__all__ = ["FOLDERS_PASSED_OVER", "LARGEST_BYTES", "ProjectFiles", "read_project"]

LARGEST_BYTES = 16 * 1024 * 1024
"""A larger file is data; it is named among the files that were not looked at if it is text."""
MOST_FILES = 20_000
GIT_TIMEOUT_S = 20.0
FOLDERS_PASSED_OVER = frozenset({
    ".git", ".hg", ".svn", "node_modules", "vendor", ".venv", "venv", "env", "__pycache__",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".tox", ".nox", "dist", "build", "target",
    ".hypothesis", ".idea", ".gradle", "bower_components", "site-packages", ".tts-chaos",
})  # fmt: skip
"""Written by tools, or by others."""
_BINARY = (
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".pdf", ".zip", ".gz", ".tar", ".whl",
    ".jar", ".class", ".so", ".dll", ".exe", ".pyc", ".woff", ".woff2", ".ttf", ".mp4",
)  # fmt: skip
_SQLITE = b"SQLite format 3\0"
_LOGS_OF_SQLITE = ("-wal", "-journal")
"""What SQLite writes beside a database holds pages of it."""


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """What was read, and what could not be."""

    files: tuple[ProjectFile, ...]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True, slots=True)
class _Git:
    """What git keeps and what it is told to leave out; None where there is none to ask."""

    tracked: frozenset[str] | None
    ignored: frozenset[str] | None


def read_project(folder: Path, *, exclude: Sequence[str] = ()) -> ProjectFiles:
    """Return the text files below a folder.

    Args:
        folder: The project.
        exclude: Patterns of paths to leave out, such as `tests/fixtures/*`.

    Raises:
        UsageError: If it is no folder, or holds too many files to look at.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder; name the project's with --project")
    git = _ask_git(folder)
    files: list[ProjectFile] = []
    unreadable: list[Unreadable] = []
    for count, path in enumerate(_walk(folder, unreadable)):
        name = path.relative_to(folder).as_posix()
        if count >= MOST_FILES:
            raise UsageError(
                f"{folder} holds more than {MOST_FILES} files; name a folder further down with "
                "--project, or leave some out with --exclude"
            )
        if any(fnmatch(name, pattern) for pattern in exclude):
            continue
        try:
            file = _read(path, name, git)
        except OSError as error:
            unreadable.append(Unreadable(path=name, reason=str(error.strerror or error)))
            continue
        if isinstance(file, Unreadable):
            unreadable.append(file)
        elif file is not None:
            files.append(file)
    return ProjectFiles(tuple(files), tuple(unreadable))


def _walk(folder: Path, unreadable: list[Unreadable]) -> Iterator[Path]:
    def note(error: OSError) -> None:
        shown = Path(error.filename)
        name = shown.relative_to(folder).as_posix() if shown.is_relative_to(folder) else str(shown)
        unreadable.append(Unreadable(path=name, reason=str(error.strerror or error)))

    for root, folders, names in os.walk(folder, onerror=note):
        folders[:] = sorted(set(folders) - FOLDERS_PASSED_OVER)
        for name in sorted(names):
            path = Path(root, name)
            # Pipes and devices would hang a reader.
            if not name.lower().endswith(_BINARY) and (path.is_file() or path.is_symlink()):
                yield path


def _read(path: Path, name: str, git: _Git) -> ProjectFile | Unreadable | None:
    facts = path.stat()
    if not path.is_file():
        return None
    with path.open("rb") as file:
        content = file.read(LARGEST_BYTES + 1)
    is_database = content.startswith(_SQLITE) or name.endswith(_LOGS_OF_SQLITE)
    if b"\0" in content[:8_192] and not is_database:
        return None
    if len(content) > LARGEST_BYTES:
        return Unreadable(
            path=name, reason=f"it has {facts.st_size // 2**20} MB, at most 16 are read"
        )
    try:
        text = content.decode("latin-1" if is_database else "utf-8-sig")
    except UnicodeDecodeError:
        # Secrets are ASCII: whatever the rest is, they are found.
        text = content.decode("latin-1")
    return ProjectFile(
        path=name,
        text=text,
        tracked=None if git.tracked is None else name in git.tracked,
        ignored=None if git.ignored is None else name in git.ignored,
        mode=facts.st_mode & 0o777 if os.name == "posix" else None,
        modified_s=int(facts.st_mtime),
        is_database=is_database,
    )


def _ask_git(folder: Path) -> _Git:
    tracked = _listed(folder, "ls-files", "-z")
    if tracked is None:
        return _Git(None, None)
    ignored = _listed(folder, "ls-files", "-z", "--others", "--ignored", "--exclude-standard")
    return _Git(tracked, ignored)


def _listed(folder: Path, *arguments: str) -> frozenset[str] | None:
    try:
        done = subprocess.run(  # noqa: S603 - arguments are our own
            ["git", *arguments],  # noqa: S607 - whichever git the user has
            cwd=folder,
            capture_output=True,
            timeout=GIT_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return frozenset(os.fsdecode(name) for name in done.stdout.split(b"\0") if name)
