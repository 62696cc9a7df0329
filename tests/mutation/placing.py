"""Puts a mutant in the place of what is loaded, in this process."""

from __future__ import annotations

import ast
import importlib
import sys
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.mutation.mutants import Mutant

__all__ = ["put_in_place"]


def put_in_place(mutant: Mutant) -> None:
    """Make the loaded module behave like the mutant, also for those who imported from it.

    A function keeps its identity and gets the changed code, a table its identity and the changed
    rows; another constant is made anew and replaced wherever it was imported to.

    Raises:
        LookupError: If the place is not found in the module.
    """
    module = importlib.import_module(mutant.module)
    owner, _, name = mutant.place.rpartition(".")
    tree = mutant.tree()
    node = _definition(tree, owner, name)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        _replace_constant(module, name, node)
        return
    changed = compile(tree, str(module.__file__), "exec", dont_inherit=True)
    code = _code_named(changed, f"{owner}.{name}" if owner else name)
    holder = getattr(module, owner) if owner else module
    _function_of(vars(holder)[name]).__code__ = code


def _definition(tree: ast.Module, owner: str, name: str) -> ast.stmt:
    body = tree.body
    if owner:
        body = next(s.body for s in body if isinstance(s, ast.ClassDef) and s.name == owner)
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            if statement.name == name:
                return statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if ast.unparse(targets[0]) == name:
                return statement
    raise LookupError(f"{owner}.{name}")


def _replace_constant(module: ModuleType, name: str, node: ast.Assign | ast.AnnAssign) -> None:
    assert node.value is not None
    before = getattr(module, name)
    text = compile(ast.Expression(node.value), str(module.__file__), "eval", dont_inherit=True)
    after = eval(text, vars(module))
    if isinstance(before, dict) and isinstance(after, dict):
        # Whoever else holds it, a registry for example, sees the change, too.
        before.clear()
        before.update(after)
        return
    for other in list(sys.modules.values()):
        name_of = getattr(other, "__name__", "")
        if other is module or name_of.startswith(("tts_chaos", "tests.")):
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
