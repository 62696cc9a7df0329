"""The chapter on integrations in any language works as written."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("node"), reason="node is not there")
def test_the_command_ends_as_the_chapter_says(tmp_path: Path) -> None:
    _write(tmp_path)
    text = DOCUMENT.read_text(encoding="utf-8")
    ((status, command),) = re.findall(r"<!-- run: (\d+) -->\n```sh\n(.*?)\n```", text)
    words = shlex.split(command)
    assert words[0] == "pytest"

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert (done.returncode, "2 passed" in done.stdout) == (int(status), True), done.stdout
