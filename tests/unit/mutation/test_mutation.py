"""The tool that mutates: each kind of change, and that only what is noticed counts as killed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.mutation.killing import cases_for, is_killed, runs_of, unchanged
from tests.mutation.mutants import Mutant, mutants_of
from tests.unit.oracles import test_meanings

from tts_chaos.oracles import findings, retries_bounded

MODULE = "tts_chaos.oracles.retries_bounded"
FILE = Path(str(retries_bounded.__file__))


def changes(tmp_path: Path, body: str) -> list[str]:
    """Return the changes made to a function with this body."""
    file = tmp_path / "small.py"
    file.write_text(f"def f(a, b):\n    {body}\n")
    return [mutant.change for mutant in mutants_of("small", file)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("return a < b", ["a < b -> a <= b"], id="boundary"),
        pytest.param("return a is b", ["a is b -> a is not b"], id="identity"),
        pytest.param("return a in b", ["a in b -> a not in b"], id="membership"),
        pytest.param("return a and b", ["a and b -> a or b"], id="boolean"),
        pytest.param("return not a", ["not a -> not not a"], id="negation"),
        pytest.param("return a + b", ["a + b -> a - b"], id="arithmetic"),
        pytest.param("return 'a' + b", [], id="words are left alone"),
        pytest.param("return 3", ["3 -> 4"], id="number"),
        pytest.param("return True", ["True -> False"], id="truth"),
        pytest.param("return max(a, b)", ["max -> min"], id="extreme"),
        pytest.param("a.append(b)", ["a.append(b) -> nothing"], id="statement"),
        pytest.param("'words'", [], id="docstring"),
        pytest.param("return a if b else a", ["if b -> if not b"], id="condition"),
    ],
)
def test_each_kind_of_change(tmp_path: Path, body: str, expected: list[str]) -> None:
    assert changes(tmp_path, body) == expected


def mutant(change: str) -> Mutant:
    """Return a mutant of a real oracle."""
    return next(each for each in mutants_of(MODULE, FILE) if each.change == change)


def test_a_mutant_that_a_case_notices_is_killed_and_leaves_this_process_alone() -> None:
    before = retries_bounded.judge.__code__

    changed = "call.rounds > settings.retry_limit -> call.rounds >= settings.retry_limit"
    assert is_killed(mutant(changed), ())
    assert retries_bounded.judge.__code__ is before


def test_a_changed_constant_is_put_in_place() -> None:
    assert is_killed(mutant("1000 -> 1001"), ())


def test_what_changes_nothing_survives_the_cases_and_the_tests() -> None:
    assert not is_killed(unchanged(mutant("1000 -> 1001"), FILE), (test_meanings,))


def test_cases_are_those_of_the_oracles_that_need_the_module() -> None:
    assert {case.oracle for case in cases_for(MODULE)} == {"retries_bounded"}
    assert len({case.oracle for case in cases_for(findings.__name__)}) > 20


def test_tests_are_called_with_each_of_their_parameters() -> None:
    assert len(list(runs_of(test_meanings))) > 20
