"""The published schemas are those of the code, and take what is really written and read."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.support.report_documents import report_of, run_row

from tts_chaos.cli.schema import SCHEMAS, schema_text
from tts_chaos.errors import PolicyError
from tts_chaos.reporting.gate.policy import load_policy

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_what_the_command_prints(name: str) -> None:
    published = (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")

    assert published == schema_text(name), (
        f"run: tts-chaos schema {name} > docs/schemas/{name}.schema.json"
    )


def _validator(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads(schema_text(name)))


def test_a_report_is_valid_and_one_with_an_unknown_outcome_is_not() -> None:
    good = report_of(run_row("a/b"), run_row("a/c", "aborted"))
    bad = report_of(run_row("a/b", outcome="fine"))

    assert _validator("report").is_valid(good)
    assert not _validator("report").is_valid(bad)


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("", True),
        ('integration = "a"\nmatrix = ""', True),
        ('must_pass.tags = ["a"]', True),
        ("must_pass.tags = [1]", False),
        ("must_pas.tags = []", False),
        ("coverage.runs = -1", False),
        ("[[objectives]]\nrecovery_ms = 5", True),
        ("[[objectives]]\nrecovery = 5", False),
        ("[[accepted]]\nscenario='a'\nowner='b'\nreason='c'\nexpires='2026-01-01'", True),
        ("[[accepted]]\nscenario='a'\nowner='b'\nreason='c'", False),
        ("[[accepted]]\nscenario='a'\nowner=''\nreason='c'\nexpires='2026-01-01'", False),
    ],
)
def test_the_schema_of_a_policy_and_its_reader_take_the_same(
    tmp_path: Path, text: str, is_good: bool
) -> None:
    file = tmp_path / "tts-gate.toml"
    file.write_text(text)

    assert _validator("policy").is_valid(tomllib.loads(text)) is is_good
    assert _is_read(file) is is_good


def _is_read(file: Path) -> bool:
    try:
        load_policy(file)
    except PolicyError:
        return False
    return True
