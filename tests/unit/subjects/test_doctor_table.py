"""The doctor's table may stand beside an integration's, or alone; nothing else may."""

from __future__ import annotations

from pathlib import Path

import pytest

from tts_chaos.errors import IntegrationFileError
from tts_chaos.subjects.external.loader import find_configuration, load_configuration

INTEGRATION = '[integration]\nstart = "node x {port}"\ncapabilities.orders = "GET /orders"\n'
PREFIX = "[tool.tts_chaos."
DOCTOR = '[doctor]\nexclude = ["x/*"]\n'


def test_both_tables_may_stand_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "tts-chaos.toml"
    file.write_text(INTEGRATION + DOCTOR)

    assert find_configuration([tmp_path]) == file
    assert list(load_configuration(file).capabilities) == ["orders"]


def test_both_tables_may_stand_in_pyproject(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    both = DOCTOR.replace("[d", "[tool.tts_chaos.d") + INTEGRATION.replace(
        "[i", "[tool.tts_chaos.i"
    )
    file.write_text(both)

    assert list(load_configuration(file).capabilities) == ["orders"]


def test_the_doctors_table_alone_configures_no_integration(tmp_path: Path) -> None:
    (tmp_path / "tts-chaos.toml").write_text(DOCTOR)

    assert find_configuration([tmp_path]) is None


def test_a_misspelt_table_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tts-chaos.toml"
    file.write_text(DOCTOR.replace("doctor", "docter"))

    assert find_configuration([tmp_path]) == file
    with pytest.raises(IntegrationFileError, match="docter"):
        load_configuration(file)
