"""The published schemas are those of the code, and take and refuse what the readers do."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.support.plan_evidence import EVERYTHING, FULL_SETTINGS, write_report
from tests.support.report_documents import report_of, run_row
from tests.unit.load import test_settings as of_load
from tests.unit.scenarios import test_scenario_mistakes as of_scenarios
from tests.unit.subjects.external import test_loader as of_programs

from tts_chaos.cli.main import main
from tts_chaos.cli.schema import SCHEMAS, schema_text
from tts_chaos.errors import PolicyError
from tts_chaos.reporting.gate.policy import load_policy

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "schemas"

SEEN_BY_THE_READER_ALONE = {
    # What stands elsewhere in the file decides.
    "the id of a lift is misspelt",
    "settings of an oracle that does not judge",
    "a recovery objective in seconds by its size",
    "a recovery objective shorter than a round on real sockets",
    "a round in the wrong unit",
    "a product that may not exist",
    "a shop that does not exist",
    "a product without its number",
    "a method of faults alone",
    "a fault after the last action",
    "a fault lifted before anything happens",
    "two faults under one id",
    "a lift before the arming",
    "a second lift",
    "more waiting than real sockets allow",
    "more pauses than real sockets allow",
    "needs that no world meets",
    "killed between steps and never started again",
    "killed in a call and never started again",
    "a program of its own in virtual time",
    "a port told to nobody",
    # Text within a text.
    "a placeholder is misspelt",
    "the order of a placeholder is misspelt",
    "a placeholder of a command is misspelt",
    "a key that stands for a detail",
    "a placeholder in env",
    "a placeholder in start",
    "a placeholder in a command",
    "a placeholder in a body",
    "a placeholder in a header",
    "a placeholder of a database",
    "a placeholder of a file",
    "a secret of webhooks",
    "quotes that do not end",
    "another machine",
    "no port",
    "a port out of range",
    "a database elsewhere",
    "a database by option",
    "a database to search elsewhere",
    # The disk decides.
    "a folder that is not there",
}
"""Mistakes that no schema can tell; every other one has to be seen by it."""


@cache
def _validator(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads(schema_text(name)))


def _read(text: str) -> Any:
    """Return a document as an editor sees it: JSON has no dates."""
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def _problems(name: str, document: Any) -> list[str]:
    return [error.message for error in _validator(name).iter_errors(document)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_what_the_command_prints(name: str) -> None:
    published = (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")

    assert published == schema_text(name), "run: make docs"


def test_a_report_is_valid_and_one_with_an_unknown_outcome_is_not() -> None:
    good = report_of(run_row("a/b"), run_row("a/c", "aborted"))
    bad = report_of(run_row("a/b", outcome="fine"))

    assert _validator("report").is_valid(good)
    assert not _validator("report").is_valid(bad)


# -- what is shipped is valid ---------------------------------------------------------------------


def test_every_shipped_scenario_is_valid() -> None:
    files = sorted((ROOT / "scenarios").rglob("*.toml"))

    assert len(files) > 150
    assert {
        file.name: problems
        for file in files
        if (problems := _problems("scenario", _read(file.read_text(encoding="utf-8"))))
    } == {}


def test_every_shipped_configuration_is_valid() -> None:
    files = sorted((ROOT / "examples").rglob("tts-chaos.toml"))

    assert len(files) > 4
    assert {
        str(file.relative_to(ROOT)): problems
        for file in files
        if (problems := _problems("config", _read(file.read_text(encoding="utf-8"))))
    } == {}


def test_every_shipped_pyproject_is_valid() -> None:
    files = [ROOT / "pyproject.toml", *sorted((ROOT / "examples").rglob("pyproject.toml"))]

    assert [
        str(file)
        for file in files
        if not _validator("pyproject").is_valid(_read(file.read_text(encoding="utf-8")))
    ] == []


# -- what the readers refuse ----------------------------------------------------------------------


def _mistakes_of_scenarios() -> Iterator[tuple[str, str]]:
    for table in (
        of_scenarios.WORDS,
        of_scenarios.SHAPES,
        of_scenarios.NUMBERS,
        of_scenarios.SENSE,
    ):
        for title, (text, *_) in table.items():
            yield title, text


def _mistakes_of_programs() -> Iterator[tuple[str, str]]:
    tables: tuple[Mapping[str, tuple[str, ...]], ...] = (
        of_programs.OF_A_KEY,
        of_programs.OF_A_VALUE,
    )
    for table in tables:
        for title, (right, wrong, *_) in table.items():
            yield title, of_programs.WHOLE.replace(right, wrong)


def _taken(name: str, mistakes: Iterator[tuple[str, str]]) -> set[str]:
    return {title for title, text in mistakes if _validator(name).is_valid(_read(text))}


def test_each_mistake_in_a_scenario_is_refused_by_the_schema_too() -> None:
    assert _taken("scenario", _mistakes_of_scenarios()) - SEEN_BY_THE_READER_ALONE == set()


def test_each_mistake_in_a_configuration_is_refused_by_the_schema_too() -> None:
    assert _validator("config").is_valid(_read(of_programs.WHOLE))
    assert _validator("config").is_valid(_read(of_programs.SHORTEST))
    assert _taken("config", _mistakes_of_programs()) - SEEN_BY_THE_READER_ALONE == set()


def test_what_is_excused_is_really_not_seen() -> None:
    taken = _taken("scenario", _mistakes_of_scenarios()) | _taken("config", _mistakes_of_programs())

    assert SEEN_BY_THE_READER_ALONE - taken == set()


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        (of_load.WHOLE, True),
        ("[load]\ntimeuot_s = 3", False),
        ("[load]\ntimeout_s = 0", False),
        ('[load.operations]\n"checkout.qoute" = "GET /"', False),
        ('[load.operations]\n"checkout.quote" = "FETCH /"', False),
        ('[load.operations]\n"checkout.quote" = "GET quote"', False),
        ("[load.faults]\nbad = []", False),
        ('[load.faults]\nbad = [{ fault = "answer_slwo" }]', False),
        ('[load.budgets]\ncheckout = { p95 = 300, "p99.9" = 900 }', True),
        ("[load.budgets]\ninventory = { p50 = false }", True),
        ("[load.budgets]\nall = { errors = 2 }", False),
        ("[load.budgets]\nall = { p101 = 2 }", False),
        ('[doctor]\nexclude = ["x/*"]', True),
        ("[doctor]\nexclude = 3", False),
        ('[docter]\nexclude = ["x/*"]', False),
        ("[gate.coverage]\nruns = 3", True),
    ],
)
def test_the_other_tables_are_checked_as_well(text: str, is_good: bool) -> None:
    assert _validator("config").is_valid(_read(text)) is is_good


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ('[tool.pytest.ini_options]\ntts_world = "wire"\naddopts = "-q"', True),
        ('[tool.pytest.ini_options]\ntts_wrold = "wire"', False),
        ('[tool.tts_chaos.doctor]\nexclude = ["x/*"]', True),
        ('[tool.tts-chaos.doctor]\nexclude = ["x/*"]', False),
        ('[tool.ruff]\nanything = "goes"', True),
    ],
)
def test_in_a_shared_file_only_what_is_ours_is_checked(text: str, is_good: bool) -> None:
    assert _validator("pyproject").is_valid(_read(text)) is is_good


# -- descriptions ---------------------------------------------------------------------------------


def _undescribed(schema: Any, path: str = "$") -> Iterator[str]:
    """Yield each key of a table that an editor would show without a word."""
    if isinstance(schema, list):
        for number, each in enumerate(schema):
            yield from _undescribed(each, f"{path}[{number}]")
    if not isinstance(schema, dict):
        return
    for key, each in schema.get("properties", {}).items():
        says = isinstance(each, dict) and ("description" in each or "const" in each)
        if not says and "$ref" not in (each or {}) and each is not False:
            yield f"{path}.{key}"
    for key, each in schema.items():
        if key not in ("default", "enum", "const"):
            yield from _undescribed(each, f"{path}.{key}")


@pytest.mark.parametrize("name", ["config", "plan-settings", "policy", "scenario"])
def test_keys_say_what_they_mean(name: str) -> None:
    found = list(_undescribed(json.loads(schema_text(name))))

    assert found == []


# -- the contingency plan -------------------------------------------------------------------------


def test_a_plan_is_valid_and_its_schema_refuses_another_word(tmp_path: Path) -> None:
    write_report(tmp_path / "out", EVERYTHING[:1])
    settings = tmp_path / "tts-plan.toml"
    settings.write_text(FULL_SETTINGS)
    assert main(["plan", str(tmp_path / "out"), "--config", str(settings)]) == 21
    plan = json.loads((tmp_path / "out/plan/plan.json").read_bytes())

    assert list(_validator("plan").iter_errors(plan)) == []
    assert not _validator("plan").is_valid({**plan, "word": "fine"})
    assert _validator("plan-settings").is_valid(tomllib.loads(FULL_SETTINGS))
    assert not _validator("plan-settings").is_valid({"team": {"led": {}}})


# -- the policy -----------------------------------------------------------------------------------


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
