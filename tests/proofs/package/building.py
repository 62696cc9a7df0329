"""Builds wheel and sdist from copies of the project that differ in all that must not matter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Circumstances", "build", "build_wheel", "copy_project", "members", "tracked"]

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What differs between two builds of the same files.

    Attributes:
        folder: Below which the copy lies.
        modified_s: When each file is said to have been written, Unix time.
        mode: Permissions of the files.
        variables: Of the process that builds.
        is_reversed: Whether the files are made in the opposite order.
    """

    folder: str
    modified_s: int
    mode: int
    variables: dict[str, str]
    is_reversed: bool = False


def tracked() -> list[Path]:
    """Return the files of the project, relative: what git knows or would add."""
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    said = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(Path(name) for name in set(said.split("\0")) if name and (ROOT / name).is_file())


def copy_project(into: Path, how: Circumstances) -> Path:
    """Copy the project, and nothing that is not part of it; returns the copy."""
    source = into / how.folder
    for name in sorted(tracked(), reverse=how.is_reversed):
        if (ROOT / name).is_symlink():
            continue
        file = source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, file)
        file.chmod(how.mode | (0o111 if os.access(ROOT / name, os.X_OK) else 0))
        os.utime(file, (how.modified_s, how.modified_s))
    return source


def build(source: Path, out: Path, how: Circumstances) -> list[Path]:
    """Build the sdist, and from it the wheel; returns both files."""
    _build(source, out, how)
    return sorted(out.iterdir())


def build_wheel(source: Path, out: Path, how: Circumstances) -> Path:
    """Build a wheel from the files themselves."""
    _build(source, out, how, "--wheel")
    (wheel,) = out.iterdir()
    return wheel


def _build(source: Path, out: Path, how: Circumstances, *options: str) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", *options]
    environment = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    subprocess.run(
        [*command, "--outdir", str(out), str(source)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**environment, **how.variables},
        cwd=source,
    )


def members(archive: Path) -> dict[str, bytes]:
    """Return the files of a wheel or an sdist by name, without the sdist's own folder."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    with tarfile.open(archive) as sdist:
        found = {}
        for member in sdist.getmembers():
            stream = sdist.extractfile(member)
            if stream is not None:
                found[member.name.partition("/")[2]] = stream.read()
        return found
