"""Every known pitfall, defect and fact is covered by something that exists, or says why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.backlog.documents import COMMAND, documents
from tests.backlog.proofs import complaints, known_proofs
from tests.backlog.table import LISTS, BacklogList, Kind, Row, load_rows, read_rows

REASON = "the page lies in a browser, where no call of the interface passes"
PAIR = BacklogList(name="pair", title="", what="", ids=("A1", "A2"), chapters={})
GOOD = (
    Row(id="A1", says="one", shown=("NeverRefreshes",)),
    Row(id="A2", says="two", no=REASON),
)


@pytest.mark.parametrize("backlog", LISTS, ids=lambda backlog: backlog.name)
def test_every_row_is_covered_by_what_exists_or_says_why_not(backlog: BacklogList) -> None:
    assert list(complaints(backlog, load_rows(backlog), known_proofs())) == []


def test_the_lists_are_as_long_as_they_were_found() -> None:
    assert {backlog.name: len(backlog.ids) for backlog in LISTS} == {
        "pitfalls": 127,
        "defects": 50,
        "guide": 17,
    }


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_a_document_is_what_the_tables_make(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == documents()[path], f"run: {COMMAND}"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (GOOD[:1], "A2: the row is missing"),
        ((*GOOD, Row(id="A3", says="", no=REASON)), "A3: the list has no such row"),
        (GOOD[::-1], "not in the order"),
        ((Row(id="A1", says="one"), GOOD[1]), "nothing covers it"),
        ((Row(id="A1", says="one", no="no"), GOOD[1]), "too short"),
        ((Row(id="A1", says="", shown=("Nobody",)), GOOD[1]), "broken integration 'Nobody'"),
        ((Row(id="A1", says="", scenarios=("a/b",)), GOOD[1]), "no scenario 'a/b'"),
        ((Row(id="A1", says="", rules=("a.b",)), GOOD[1]), "no rule 'a.b'"),
        ((Row(id="A1", says="", refusals=("a",)), GOOD[1]), "no refusal 'a'"),
        ((Row(id="A1", says="", tests=("tests/a.py::test_b",)), GOOD[1]), "no test"),
        ((Row(id="A1", says="", tests=("tests/conftest.py::test_b",)), GOOD[1]), "no test"),
        ((Row(id="A1", says="", rules=("actions_end.process_ended",), no=REASON), GOOD[1]), "says"),
    ],
)
def test_a_row_that_proves_nothing_is_refused(rows: tuple[Row, ...], words: str) -> None:
    found = list(complaints(PAIR, rows, known_proofs()))

    assert len(found) == 1
    assert words in found[0]


def test_good_rows_are_not_complained_about() -> None:
    assert list(complaints(PAIR, GOOD, known_proofs())) == []


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"A1": {"says": "a", "scenario": ["x"]}}, r"f: \[A1\]: unknown key 'scenario'; known"),
        ({"A1": {"shown": ["x"]}}, r"f: \[A1\]: expected a table with the key says"),
        ({"A1": {"says": "a", "no": " "}}, r"f: \[A1\]: no needs words"),
        ({"A1": {"says": "a", "shown": "x"}}, r"f: \[A1\]: shown needs a list of names"),
        ({"A1": {"says": "a", "shown": []}}, r"f: \[A1\]: shown needs a list of names"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(tables: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        list(read_rows(tables, "f"))


def test_the_strongest_proof_counts() -> None:
    row = Row(id="A1", says="", shown=("x",), refusals=("y",))

    assert row.kind is Kind.SHOWN
