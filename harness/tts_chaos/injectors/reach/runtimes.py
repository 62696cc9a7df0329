"""What runs a program: known from its command, as a system knows it, by name or first line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

__all__ = ["Runtime", "runtime_of"]

_KINDS = (
    ("python", re.compile(r"(python|pypy)[0-9.]*(\.exe)?|uvicorn|gunicorn|flask|celery|uv")),
    ("node", re.compile(r"node(js)?[0-9.]*(\.exe)?|npm|npx|yarn|pnpm|tsx|ts-node")),
    ("java", re.compile(r"java(\.exe)?|mvnw?|gradlew?")),
    ("php", re.compile(r"php[0-9.]*(\.exe)?|composer")),
    ("go", re.compile(r"go(\.exe)?")),
    ("curl", re.compile(r"curl(\.exe)?")),
    ("bun", re.compile(r"bunx?|deno")),
    ("shell", re.compile(r"(ba|da|z|k|a)?sh|make|env")),
)

_FIRST_LINE_BYTES = 256


@dataclass(frozen=True, slots=True)
class Runtime:
    """What runs a program.

    Attributes:
        kind: `python`, `node`, `java`, `php`, `go`, `curl`, `bun`, `shell`, `binary` for another
            executable, or `unknown`.
        options: The words between the runtime's name and the program's.
    """

    kind: str
    options: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """How a message names it."""
        return {"unknown": "a program that was not found", "binary": "a compiled program"}.get(
            self.kind, f"a program in {self.kind}"
        )


def runtime_of(argv: Sequence[str], folder: Path | None = None) -> Runtime:
    """Return what runs the command `argv`, whose relative names are below `folder`."""
    if not argv:
        return Runtime("unknown")
    kind = _kind_of_name(PurePath(argv[0]).name)
    if kind is not None:
        options = []
        for word in argv[1:]:
            if not word.startswith("-"):
                break
            options.append(word)
        return Runtime(kind, tuple(options))
    return _by_first_line(argv[0], folder)


def _kind_of_name(name: str) -> str | None:
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(name)), None)


def _by_first_line(command: str, folder: Path | None) -> Runtime:
    beside = (folder or Path()) / command
    found = str(beside) if "/" in command else shutil.which(command)
    try:
        with Path(found or beside).open("rb") as file:
            line = file.read(_FIRST_LINE_BYTES).partition(b"\n")[0]
    except OSError:
        return Runtime("unknown")
    if not line.startswith(b"#!"):
        return Runtime("binary")
    words = line[2:].decode("utf-8", "replace").split()
    if words and PurePath(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-")]
    kind = _kind_of_name(PurePath(words[0]).name) if words else None
    return Runtime(kind or "unknown", tuple(w for w in words[1:] if w.startswith("-")))
