"""What is mutated, and by which tests a mutant has to be noticed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants_of

__all__ = [
    "FAMILIES",
    "PACKAGE",
    "ROOT",
    "SKIPPED",
    "all_mutants",
    "family_of",
    "modules",
    "tests_of",
]

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "harness" / "tts_chaos"
FAMILIES = ("oracles", "engine", "diagnosis")
"""Packages in scope; a mutant has to be noticed by the unit tests that stand beside its package."""
SKIPPED = frozenset(
    {
        # Measures time: a busy machine would kill any mutant.
        "test_judging_costs_about_the_same_per_record_however_long_the_history",
        # Play cases of which test_told knows all that is told, for less.
        "test_an_oracle_says_exactly_what_is_wrong",
        "test_each_finding_points_at_a_record_and_names_a_defect",
        "test_a_history_read_back_from_its_text_is_judged_alike",
        "test_records_that_do_not_concern_a_rule_do_not_change_its_verdict",
    }
)
"""Tests that are left out."""
ENGINE = ("capabilities", "causes", "effects", "fitness", "judgement", "searching")
"""Modules of the engine that judge, or decide what is judged."""

ON_REQUEST = frozenset({"diagnosis"})
"""Packages that are mutated only where a module of theirs is named: not all of their survivors are
explained yet."""


def tests_of(family: str) -> Path:
    """Return the folder of the tests that mirrors a package."""
    return ROOT / "tests" / "unit" / family


def modules() -> dict[str, Path]:
    """Return the file of each module in scope, by its dotted name."""
    files = [
        *sorted((PACKAGE / "oracles").glob("*.py")),
        *(PACKAGE / "engine" / f"{name}.py" for name in ENGINE),
        *sorted((PACKAGE / "diagnosis").glob("*.py")),
    ]
    return {f"tts_chaos.{f.parent.name}.{f.stem}": f for f in files if f.stem != "__init__"}


def family_of(mutant: Mutant) -> str:
    """Return the package a mutant is in."""
    return mutant.module.split(".")[1]


def all_mutants(names: set[str] | None = None) -> Iterator[Mutant]:
    """Yield the mutants of what judges, or of the modules with these short names."""
    for module, file in modules().items():
        if file.parent.name not in ON_REQUEST if names is None else file.stem in names:
            yield from mutants_of(module, file)
