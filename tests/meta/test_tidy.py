"""The house style as a test. Each refusal names file, line, rule and what to write instead."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "harness").rglob("*.py"))
FUNCTION_LINES = 70
MODULE_LINES = 600
REFUSED_NAMES = {"utils", "util", "helpers", "helper", "misc", "common"}
BANNED = {
    "unittest.mock": "a fake that the same test runs against the real thing",
    "from harness": "from tts_chaos",
    "_pytest": "pytest's public interface",
    "FIXME": "mend it now",
    "TODO": "mend it now, or write down what is left out in the changelog",
}
DURATIONS = ("timeout", "delay", "duration", "interval", "deadline", "latency")
UNITS = ("_ms", "_s", "_count", "_ratio", "_bytes")


def _id(file: Path) -> str:
    return file.relative_to(ROOT / "harness").as_posix()


@pytest.mark.parametrize("file", FILES, ids=_id)
def test_a_module_is_short_named_and_described(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)

    problems = []
    if text.count("\n") > MODULE_LINES:
        problems.append(f"longer than {MODULE_LINES} lines: split it by reason to change")
    if file.stem in REFUSED_NAMES:
        problems.append("its name says nothing: name what it owns")
    if not ast.get_docstring(tree):
        problems.append("no docstring: say what it owns and what it must not know")
    if file.name != "__init__.py" and "__all__" not in text:
        problems.append("no __all__: say what is public")

    assert problems == []


@pytest.mark.parametrize("file", FILES, ids=_id)
def test_functions_are_short(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))

    long = [
        f"line {node.lineno}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]

    assert long == []


@pytest.mark.parametrize("file", FILES, ids=_id)
def test_nothing_banned_is_written(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()

    found = [
        f"line {number}: {word!r}; write {instead}"
        for number, line in enumerate(lines, 1)
        for word, instead in BANNED.items()
        if word in line
    ]

    assert found == []


@pytest.mark.parametrize("file", FILES, ids=_id)
def test_parameters_that_are_durations_carry_their_unit(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))

    bare = [
        f"line {arg.lineno}: {arg.arg}; name its unit ({', '.join(UNITS)})"
        for node in ast.walk(tree)
        if isinstance(node, ast.arguments)
        for arg in (*node.args, *node.kwonlyargs)
        if arg.arg.endswith(DURATIONS)
        and isinstance(arg.annotation, ast.Name)
        and arg.annotation.id in ("int", "float")
        # A stand-in has to take the parameters of what it stands in for.
        and "virtual_time" not in _id(file)
    ]

    assert bare == []
