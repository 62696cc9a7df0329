"""The tutorial, taken literally: built wheel, empty folder, init, failing run, fix, gate.

Files, commands and the fix are read from docs/tutorial.md, so the text cannot drift from what
works. The installed package is out of reach of this checkout: it has only what the wheel carries.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(
    r"<!-- (?P<kind>file|patch|run): (?P<what>\S+) -->\n```\w+\n(?P<text>.*?)```", re.DOTALL
)


def main() -> int:
    """Follow the tutorial in an empty folder; 0 where every step ends as it says."""
    blocks = [match.groupdict() for match in BLOCK.finditer(TUTORIAL.read_text())]
    done, began_s = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        project.mkdir()
        commands = _install(Path(folder))
        print(f"built and installed after {time.monotonic() - began_s:.0f} s", flush=True)
        for block in blocks:
            _follow(block, project, commands)
            done += 1
    runs = sum(block["kind"] == "run" for block in blocks)
    minutes = (time.monotonic() - began_s) / 60
    print(
        f"followed {done} of {len(blocks)} blocks of the tutorial, {runs} of them commands, as "
        f"written: install, init, first failure, fix, gate, in {minutes:.1f} minutes"
    )
    return 0 if done == len(blocks) and runs >= 5 else 1


def _install(folder: Path) -> Path:
    """Build the wheel, install it into a new environment, return the folder of its commands."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    _call([*build, "--outdir", str(folder / "dist"), str(ROOT)], folder)
    venv.create(folder / "venv", with_pip=True)
    commands = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    (wheel,) = (folder / "dist").glob("*.whl")
    pip = [str(commands / "python"), "-m", "pip", "install", "--quiet"]
    # Only what the wheel itself asks for is installed, in the versions that were tried.
    _call([*pip, "--constraint", str(_versions(folder)), str(wheel)], folder)
    return commands


def _versions(folder: Path) -> Path:
    locked = (ROOT / "requirements" / "dev.txt").read_text()
    file = folder / "versions.txt"
    # Without hashes: with them pip would demand one of the wheel that was built a moment ago.
    file.write_text(
        "".join(line.rstrip("\\ ") + "\n" for line in locked.splitlines() if "==" in line)
    )
    return file


def _follow(block: dict[str, str], project: Path, commands: Path) -> None:
    kind, what, text = block["kind"], block["what"], block["text"]
    print(f"{kind} {what if kind != 'run' else text.strip()}", flush=True)
    if kind == "file":
        (project / what).write_text(text)
    elif kind == "patch":
        _patch(project / what, text)
    else:
        _run(text.strip(), project, commands, status=int(what))


def _patch(file: Path, diff: str) -> None:
    lines = diff.splitlines()
    before = "\n".join(line[1:] for line in lines if line[:1] in ("", " ", "-"))
    after = "\n".join(line[1:] for line in lines if line[:1] in ("", " ", "+"))
    text = file.read_text()
    if text.count(before) != 1:
        raise SystemExit(f"the tutorial's fix does not fit its own {file.name}")
    file.write_text(text.replace(before, after))


def _run(command: str, project: Path, commands: Path, *, status: int) -> None:
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(project.parent), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [str(commands / command.split()[0]), *command.split()[1:]],
        cwd=project, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != status:
        raise SystemExit(f"{command!r} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"  ended with {done.returncode}, as the tutorial says", flush=True)


def _call(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
