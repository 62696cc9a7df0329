"""What the README shows of a file is what the file says, and the chapters leave nothing out."""

from __future__ import annotations

import re
from pathlib import Path

from tts_chaos.ini_keys import INI_KEYS

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(r"<!-- same as: (?P<file>\S+) -->\n```\w*\n(?P<text>.*?)```", re.DOTALL)
NODE = "examples/node_fetch/naive/tts-chaos.toml"
NODE_LINES_MAX = 25
README_LINES_MAX = 200


def _shown() -> dict[str, str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return {match["file"]: match["text"] for match in SHOWN.finditer(readme)}


def test_files_shown_are_the_files_without_their_first_comment() -> None:
    for file, text in _shown().items():
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines(keepends=True)
        assert text == "".join(lines[1:] if lines[0].startswith("#") else lines), file


def test_a_node_service_is_plugged_in_by_few_lines() -> None:
    assert len(_shown()[NODE].splitlines()) <= NODE_LINES_MAX


def test_every_option_has_its_row() -> None:
    declared = (ROOT / "harness/tts_chaos/pytest_plugin/options.py").read_text(encoding="utf-8")
    chapter = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    names = set(re.findall(r'addoption\(\s*"(--tts[a-z0-9-]+)"', declared))
    keys = set(INI_KEYS)

    assert len(names) > 15
    assert len(keys) > 5
    assert {name for name in names | keys if f"`{name}" not in chapter} == set()


def test_every_proof_has_its_row() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    chapter = (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(prove-[a-z0-9-]+):", makefile, re.MULTILINE))

    assert set(re.findall(r"`make (prove-[a-z0-9-]+)", chapter)) == targets


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES_MAX
