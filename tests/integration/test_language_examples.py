"""The examples in languages and on libraries: the naive version is found wanting, the fixed passes.

One scenario each; `make prove-languages` plays everything.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.language_examples import EXAMPLES, FOLDER, LanguageExample, play

pytestmark = pytest.mark.slow

SCENARIOS = 1


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_naive_version_breaks_its_rules_and_the_fixed_one_none(
    example: LanguageExample, tmp_path: Path
) -> None:
    if example.missing:
        pytest.skip(example.missing)
    guilty = dict(list(example.guilty.items())[:SCENARIOS])

    naive = play(example, "naive", tmp_path / "naive", scenarios=guilty)
    fixed = play(example, "fixed", tmp_path / "fixed", scenarios=guilty)

    assert {row.scenario: guilty[row.scenario] - row.rules for row in naive} == dict.fromkeys(
        guilty, frozenset()
    )
    assert {row.scenario: (row.outcome, row.reason) for row in fixed} == dict.fromkeys(
        guilty, ("passed", "")
    )


def test_each_example_has_both_versions_and_a_page() -> None:
    parts = ("naive", "fixed", "README.md")

    missing = [
        f"{example.name}/{part}"
        for example in EXAMPLES
        for part in parts
        if not (FOLDER / example.name / part).exists()
    ]

    assert missing == []
