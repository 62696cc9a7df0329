"""What the README shows of a file is what the file says."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(r"<!-- same as: (?P<file>\S+) -->\n```\w*\n(?P<text>.*?)```", re.DOTALL)
NODE = "examples/node_fetch/naive/tts-chaos.toml"
NODE_LINES_MAX = 25


def _shown() -> dict[str, str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return {match["file"]: match["text"] for match in SHOWN.finditer(readme)}


def test_files_shown_are_the_files_without_their_first_comment() -> None:
    for file, text in _shown().items():
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines(keepends=True)
        assert text == "".join(lines[1:] if lines[0].startswith("#") else lines), file


def test_a_node_service_is_plugged_in_by_few_lines() -> None:
    assert len(_shown()[NODE].splitlines()) <= NODE_LINES_MAX
