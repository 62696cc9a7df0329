"""Clean environments, made by uv, and commands run in them as a user would run them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.proofs.package.building import ROOT

__all__ = ["Done", "Environment", "interpreter", "locked_versions", "lowest_versions"]

LONGEST_S = 1_800


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and all it said."""

    status: int
    said: str


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment, and an empty folder beside it in which its commands run."""

    home: Path

    @classmethod
    def make(cls, home: Path, python: Path, asked: Sequence[str]) -> Environment:
        """Make one with what is asked for; `asked` is what follows `uv pip install`."""
        _uv("venv", "--quiet", "--python", str(python), str(home / "venv"))
        (home / "empty").mkdir()
        made = cls(home)
        made.install(*asked)
        return made

    def install(self, *asked: str) -> None:
        """Install more."""
        _uv("pip", "install", "--quiet", "--python", str(self.commands / "python"), *asked)

    @property
    def commands(self) -> Path:
        """Where its commands lie."""
        return self.home / "venv" / ("Scripts" if sys.platform == "win32" else "bin")

    @property
    def folder(self) -> Path:
        """The folder in which commands run."""
        return self.home / "empty"

    def disagreements(self) -> Done:
        """Whether what is installed is what each package asks for."""
        return _call([*_UV, "pip", "check", "--python", str(self.commands / "python")], ROOT)

    def run(self, *command: str, folder: Path | None = None) -> Done:
        """Run one of its commands; nothing of this checkout is in its variables."""
        variables = {
            "PATH": os.pathsep.join([str(self.commands), "/usr/bin", "/bin"]),
            "HOME": str(self.home.parent),
            "LANG": "C.UTF-8",
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        }
        program = str(self.commands / command[0])
        return _call([program, *command[1:]], folder or self.folder, variables)


def interpreter(version: str) -> Path | None:
    """Return a Python of that version which is installed here, None where there is none."""
    for candidate in _candidates(version):
        asked = [str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        try:
            said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        except OSError:
            continue
        if said.strip() == version:
            return candidate
    return None


def _candidates(version: str) -> Iterator[Path]:
    found = shutil.which(f"python{version}")
    if found:
        yield Path(found)
    # pyenv's own commands answer for the versions that are switched on only.
    yield from Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    yield from Path.home().glob(f".local/share/uv/python/cpython-{version}.*/bin/python")


def locked_versions(into: Path) -> Path:
    """Write the versions that this project is tested with, to be handed to `--constraint`."""
    lines = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8").splitlines()
    # Without hashes: with them one would be demanded of the wheel that was built a moment ago.
    into.write_text("".join(line.rstrip("\\ ") + "\n" for line in lines if "==" in line))
    return into


def lowest_versions(into: Path, python: Path, extra: str = "") -> Path:
    """Write the lowest versions that the package itself says it works with."""
    also = ["--extra", extra] if extra else []
    _uv(
        "pip", "compile", "--quiet", "--resolution", "lowest-direct", "--python", str(python),
        *also, "--output-file", str(into), str(ROOT / "pyproject.toml"),
    )  # fmt: skip
    return into


_UV = [sys.executable, "-m", "uv"]


def _uv(*arguments: str) -> None:
    done = _call([*_UV, *arguments], ROOT)
    if done.status:
        raise SystemExit(f"uv {' '.join(arguments)} ended with {done.status}\n{done.said}")


def _call(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> Done:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=LONGEST_S,
    )
    return Done(done.returncode, done.stdout)
