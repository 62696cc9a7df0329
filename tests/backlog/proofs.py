"""What the names in the backlog point at, and which of them point at nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tests.backlog.table import ROOT, BacklogList, Kind, Row
from tests.quality.zoo.catalogue import ZOO, Member
from tests.surface.cases import all_cases

from tts_chaos.oracles.catalogue import ORACLES
from tts_chaos.scenarios.loader import find_scenario_files, scenario_id

__all__ = ["Proofs", "complaints", "known_proofs"]

LEAST_REASON = 40
"""Characters; a reason shorter than this convinces nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """All that a row may name.

    Attributes:
        members: Members of the zoo of broken integrations by name.
        scenarios: Ids of the bundled scenarios.
        rules: Every rule, as `oracle.rule`.
        refusals: Ids of the cases of `tests/surface` that end in a refusal.
    """

    members: Mapping[str, tuple[Member, ...]]
    scenarios: frozenset[str]
    rules: frozenset[str]
    refusals: frozenset[str]

    def scenarios_of(self, row: Row) -> tuple[str, ...]:
        """Return the scenarios that play a row, those of its members first."""
        shown = (member.scenario for name in row.shown for member in self.members.get(name, ()))
        return tuple(dict.fromkeys((*shown, *row.scenarios)))

    def rules_of(self, row: Row) -> tuple[str, ...]:
        """Return the rules that judge a row, those of its members first."""
        broken = (member.rule for name in row.shown for member in self.members.get(name, ()))
        return tuple(dict.fromkeys((*broken, *row.rules)))


@cache
def known_proofs() -> Proofs:
    """Return what there is."""
    folder = ROOT / "scenarios"
    members: dict[str, list[Member]] = {}
    for member in ZOO:
        members.setdefault(member.name, []).append(member)
    return Proofs(
        members={name: tuple(rows) for name, rows in members.items()},
        scenarios=frozenset(scenario_id(file, folder) for file in find_scenario_files(folder)),
        rules=frozenset(f"{name}.{rule}" for name, row in ORACLES.items() for rule in row.rules),
        refusals=frozenset(case.id for case in all_cases() if case.code),
    )


def complaints(backlog: BacklogList, rows: Iterable[Row], proofs: Proofs) -> Iterator[str]:
    """Yield what is wrong with the rows of a list, one sentence each."""
    rows = list(rows)
    ids = [row.id for row in rows]
    for id in backlog.ids:
        if id not in ids:
            yield f"{backlog.name} {id}: the row is missing"
    for id in ids:
        if id not in backlog.ids:
            yield f"{backlog.name} {id}: the list has no such row"
    if not set(ids) ^ set(backlog.ids) and ids != list(backlog.ids):
        yield f"{backlog.name}: the rows are not in the order of their ids"
    for row in rows:
        yield from (f"{backlog.name} {row.id}: {text}" for text in _about(row, proofs))


def _about(row: Row, proofs: Proofs) -> Iterator[str]:
    if row.kind is Kind.OPEN:
        yield "nothing covers it, and no reason is given"
    if row.no and row.kind is not Kind.NO:
        yield "it is covered, and says why it is not"
    for key, reason in (("no", row.no), ("parts", row.parts)):
        if reason and len(reason) < LEAST_REASON:
            yield f"{key} = {reason!r} is too short to convince anybody"
    named = (
        ("broken integration", row.shown, proofs.members),
        ("scenario", row.scenarios, proofs.scenarios),
        ("rule", row.rules, proofs.rules),
        ("refusal", row.refusals, proofs.refusals),
    )
    for what, names, known in named:
        yield from (f"there is no {what} {name!r}" for name in names if name not in known)
    yield from (f"there is no test {name!r}" for name in row.tests if not _is_test(name))


def _is_test(name: str) -> bool:
    path, _, function = name.partition("::")
    file = ROOT / path
    return file.is_file() and function in _functions_of(path)


@cache
def _functions_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )
