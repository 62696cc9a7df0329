"""Counts, records and words of every report are those that a person has read and found right."""

from __future__ import annotations

import pytest
from tests.support.oracle_cases import Case
from tests.unit.oracles.test_verdicts import CASES
from tests.unit.oracles.told import blocks, tell

TOLD = blocks()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_all_that_is_told_of_a_case_was_read(case: Case) -> None:
    assert tell(case) == TOLD.get(f"{case.oracle}: {case.claim}")


def test_nothing_is_kept_of_cases_that_are_gone_or_named_alike() -> None:
    assert list(TOLD) == [f"{case.oracle}: {case.claim}" for case in CASES]
