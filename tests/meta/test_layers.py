"""The layers hold without any tool: imports are read from the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "harness" / "tts_chaos"

LAYERS = (
    ("core",),
    ("wire",),
    ("contracts",),
    ("twin", "faults", "oracles", "diagnosis"),
    ("scenarios",),
    ("engine",),
    ("processes",),
    ("serving", "subjects", "reporting", "reference", "scaffold"),
    # A world is built of what serves.
    ("injectors", "probing", "search", "load"),
    ("pytest_plugin", "cli"),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
PURE = ("core", "wire", "contracts", "twin", "faults", "oracles", "diagnosis")
# Reading the contract files is the one place where a pure layer meets the disk.
IMPURE_BY_DESIGN = {"contracts/loader.py"}
BANNED_MODULES = {
    "asyncio", "os", "random", "secrets", "socket", "ssl", "subprocess", "threading", "time",
    "urllib.request", "uuid",
}  # fmt: skip
MAY_IMPORT = {"core/entropy.py": {"random"}}
BANNED_CALLS = {"open", "print", "input"}


def _files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _name(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _layer(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "tts_chaos" and len(parts) > 1 and parts[1] in LEVEL else None


@pytest.mark.parametrize("file", _files(), ids=_name)
def test_a_module_imports_only_from_below(file: Path) -> None:
    own = _name(file).split("/")[0]
    if own not in LEVEL:
        return

    upward = [
        module
        for module in _imports(ast.parse(file.read_text(encoding="utf-8")))
        if (other := _layer(module)) is not None and other != own and LEVEL[other] >= LEVEL[own]
    ]

    assert upward == []


@pytest.mark.parametrize("file", [f for f in _files() if _name(f).split("/")[0] in PURE], ids=_name)
def test_a_pure_module_has_no_clock_no_chance_and_no_io(file: Path) -> None:
    if _name(file) in IMPURE_BY_DESIGN:
        return
    tree = ast.parse(file.read_text(encoding="utf-8"))

    banned = set(_imports(tree)) & BANNED_MODULES - MAY_IMPORT.get(_name(file), set())
    calls = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    } & BANNED_CALLS
    now = [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date")
    ]

    assert (banned, calls, now) == (set(), set(), [])
