"""Follows a page as a reader does: writes its files, types its commands, looks at what is shown."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from tests.pages.blocks import ROOT, Block, Page
from tests.pages.checking import check_shell
from tests.pages.givens import GIVENS

from tts_chaos.cli.schema import schema_text
from tts_chaos.errors import ChaosError
from tts_chaos.scenarios.loader import parse_scenario
from tts_chaos.subjects.external.loader import TABLES

__all__ = ["Played", "follow"]

_LONGEST_S = 1800
_PORT = re.compile(r"(?<=[: =])(8\d{3}|9000|5557)\b")
_OTHERS = ("schemathesis", "randomly", "asyncio", "anyio", "hypothesispytest", "locust", "timeout",
           "cacheprovider")  # fmt: skip
"""Plugins that pages have no need of; each costs its import in every session."""
_PIP = f"""#!{sys.executable}
import sys
from tests.pages.checking import check_requirements
problems = check_requirements(sys.argv[2:]) if sys.argv[1:2] == ["install"] else ["only install"]
sys.exit("\\n".join(problems) or 0)
"""
"""Stands for pip: what a page says to install is there already; a wrong extra is refused."""


@dataclass(slots=True)
class Played:
    """What became of a page's blocks.

    Attributes:
        run: Lines of blocks that were run, written or compared.
        checked: Lines of blocks that are data, and were read by what reads them.
        marked: Line and reason of each block that is not run.
        left: Line and reason of each that was left out this time.
        problems: What was wrong, with its line.
    """

    run: list[int] = field(default_factory=list)
    checked: list[int] = field(default_factory=list)
    marked: dict[int, str] = field(default_factory=dict)
    left: dict[int, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class _Reader:
    """One page, one folder; what a block leaves behind the next one finds."""

    def __init__(self, page: Page, folder: Path, stack: ExitStack, *, slow: bool) -> None:
        self.page, self.stack, self.slow = page, stack, slow
        self.folder = folder / "here"
        self.folder.mkdir(parents=True)
        GIVENS[page.given](self.folder)
        self.commands = folder / "commands"
        self.commands.mkdir()
        pip = self.commands / "pip"
        pip.write_text(_PIP)
        pip.chmod(0o755)
        self.environment = _environment(self.commands, folder)
        self.output: str | None = None
        self.ports: dict[str, str] = {}
        self.played = Played()
        self.missing = ""

    def read(self, block: Block) -> None:
        """Do what the block wants."""
        reason = block.markers.get("not run")
        if reason is not None:
            self.played.marked[block.line] = reason
            self._note(block, _syntax(block))
            self.output = None
            return
        self._look_for_programs(block)
        if self.missing and block.language in ("sh", "text", "python"):
            self.played.left[block.line] = self.missing
            return
        is_file = {"file", "patch"} & set(block.markers)
        act = _Reader.file if is_file else _ACTS[block.language]
        self._note(block, act(self, block))

    def _look_for_programs(self, block: Block) -> None:
        if "slow" in block.markers and not self.slow:
            self.missing = "slow"
        for program in block.markers.get("needs", "").split():
            if shutil.which(program) is None:
                self.missing = f"{program} is not there"

    def _note(self, block: Block, problems: list[str]) -> None:
        self.played.problems += [
            f"{self.page.name}:{block.line}: {problem}" for problem in problems
        ]

    # -- acts -------------------------------------------------------------------------------------

    def shell(self, block: Block) -> list[str]:
        """Run a block; returns what is wrong."""
        self.played.run.append(block.line)
        if "background" in block.markers:
            return self._begin(block)
        wanted = [int(status) for status in block.markers.get("run", "0").split()]
        parts = [block.text] if len(wanted) == 1 else block.text.splitlines()
        problems = check_shell(block.text)
        for part, status in zip(parts, wanted, strict=True):
            done = self._call(part)
            self.output = done.stdout
            if done.returncode != status:
                problems.append(
                    f"ended with {done.returncode} instead of {status}:\n{part}\n"
                    f"{done.stdout[-3000:]}"
                )
        return problems

    def _call(self, text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-e", "-u", "-o", "pipefail", "-c", self._with_own_ports(text)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LONGEST_S,
        )

    def _begin(self, block: Block) -> list[str]:
        """Start what goes on running, and wait until it says that it is there."""
        log = self.folder.parent / f"background-{block.line}.txt"
        with log.open("w") as written:
            process = subprocess.Popen(
                ["bash", "-e", "-c", self._with_own_ports(block.text)],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.stack.callback(_end, process)
        until_s = time.monotonic() + 60
        while block.markers["background"] not in log.read_text():
            if process.poll() is not None or time.monotonic() > until_s:
                return [f"never said {block.markers['background']!r}: {log.read_text()[-2000:]}"]
            time.sleep(0.05)
        self.output = log.read_text()
        return []

    def _with_own_ports(self, text: str) -> str:
        """Put a free port in the place of each that the page names: others run here, too."""
        return _PORT.sub(lambda match: self.ports.setdefault(match[0], _free_port()), text)

    def shown(self, block: Block) -> list[str]:
        """Compare what the page shows with what the last command printed."""
        self.played.run.append(block.line)
        if self.output is None:
            return ["nothing was run before this; mark it as `not run` and say why"]
        return _differences(block.text, self.output)

    def json(self, block: Block) -> list[str]:
        """Compare an answer with what the last command printed; read it at least."""
        wanted = json.loads(block.text)
        if self.output is None:
            self.played.checked.append(block.line)
            return []
        self.played.run.append(block.line)
        got = _last_document(self.output)
        return [] if got == wanted else [f"got {json.dumps(got)}"]

    def file(self, block: Block) -> list[str]:
        """Write a file, or do to it what a patch says."""
        self.played.run.append(block.line)
        if "patch" in block.markers:
            return self._patch(block)
        file = self.folder / block.markers["file"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
        return _check_toml(block) if block.language == "toml" else []

    def _patch(self, block: Block) -> list[str]:
        file = self.folder / block.markers["patch"]
        lines = block.text.splitlines()
        before = "\n".join(line[1:] for line in lines if line[:1] != "+")
        after = "\n".join(line[1:] for line in lines if line[:1] != "-")
        text = file.read_text()
        if text.count(before) != 1:
            return [f"{file.name} has what is changed {text.count(before)} times"]
        file.write_text(text.replace(before, after))
        return []

    def python(self, block: Block) -> list[str]:
        """Run a program."""
        self.played.run.append(block.line)
        (self.folder / "page.py").write_text(block.text)
        done = self._call(f"{sys.executable} page.py")
        self.output = done.stdout
        return [] if done.returncode == 0 else [done.stdout[-3000:]]

    def source(self, block: Block) -> list[str]:
        """Refuse what is in a language that is not run by itself."""
        return ["say which file it is, or why it is not run"]

    def data(self, block: Block) -> list[str]:
        """Read TOML by what reads it."""
        self.played.checked.append(block.line)
        return _check_toml(block)

    def read_only(self, block: Block) -> list[str]:
        """Read what has no schema here."""
        self.played.checked.append(block.line)
        return _syntax(block)


_ACTS: dict[str, Callable[[_Reader, Block], list[str]]] = {
    "diff": _Reader.source,
    "ini": _Reader.read_only,
    "js": _Reader.source,
    "json": _Reader.json,
    "python": _Reader.python,
    "sh": _Reader.shell,
    "text": _Reader.shown,
    "toml": _Reader.data,
    "yaml": _Reader.read_only,
}
"""By language: what is done with a block."""


def follow(page: Page, folder: Path, *, slow: bool = False) -> Played:
    """Follow a page in a new folder.

    Args:
        page: The page.
        folder: An empty folder, which is left behind.
        slow: Whether blocks that are marked as slow are run, too.
    """
    with ExitStack() as stack:
        reader = _Reader(page, folder, stack, slow=slow)
        for block in page.blocks:
            reader.read(block)
        return reader.played


# -- pieces ---------------------------------------------------------------------------------------


def _environment(commands: Path, home: Path) -> dict[str, str]:
    own = Path(sys.executable).parent
    return {
        "PATH": f"{commands}:{own}:{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "PYTHONPATH": f"{ROOT / 'harness'}:{ROOT}",
        "PYTEST_ADDOPTS": " ".join(f"-p no:{name}" for name in _OTHERS),
    }


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_document(printed: str) -> Any:
    """Return the last JSON document in what was printed, None where there is none."""
    lines = printed.splitlines()
    for number in reversed(range(len(lines))):
        if lines[number][:1] in ("{", "["):
            try:
                return json.loads("\n".join(lines[number:]))
            except ValueError:
                continue
    return None


def _differences(shown: str, printed: str) -> list[str]:
    """Return the lines that were not printed in this order; `...` stands for anything."""
    at, lines = 0, printed.splitlines()
    for line in shown.splitlines():
        if line.strip() in ("", "..."):
            continue
        pattern = re.compile(".*".join(map(re.escape, line.strip().split("..."))))
        found = next((n for n in range(at, len(lines)) if pattern.search(lines[n])), None)
        if found is None:
            return [f"not printed, or not here: {line.strip()}\nprinted:\n{printed[-3000:]}"]
        at = found + 1
    return []


@cache
def _validator(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads(schema_text(name)))


def _check_toml(block: Block) -> list[str]:
    try:
        document: Mapping[str, Any] = tomllib.loads(block.text)
    except tomllib.TOMLDecodeError as error:
        return [str(error)]
    name = block.markers.get("schema") or _guess(document)
    if not name:
        return [f"say by which schema it is checked: {', '.join(document)}"]
    if name == "scenario" and "title" in document:
        try:
            parse_scenario(block.text, id="a/b", path="page.toml")
        except ChaosError as error:
            return [str(error)]
    elif name == "scenario":
        document = {"title": "t", "description": "d", "why": "w", "method": [_STEP], **document}
    plain = json.loads(json.dumps(document, default=str))
    return [error.message for error in _validator(name).iter_errors(plain)]


_STEP = {"action": "sync_orders"}


def _guess(document: Mapping[str, Any]) -> str:
    if not document:  # comments alone
        return "config"
    if set(document) <= set(TABLES):
        return "config"
    return "scenario" if set(document) & {"method", "expect", "twin", "title"} else ""


def _syntax(block: Block) -> list[str]:
    """Return what is wrong with a block that is not run, as far as its language tells."""
    readers: dict[str, Callable[[str], object]] = {
        "toml": tomllib.loads,
        "json": json.loads,
        "yaml": yaml.safe_load,
        "ini": configparser.ConfigParser(interpolation=None).read_string,
        "python": lambda text: compile(text, "page", "exec"),
    }
    if block.language == "sh":
        return check_shell(block.text)
    try:
        readers.get(block.language, str)(block.text)
    except (ValueError, SyntaxError, yaml.YAMLError, configparser.Error) as error:
        return [str(error)]
    return []
