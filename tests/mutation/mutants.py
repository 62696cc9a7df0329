"""Small changes of a module, one at a time: what a slip of the pen would do to it.

A mutant changes one comparison, boundary, boolean operator, condition, number, or drops one
statement. Words are left alone: what a message says is no judgement.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
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
        file: Its source.
        place: Function or constant that is changed, as its qualified name.
        change: What is changed into what, in source text.
        number: Which of several equal changes of that place, from 0.
        lines: First and last line of the statement it is in; of a compound one, of its head.
        index: Which of all changes of the module, from 0; -1 changes nothing.
    """

    module: str
    file: Path
    place: str
    change: str
    number: int
    lines: tuple[int, int]
    index: int

    @property
    def id(self) -> str:
        """A name that stays as long as the place is not rewritten."""
        suffix = f" #{self.number}" if self.number else ""
        return f"{self.module.removeprefix('tts_chaos.')}:{self.place}: {self.change}{suffix}"

    def tree(self) -> ast.Module:
        """Return the module, changed."""
        tree = ast.parse(self.file.read_text(encoding="utf-8"))
        if self.index >= 0:
            list(_sites(tree))[self.index].change()
        return ast.fix_missing_locations(tree)


def mutants_of(module: str, file: Path) -> Iterator[Mutant]:
    """Yield every mutant of a module, in order of its source."""
    sites = list(_sites(ast.parse(file.read_text(encoding="utf-8"))))
    seen: dict[tuple[str, str], int] = {}
    for index, site in enumerate(sites):
        before, after, undo = site.change()
        undo()
        text = f"{_short(before)} -> {_short(after)}"
        number = seen[site.place, text] = seen.get((site.place, text), -1) + 1
        yield Mutant(module, file, site.place, text, number, site.lines, index)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:40]}...{flat[-17:]}"


_Change = Callable[[], tuple[str, str, Callable[[], None]]]
"""Makes a change; returns the source text before and after it, and what takes it back."""


@dataclass(frozen=True)
class _Site:
    place: str
    lines: tuple[int, int]
    change: _Change


def _sites(tree: ast.Module) -> Iterator[_Site]:
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _in_body(statement.body, statement.name)
        elif isinstance(statement, ast.ClassDef):
            for member in statement.body:
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from _in_body(member.body, f"{statement.name}.{member.name}")
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            if isinstance(target, ast.Name) and target.id != "__all__":
                for node in _walk(statement.value):
                    yield from _of_node(node, target.id, _head(statement))


def _in_body(body: list[ast.stmt], place: str) -> Iterator[_Site]:
    for position, statement in enumerate(body):
        lines = _head(statement)
        if _is_droppable(statement):
            yield _Site(place, lines, _drop(body, position))
        yield from _of_node(statement, place, lines)
        for child in _expressions(statement):
            for node in _walk(child):
                yield from _of_node(node, place, lines)
        for inner in _bodies(statement):
            yield from _in_body(inner, place)


def _is_droppable(statement: ast.stmt) -> bool:
    is_words = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    kinds = ast.Expr | ast.AugAssign | ast.Continue | ast.Break
    return isinstance(statement, kinds) and not is_words


def _bodies(statement: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a compound statement."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(statement, field, None)
        if isinstance(block, list):
            yield block
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield what a statement evaluates itself, without its blocks."""
    said = (getattr(statement, "annotation", None), getattr(statement, "returns", None))
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.match_case):
            yield child.pattern
            if child.guard is not None:
                yield child.guard
        elif child not in said and not isinstance(
            child, ast.stmt | ast.ExceptHandler | ast.arguments
        ):
            yield child


def _head(statement: ast.stmt) -> tuple[int, int]:
    blocks = [block for block in _bodies(statement) if block]
    last = blocks[0][0].lineno - 1 if blocks else statement.end_lineno or statement.lineno
    return statement.lineno, max(last, statement.lineno)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is below it, but nothing of annotations and of texts."""
    yield node
    if isinstance(node, ast.JoinedStr):
        return
    for name, child in ast.iter_fields(node):
        if name not in ("annotation", "returns"):
            for each in child if isinstance(child, list) else [child]:
                if isinstance(each, ast.AST):
                    yield from _walk(each)


def _drop(body: list[ast.stmt], position: int) -> _Change:
    def change() -> tuple[str, str, Callable[[], None]]:
        before = body[position]
        body[position] = ast.copy_location(ast.Pass(), before)
        return ast.unparse(before), "nothing", lambda: body.__setitem__(position, before)

    return change


def _of_node(node: ast.AST, place: str, lines: tuple[int, int]) -> Iterator[_Site]:
    for change in _changes(node):
        yield _Site(place, lines, change)


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
    def change() -> tuple[str, str, Callable[[], None]]:
        kept = {name: getattr(node, name) for name in fields}
        before = ast.unparse(node)
        _put(node, fields)
        return before, ast.unparse(ast.fix_missing_locations(node)), lambda: _put(node, kept)

    return change


def _put(node: ast.AST, fields: Mapping[str, object]) -> None:
    for name, value in fields.items():
        setattr(node, name, value)


def _negated(node: ast.If | ast.While | ast.IfExp) -> _Change:
    def change() -> tuple[str, str, Callable[[], None]]:
        test, before = node.test, ast.unparse(node.test)
        node.test = ast.UnaryOp(op=ast.Not(), operand=test)
        return f"if {before}", f"if not {before}", lambda: setattr(node, "test", test)

    return change
