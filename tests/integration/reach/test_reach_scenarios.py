"""Unmodified programs, which know the platform's own addresses only, play real scenarios.

One scenario each; `make prove-hard-coded` plays more.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.hard_coded import PROGRAMS, HardCoded, play_hard_coded

SCENARIO = "auth/token-expired-401"
NOT_HERE = "Java"
"""It takes longest to start; the proof plays it."""
CASES = [
    (program, way) for program in PROGRAMS for way in program.ways if program.language != NOT_HERE
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "way"), CASES, ids=[f"{program.language}-{way}" for program, way in CASES]
)
def test_a_program_that_is_told_no_address_passes_its_scenarios(
    program: HardCoded, way: str, tmp_path: Path
) -> None:
    if problem := program.missing(way):
        pytest.skip(problem)

    outcomes = play_hard_coded(program, way, tmp_path, [SCENARIO])

    assert outcomes == {SCENARIO: "passed"}
