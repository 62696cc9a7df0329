"""Reference pages say what the code says; the index leads to every page."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from tests.reference.documents import ROOT, documents

from tts_chaos.oracles.catalogue import ORACLES

DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
KINDS = ("Tutorial", "How-tos", "Reference", "Explanation")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@cache
def _made() -> dict[str, tuple[Path, str]]:
    return {path.name: (path, text) for path, text in documents().items()}


@pytest.mark.parametrize(
    "name",
    [
        "commands.md",
        "options.md",
        "rules.md",
        "configuration.md",
        "capabilities.md",
        "exit-statuses.md",
        "unknown.md",
    ],
)
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    path, text = _made()[name]

    assert path.read_text(encoding="utf-8") == text, "run: python -m tests.reference.documents"


def test_every_rule_has_its_row() -> None:
    _, text = _made()["rules.md"]
    every = {rule for oracle in ORACLES.values() for rule in oracle.rules}

    assert {rule for rule in every if f"`{rule}`" not in text} == set()


def test_the_index_has_four_kinds_of_pages_and_leads_to_each() -> None:
    text = INDEX.read_text(encoding="utf-8")
    pages = {file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md") if file != INDEX}

    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(KINDS)
    assert pages - set(LINK.findall(text)) == set()


@pytest.mark.parametrize(
    "page",
    [
        "docs/any-language.md",
        "docs/gate.md",
        "docs/load.md",
        "docs/report.md",
        "docs/write-a-scenario.md",
        "contracts/recordings/README.md",
    ],
)
def test_a_how_to_says_its_goal_and_what_can_go_wrong(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")

    assert "\n**Goal**: " in text
    assert "\n## What can go wrong\n" in text


def _pages() -> list[Path]:
    found = [*ROOT.glob("*.md")]
    for folder in ("docs", "examples", "harness", "scenarios", "contracts", "tests"):
        found += [
            file for file in (ROOT / folder).rglob("*.md") if "node_modules" not in file.parts
        ]
    return sorted(found)


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))

    assert [
        target for target in targets if "://" not in target and not (page.parent / target).exists()
    ] == []


@pytest.mark.parametrize(
    "folder", ["contracts", "docs", "examples", "harness", "scenarios", "tests"]
)
def test_each_folder_has_its_chapter(folder: str) -> None:
    text = (ROOT / folder / "README.md").read_text(encoding="utf-8")

    assert text.startswith("# ")
    assert len(text.split()) > 40


def test_the_chapter_of_the_harness_has_a_row_for_each_package() -> None:
    text = (ROOT / "harness" / "README.md").read_text(encoding="utf-8")
    packages = {file.parent.name for file in (ROOT / "harness" / "tts_chaos").glob("*/__init__.py")}

    assert {name for name in packages if f"`{name}`" not in text} == set()
