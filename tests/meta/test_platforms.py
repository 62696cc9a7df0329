"""What needs Linux or POSIX is guarded and says so elsewhere; nothing needs it on import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.injectors.reach import namespace
from tts_chaos.processes.lifeline import end_with_parent
from tts_chaos.subjects.external.program import Program

PACKAGE = Path(__file__).parents[2] / "harness" / "tts_chaos"
POSIX_MODULES = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios"}
POSIX_CALLS = {
    "os.fork", "os.getegid", "os.geteuid", "os.getpgid", "os.killpg", "os.setsid", "signal.SIGALRM",
    "signal.SIGKILL", "signal.SIGHUP", "signal.setitimer", "signal.pthread_kill", "socket.AF_UNIX",
}  # fmt: skip
STARTED_ON_LINUX_ALONE = {"injectors/reach/namespace_room.py", "injectors/reach/namespace_entry.py"}
"""Programs of their own, that nothing imports."""

OTHER_SYSTEM = """
import asyncio, os, pkgutil, signal, socket, subprocess, sys
import hypothesis, httpx, pytest, requests, trustme, cryptography.fernet, cryptography.x509
import aiohttp, respx, time_machine, msgspec, jinja2, psycopg
for name in {modules!r}:
    sys.modules[name] = None
for name in {calls!r}:
    module, _, attribute = name.partition(".")
    if hasattr(sys.modules[module], attribute):
        delattr(sys.modules[module], attribute)
sys.platform = {platform!r}
import tts_chaos
from importlib import import_module
imported = []
for found in pkgutil.walk_packages(tts_chaos.__path__, "tts_chaos."):
    file = found.name.removeprefix("tts_chaos.").replace(".", "/") + ".py"
    if file in {left_out!r} or found.name.endswith(("__main__", "sitecustomize")):
        continue
    if found.name.startswith(("tts_chaos.load.", "tts_chaos.serving.http3")):
        continue  # packages of extras
    import_module(found.name)
    imported.append(found.name)
print(len(imported))
"""


def _files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _name(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported: not what stands in functions or under a guard."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "platform" in ast.unparse(child.test):
            continue
        yield child
        yield from _at_import(child)


def _needed_on_import(file: Path) -> list[str]:
    found = []
    for node in _at_import(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in POSIX_MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module in POSIX_MODULES:
            found.append(node.module or "")
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in POSIX_CALLS:
            found.append(ast.unparse(node))
    return found


def test_nothing_of_one_system_is_needed_on_import() -> None:
    needed = {_name(file): found for file in _files() if (found := _needed_on_import(file))}

    assert needed.keys() - STARTED_ON_LINUX_ALONE == set()
    assert "injectors/reach/namespace_room.py" in needed, "the search itself finds nothing"


def test_what_is_started_on_linux_alone_is_imported_by_nothing() -> None:
    stems = {Path(name).stem for name in STARTED_ON_LINUX_ALONE}

    assert [
        _name(file)
        for file in _files()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.module
        and node.module.rpartition(".")[2] in stems
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_everything_is_imported_elsewhere(platform: str) -> None:
    program = OTHER_SYSTEM.format(
        modules=sorted(POSIX_MODULES - {"posix"}),
        calls=sorted(POSIX_CALLS),
        platform=platform,
        left_out=sorted(STARTED_ON_LINUX_ALONE),
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 400


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_a_private_network_says_that_it_is_made_by_linux(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    namespace._probe.cache_clear()
    try:
        reason = namespace._probe()
    finally:
        namespace._probe.cache_clear()

    assert reason == f"private networks are made by Linux, and this is {platform}"


def test_a_program_says_that_it_needs_posix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(BackendUnavailableError, match="need a POSIX system"):
        Program(["true"], environment={}, folder=tmp_path, stdout=[], stderr=[])  # type: ignore[arg-type]


def test_the_watch_over_a_parent_does_nothing_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr("os.getppid")

    assert end_with_parent() is None  # type: ignore[func-returns-value]
