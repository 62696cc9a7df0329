"""Whether the tests notice a mutant: it is put in place in a process of its own, and judged.

The first judges are the cases of the oracles that depend on the mutated module; they are values, so
one takes about a millisecond. Where these see nothing, the unit tests are called, as plain
functions: that spares starting pytest a thousand times. A mutant that makes either endless is
noticed by its time.
"""

from __future__ import annotations

import ast
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from inspect import signature
from itertools import product
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from tests.mutation.mutants import Mutant
from tests.support.oracle_cases import Case
from tests.unit.oracles.test_verdicts import CASES

from tts_chaos.oracles.catalogue import ORACLES

__all__ = ["cases_for", "is_killed", "put_in_place", "runs_of", "unchanged"]

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "harness" / "tts_chaos"
TIME_LIMIT_S = 120
"""Generous: the machine may be busy, and what is endless is endless."""


def unchanged(mutant: Mutant, file: Path) -> Mutant:
    """Return a mutant that changes nothing: what notices it notices anything."""
    return replace(mutant, tree=ast.parse(file.read_text(encoding="utf-8")))


def is_killed(mutant: Mutant, tests: Sequence[ModuleType]) -> bool:
    """Whether a case or a test notices `mutant`. This process is left as it was."""
    child = os.fork()
    if child == 0:
        os._exit(_judge(mutant, tests))
    _, status = os.waitpid(child, 0)
    # A crash and the end of the time are noticed, too.
    return os.waitstatus_to_exitcode(status) != 0


def _judge(mutant: Mutant, tests: Sequence[ModuleType]) -> int:
    """Return 0 where nothing was noticed."""
    signal.alarm(TIME_LIMIT_S)
    try:
        put_in_place(mutant)
        if any(_differs(case) for case in cases_for(mutant.module)):
            return 1
        return 1 if tests and _fails(tests) else 0
    except BaseException:  # noqa: BLE001 - whatever it breaks is noticed
        return 1


def _differs(case: Case) -> bool:
    judged = ORACLES[case.oracle].judge(case.history, case.settings)
    return (judged.verdict, tuple(f.rule for f in judged.findings)) != (case.verdict, case.rules)


def _fails(tests: Sequence[ModuleType]) -> bool:
    """Whether a test of these modules fails; what needs fixtures or a session is left out."""
    return any(_raises(run) for module in tests for run in runs_of(module))


def _raises(run: Callable[[], object]) -> bool:
    try:
        run()
    except Exception:  # noqa: BLE001 - whatever it raises, it failed
        return True
    return False


def runs_of(module: ModuleType) -> Iterator[Callable[[], object]]:
    """Yield the runs of a module's tests, one for each set of parameters."""
    for name, function in list(vars(module).items()):
        if not name.startswith("test_") or not isinstance(function, FunctionType):
            continue
        for parameters in _parameter_sets(getattr(function, "pytestmark", [])):
            if set(signature(function).parameters) == set(parameters):
                yield partial(function, **parameters)


def _parameter_sets(marks: Sequence[pytest.Mark]) -> Iterator[dict[str, object]]:
    axes: list[list[dict[str, object]]] = []
    for mark in marks:
        if mark.name == "parametrize":
            names = mark.args[0]
            keys = [part.strip() for part in names.split(",")] if isinstance(names, str) else names
            axes.append(
                [dict(zip(keys, _values(row, len(keys)), strict=True)) for row in mark.args[1]]
            )
    for chosen in product(*axes):
        yield {key: value for row in chosen for key, value in row.items()}


def _values(row: Any, count: int) -> Sequence[object]:
    if hasattr(row, "values") and hasattr(row, "marks"):
        return tuple(row.values)
    return (row,) if count == 1 else tuple(row)


# -- putting a mutant in place --------------------------------------------------------------------


def put_in_place(mutant: Mutant) -> None:
    """Make the loaded module behave like the mutant, also for those who imported from it.

    A function keeps its identity and gets the changed code; a constant is made anew and replaced
    wherever it was imported to.

    Raises:
        LookupError: If the place is not found in the module.
    """
    module = importlib.import_module(mutant.module)
    owner, _, name = mutant.place.rpartition(".")
    node = _definition(mutant.tree, owner, name)
    if isinstance(node, ast.Assign):
        _replace_constant(module, name, node)
        return
    changed = compile(mutant.tree, str(module.__file__), "exec", dont_inherit=True)
    code = _code_named(changed, f"{owner}.{name}" if owner else name)
    holder = getattr(module, owner) if owner else module
    _function_of(vars(holder)[name]).__code__ = code


def _definition(tree: ast.Module, owner: str, name: str) -> ast.stmt:
    body = tree.body
    if owner:
        body = next(s.body for s in body if isinstance(s, ast.ClassDef) and s.name == owner)
    for statement in body:
        if isinstance(statement, ast.FunctionDef) and statement.name == name:
            return statement
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            return statement
    raise LookupError(f"{owner}.{name}")


def _replace_constant(module: ModuleType, name: str, node: ast.Assign) -> None:
    before = getattr(module, name)
    text = compile(ast.Expression(node.value), str(module.__file__), "eval", dont_inherit=True)
    after = eval(text, vars(module))
    for other in list(sys.modules.values()):
        if getattr(other, "__name__", "").startswith(("tts_chaos", "tests.")):
            for key, value in list(vars(other).items()):
                if value is before and (other is module or key == name):
                    setattr(other, key, after)


def _function_of(found: Any) -> FunctionType:
    """Return the plain function below properties, class methods and wrappers."""
    for attribute in ("fget", "func", "__func__", "__wrapped__"):
        while hasattr(found, attribute):
            found = getattr(found, attribute)
    assert isinstance(found, FunctionType)
    return found


def _code_named(code: CodeType, name: str) -> CodeType:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == name:
                return constant
            if name.startswith(f"{constant.co_qualname}."):
                return _code_named(constant, name)
    raise LookupError(name)


# -- which cases ----------------------------------------------------------------------------------


def cases_for(module: str) -> list[Case]:
    """Return the cases of the oracles whose judge depends on `module`, cheapest first."""
    names = {
        name for name in ORACLES if module in _all_imports(str(ORACLES[name].judge.__module__))
    }
    return [case for case in CASES if case.oracle in names]


@cache
def _all_imports(module: str) -> frozenset[str]:
    """Return a module and all modules of the package that it needs."""
    found, open_ = {module}, [module]
    while open_:
        for name in _imports(open_.pop()) - found:
            found.add(name)
            open_.append(name)
    return frozenset(found)


@cache
def _imports(module: str) -> frozenset[str]:
    file = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tts_chaos.")
    )
