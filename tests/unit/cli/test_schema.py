"""Schemas are printed one by one, or written where editors look for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tts_chaos.cli.main import main
from tts_chaos.cli.schema import SCHEMAS


def test_all_are_written_where_none_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", "--write", str(tmp_path / "new")]) == 0

    assert {file.name for file in (tmp_path / "new").iterdir()} == {
        f"{name}.schema.json" for name in SCHEMAS
    }
    assert len(capsys.readouterr().out.splitlines()) == len(SCHEMAS)


def test_nothing_named_is_answered_with_what_there_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["schema"]) == 2

    assert "scenario" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")

    assert main(["schema", "policy", "--write", str(tmp_path / "file" / "below")]) == 2

    assert "cannot write into" in capsys.readouterr().err


def test_a_start_for_a_program_has_the_schema_that_its_first_line_names(tmp_path: Path) -> None:
    command = ["init", str(tmp_path), "--yes", "--kind", "program", "--start", "node shop.mjs"]
    assert main([*command, "--env", "PORT={port}"]) == 0

    first = (tmp_path / "tts-chaos.toml").read_text().splitlines()[0]
    schema = tmp_path / first.removeprefix("#:schema ")
    assert json.loads(schema.read_text())["title"].startswith("The configuration")
