"""Counts, records and words of every report are those that a person has read and found right."""

from __future__ import annotations

import pytest
from tests.unit.oracles.test_verdicts import CASES
from tests.unit.oracles.told import blocks, tell

from tts_chaos.oracles.catalogue import ORACLES

TOLD = blocks()


@pytest.mark.parametrize("name", ORACLES)
def test_all_that_an_oracle_tells_of_its_cases_was_read(name: str) -> None:
    cases = [case for case in CASES if case.oracle == name]

    assert "\n\n".join(map(tell, cases)) == "\n\n".join(
        text for title, text in TOLD.items() if title.startswith(f"{name}: ")
    )


def test_nothing_is_kept_of_cases_that_are_gone_or_named_alike() -> None:
    titles = [f"{case.oracle}: {case.claim}" for case in CASES]

    assert sorted(TOLD) == sorted(titles)
