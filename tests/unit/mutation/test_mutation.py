"""The tool that mutates: each kind of change, and that only what is noticed counts as killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.mutation import scope
from tests.mutation.explained import EXPLAINED
from tests.mutation.mutants import mutants_of
from tests.proofs.prove_mutants import explains

ROOT = Path(__file__).parents[3]


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
        pytest.param("return f'{a + 1} of {b}'", [], id="so is what stands in them"),
        pytest.param("return 3", ["3 -> 4"], id="number"),
        pytest.param("return True", ["True -> False"], id="truth"),
        pytest.param("return max(a, b)", ["max -> min"], id="extreme"),
        pytest.param("a.append(b)", ["a.append(b) -> nothing"], id="statement"),
        pytest.param("'words'", [], id="docstring"),
        pytest.param("c: Literal[3] = a", [], id="annotation"),
        pytest.param("return a if b else a", ["if b -> if not b"], id="condition"),
        pytest.param("return a < 1 and 1 < b", ["a < 1 and 1 < b -> a < 1 or 1 < b",
            "a < 1 -> a <= 1", "1 -> 2", "1 < b -> 1 <= b", "1 -> 2 #1"], id="one at a time"),
    ],
)  # fmt: skip
def test_each_kind_of_change(tmp_path: Path, body: str, expected: list[str]) -> None:
    assert [
        f"{change} #{earlier}" if (earlier := found[:place].count(change)) else change
        for found in [changes(tmp_path, body)]
        for place, change in enumerate(found)
    ] == expected


def test_a_mutant_knows_the_lines_of_its_statement(tmp_path: Path) -> None:
    file = tmp_path / "small.py"
    file.write_text("def f(a):\n    if (\n        a > 1\n    ):\n        return 2\n    return a\n")

    assert {m.change: m.lines for m in mutants_of("small", file)} == {
        "a > 1 -> a >= 1": (2, 4),
        "1 -> 2": (2, 4),
        "2 -> 3": (5, 5),
    }


SMALL = """
LIMIT = 3
TABLE = {"a": 1}

class Box:
    @property
    def size(self):
        return 2

def is_due(at):
    return at >= LIMIT

def count(number):
    while number > 0:
        number -= 1
    return number

def unseen(number):
    return number + 1

def looked_at(number):
    return number + 5

def row():
    return TABLE["a"]
"""
TESTS = """
import small
from small import LIMIT

def test_the_limit_itself_is_due():
    assert (small.is_due(3), small.is_due(2), LIMIT) == (True, False, 3)

def test_a_count_ends(tmp_path):
    assert small.count(3) == 0

def test_a_box_has_a_size():
    assert small.Box().size == 2

def test_that_asserts_nothing():
    small.looked_at(1)

def test_a_row():
    assert small.row() == 1
"""
JUDGE = """
import json, sys
from pathlib import Path
from tests.mutation import killing
from tests.mutation.mutants import mutants_of
from tests.mutation.reach import note_reach
from tests.mutation.running import in_session

killing.CPU_LIMIT_S = 1
folder = Path(sys.argv[1])
file = folder / "small.py"

def work(items):
    reach = note_reach(items, [file])
    mutants = list(mutants_of("small", file))
    judged = [
        *killing.judge(iter(mutants), items, reach, jobs=2),
        *killing.judge(iter([killing.unchanged(mutants[0])]), items, reach),
    ]
    rows = [[j.mutant.index, j.mutant.id[6:], j.killer.rpartition("::")[2]] for j in judged]
    import small
    (folder / "judged.json").write_text(json.dumps([rows, reach.failed, small.LIMIT]))

sys.exit(in_session([folder / "test_small.py"], work))
"""


@pytest.mark.slow
def test_what_no_test_notices_survives_and_all_else_is_killed(tmp_path: Path) -> None:
    for name, text in (("small.py", SMALL), ("test_small.py", TESTS), ("judge.py", JUDGE)):
        (tmp_path / name).write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    paths = os.pathsep.join([str(tmp_path), str(ROOT), str(ROOT / "harness")])

    ran = subprocess.run(
        [sys.executable, str(tmp_path / "judge.py"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    rows, failed, limit = json.loads((tmp_path / "judged.json").read_text())
    assert {change: killer for index, change, killer in rows if index >= 0} == {
        "LIMIT: 3 -> 4": "test_the_limit_itself_is_due",
        "TABLE: 1 -> 2": "test_a_row",
        "Box.size: 2 -> 3": "test_a_box_has_a_size",
        "is_due: at >= LIMIT -> at > LIMIT": "test_the_limit_itself_is_due",
        "count: number > 0 -> number >= 0": "test_a_count_ends",
        "count: 0 -> 1": "test_a_count_ends",
        "count: number -= 1 -> nothing": "an endless run",
        "count: 1 -> 2": "test_a_count_ends",
        "unseen: number + 1 -> number - 1": "",
        "unseen: 1 -> 2": "",
        "looked_at: number + 5 -> number - 5": "",
        "looked_at: 5 -> 6": "",
    }
    assert [killer for index, _, killer in rows if index < 0] == [""]
    assert (failed, limit) == ([], 3)


def test_every_explanation_is_of_a_mutant_that_there_is() -> None:
    """Which of them survive is shown by the proof; here, none is left of code that has changed."""
    ids = [mutant.id for mutant in scope.all_mutants()]

    assert [p for p in EXPLAINED if not any(explains(p, id) for id in ids)] == []


def test_ids_are_unique() -> None:
    ids = [mutant.id for mutant in scope.all_mutants()]

    assert len(ids) == len(set(ids)) > 2000
