"""Small changes of a module, one at a time: what a slip of the pen would do to it.

A mutant changes one comparison, boundary, boolean operator, condition, number, or drops one
statement. Words are left alone: what a message says is no judgement.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Mutant", "mutants_of"]

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult, ast.Mod: ast.Mult,
}  # fmt: skip
_CALLS = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """One change of one module.

    Attributes:
        module: Its dotted name.
        place: Function or constant that is changed, as its qualified name.
        number: Which of several equal changes of that place, from 0.
        change: What is changed into what, in source text.
        line: Where.
        tree: The module, changed.
    """

    module: str
    place: str
    number: int
    change: str
    line: int
    tree: ast.Module

    @property
    def id(self) -> str:
        """A name that stays as long as the place is not rewritten."""
        suffix = f" #{self.number}" if self.number else ""
        return f"{self.module.removeprefix('tts_chaos.')}:{self.place}: {self.change}{suffix}"


def mutants_of(module: str, file: Path) -> Iterator[Mutant]:
    """Yield every mutant of a module, in order of its source."""
    source = file.read_text(encoding="utf-8")
    seen: dict[tuple[str, str], int] = {}
    for index in range(len(list(_sites(ast.parse(source))))):
        tree = ast.parse(source)
        place, line, change = list(_sites(tree))[index]
        text = " -> ".join(map(_short, change()))
        number = seen[place, text] = seen.get((place, text), -1) + 1
        yield Mutant(module, place, number, text, line, ast.fix_missing_locations(tree))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:40]}...{flat[-17:]}"


_Change = Callable[[], tuple[str, str]]
"""Makes a change, and returns the source text before and after it."""
_Site = tuple[str, int, _Change]


def _sites(tree: ast.Module) -> Iterator[_Site]:
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            yield from _in_function(statement, statement.name)
        elif isinstance(statement, ast.ClassDef):
            for member in statement.body:
                if isinstance(member, ast.FunctionDef):
                    yield from _in_function(member, f"{statement.name}.{member.name}")
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            for node in ast.walk(statement.value):
                yield from _of_node(node, statement.targets[0].id)


def _in_function(function: ast.FunctionDef, place: str) -> Iterator[_Site]:
    inside = [node for part in function.body for node in ast.walk(part)]
    for node in (function, *inside):
        for field in ("body", "orelse"):
            body = getattr(node, field, None)
            if isinstance(body, list):
                yield from _dropped(body, place)
    for node in inside:
        yield from _of_node(node, place)


def _dropped(body: list[ast.stmt], place: str) -> Iterator[_Site]:
    for position, statement in enumerate(body):
        is_words = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        droppable = isinstance(statement, ast.Expr | ast.AugAssign | ast.Continue | ast.Break)
        if droppable and not is_words:
            yield place, statement.lineno, _drop(body, position)


def _drop(body: list[ast.stmt], position: int) -> _Change:
    def change() -> tuple[str, str]:
        before = body[position]
        body[position] = ast.copy_location(ast.Pass(), before)
        return ast.unparse(before), "nothing"

    return change


def _of_node(node: ast.AST, place: str) -> Iterator[_Site]:
    for change in _changes(node):
        yield place, getattr(node, "lineno", 0), change


def _changes(node: ast.AST) -> Iterator[_Change]:
    if isinstance(node, ast.Compare):
        for position, operator in enumerate(node.ops):
            ops = [*node.ops]
            ops[position] = _COMPARISONS[type(operator)]()
            yield _set(node, ops=ops)
    elif isinstance(node, ast.BoolOp):
        yield _set(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _is_text(node):
        yield _set(node, op=_ARITHMETIC[type(node.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _set(node, operand=ast.UnaryOp(op=ast.Not(), operand=node.operand))
    elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
        yield _set(node, value=_other_number(node.value))
    elif isinstance(node, ast.Name) and node.id in _CALLS:
        yield _set(node, id=_CALLS[node.id])
    elif isinstance(node, ast.If | ast.While | ast.IfExp) and not _changes_anyway(node.test):
        yield _negated(node)


def _other_number(value: object) -> object:
    if isinstance(value, bool):
        return not value
    assert isinstance(value, int)
    return value + 1


def _is_text(node: ast.BinOp) -> bool:
    return any(isinstance(side, ast.JoinedStr) or _is_str(side) for side in (node.left, node.right))


def _is_str(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _changes_anyway(test: ast.expr) -> bool:
    """Whether a condition is changed as what it is."""
    return any(True for _ in _changes(test))


def _set(node: ast.AST, **fields: object) -> _Change:
    def change() -> tuple[str, str]:
        before = ast.unparse(node)
        for name, value in fields.items():
            setattr(node, name, value)
        return before, ast.unparse(ast.fix_missing_locations(node))

    return change


def _negated(node: ast.If | ast.While | ast.IfExp) -> _Change:
    def change() -> tuple[str, str]:
        before = ast.unparse(node.test)
        node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)
        return f"if {before}", f"if not {before}"

    return change
