"""`tts-chaos diff`: what it prints, writes, and refuses."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tts_chaos._data import data_folder
from tts_chaos.cli.main import main
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario

ROOT = Path(__file__).parents[2]
OLD = str(data_folder("contracts"))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    folder = tmp_path / "contracts"
    shutil.copytree(OLD, folder)
    return folder


def _edit(folder: Path, old: str, new: str) -> None:
    file = folder / "openapi" / "order.json"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_equal_contracts_do_not_differ(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", OLD, OLD, "--fail-on", "any"]) == 0
    assert capsys.readouterr().out.startswith("0 differences")


def test_a_renamed_field_breaks_and_becomes_scenarios(
    new: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _edit(new, '"payment_method_name"', '"payment_method_title"')

    assert main(["diff", OLD, str(new), "--scenarios", str(tmp_path / "made")]) == 1

    files = list(find_scenario_files(tmp_path / "made"))
    assert len(files) == 3
    assert {load_scenario(file, tmp_path / "made").tags for file in files} == {("drift",)}
    out = capsys.readouterr().out
    assert "breaking    field renamed answer $.data.orders[].payment_method_name" in out
    assert f"3 scenarios written to {tmp_path / 'made'}" in out


def test_the_gravity_that_fails_can_be_chosen(new: Path) -> None:
    _edit(new, '"AWAITING_COLLECTION",', '"AWAITING_COLLECTION", "ON_REVIEW",')

    assert main(["diff", OLD, str(new)]) == 0
    assert main(["diff", OLD, str(new), "--fail-on", "risky"]) == 1


def test_differences_as_json(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _edit(new, '"payment_method_name"', '"payment_method_title"')

    main(["diff", OLD, str(new), "--json"])

    rows = json.loads(capsys.readouterr().out)["differences"]
    assert {(row["kind"], row["impact"]) for row in rows} == {("field_renamed", "breaking")}


def test_one_document_is_compared_with_another(new: Path) -> None:
    files = [f"{folder}/openapi/order.json" for folder in (OLD, new)]

    assert main(["diff", *files, "--fail-on", "any"]) == 0


def test_the_shipped_recordings_are_held_against_the_contract(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["diff", OLD, f"{OLD}/recordings", "--fail-on", "any"]) == 0
    assert main(["diff", f"{OLD}/recordings", OLD]) == 2
    assert "name the contract first" in capsys.readouterr().err


def test_bad_input_is_told_with_file_and_key(
    new: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", OLD, str(tmp_path / "missing.json")]) == 2
    assert "expected a contracts folder, an OpenAPI document" in capsys.readouterr().err

    shutil.copy(new / "openapi" / "order.json", new / "openapi" / "other.json")
    assert main(["diff", OLD, str(new)]) == 2
    assert re.search(r"openapi/other.json: operation '.+' is described twice", _err(capsys))

    (new / "openapi" / "other.json").write_text("{", encoding="utf-8")
    assert main(["diff", OLD, str(new)]) == 2
    assert "openapi/other.json: not a JSON object" in _err(capsys)


def _err(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


def test_every_option_and_command_of_the_chapter_exists(pytester: pytest.Pytester) -> None:
    chapter = (ROOT / "docs" / "drift.md").read_text(encoding="utf-8")
    options = set(re.findall(r"--[a-z][a-z-]+", chapter))
    told = pytester.runpytest_subprocess("--help")
    with pytest.raises(SystemExit):
        main(["diff", "--help"])

    known = told.stdout.str() + (ROOT / "harness/tts_chaos/cli/diff.py").read_text("utf-8")

    assert {option for option in options if option not in known} == set()
