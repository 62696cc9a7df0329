"""The chapter on integrations in any language is short; tests/pages follows it."""

from __future__ import annotations

import re
from pathlib import Path

from tts_chaos.subjects.external.loader import load_configuration
from tts_chaos.typing import ACTIONS, OBSERVATIONS

DOCUMENT = Path(__file__).parents[3] / "docs" / "any-language.md"
MOST_LINES = 25


def _files() -> dict[str, str]:
    text = DOCUMENT.read_text(encoding="utf-8")
    return dict(re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", text, re.DOTALL))


def _write(folder: Path) -> None:
    for name, text in _files().items():
        (folder / name).write_text(text, encoding="utf-8")


def test_the_configuration_is_short_and_valid(tmp_path: Path) -> None:
    _write(tmp_path)

    read = load_configuration(tmp_path / "tts-chaos.toml")

    assert set(read.capabilities) <= {*ACTIONS, *OBSERVATIONS}
    assert _files()["tts-chaos.toml"].count("\n") <= MOST_LINES
