"""Reads pages: every code block with the markers that stand before it.

A marker is a comment of HTML, alone on the lines before a block, so that no reader sees it:

    file: NAME           the block is a file, written into the page's folder
    patch: NAME          the block is a change of such a file
    run: 0               the block is run and ends with this exit status; 0 without a marker.
                         Several statuses: each line is a command of its own
    background: TEXT     the block is started, has printed TEXT, and runs until the page is done
    needs: PROGRAM ...   the block, and all after it on its page, needs these programs
    slow: WHY            run by `make prove-docs` only, and so is what builds on it
    not run: WHY         only checked: its syntax, and the options and targets that it names
    schema: NAME         the block is checked by this schema

`given: NAME`, anywhere on the page, says in which folder a reader is meant to stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

__all__ = ["KINDS", "ROOT", "Block", "Page", "all_pages", "read_page"]

ROOT = Path(__file__).parents[2]
KINDS = ("file", "patch", "run", "background", "needs", "slow", "not run", "schema", "given")
_MARKER = re.compile(r"<!-- (?P<kind>[a-z ]+): (?P<value>.*?) -->")
_TYPED = re.compile(r"^(pip|pytest|tts-chaos|make|locust) ", re.MULTILINE)
"""What is set off by four spaces is a drawing or a list; what one types is a block."""
_FOLDERS = ("docs", "examples", "harness", "scenarios", "contracts", "tests")
_MADE = {"catalogue.md", "backlog.md", "errors.md", "faults.md"}


_OF_OTHERS: dict[tuple[str, int], dict[str, str]] = {
    ("README.md", 0): {"not run": "CI runs both, each as a job of its own"},
    ("README.md", 1): {"file": "conftest.py"},
    ("README.md", 2): {"slow": "the whole catalogue", "run": "10"},
}
"""Markers of the page that every visitor reads first, and that shows none; by page and number."""

_GIVEN = {"README.md": "the tutorial"}


@dataclass(frozen=True, slots=True)
class Block:
    """A code block.

    Attributes:
        line: Where it begins in its page, counted from 1.
        language: Its word after the fence.
        text: Its content.
        markers: What stands before it.
    """

    line: int
    language: str
    text: str
    markers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    Attributes:
        name: Its path in this repository.
        blocks: In order.
        spans: Code within sentences.
        given: In which folder a reader stands, "" for an empty one.
    """

    name: str
    blocks: tuple[Block, ...]
    spans: tuple[str, ...]
    given: str = ""


@cache
def all_pages() -> tuple[Page, ...]:
    """Return every page of this repository that people write."""
    files = [*ROOT.glob("*.md")]
    for folder in _FOLDERS:
        files += (ROOT / folder).rglob("*.md")
    return tuple(
        read_page(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8"))
        for file in sorted(files)
        if not {"node_modules", "reference"} & set(file.parts) and file.name not in _MADE
    )


def read_page(name: str, text: str) -> Page:
    """Return a page with its blocks.

    Raises:
        ValueError: If a marker is unknown, or a block is indented and has no language.
    """
    blocks: list[Block] = []
    spans: list[str] = []
    given = _GIVEN.get(name, "")
    pending: dict[str, str] = {}
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        line = token.map[0] + 1 if token.map else 0
        where = f"{name}:{line}"
        if token.type == "html_block":
            markers = dict(_markers(token.content, where))
            given = markers.pop("given", given)
            pending |= markers
            continue
        if token.type == "code_block" and _TYPED.search(token.content):
            raise ValueError(f"{where}: write a fence with a language, not four spaces")
        if token.type == "fence":
            if not token.info:
                raise ValueError(f"{where}: say which language the block is in")
            markers = _OF_OTHERS.get((name, len(blocks)), pending)
            blocks.append(Block(line, token.info.split()[0], token.content, markers))
        if token.type == "inline":
            spans += [
                child.content for child in token.children or () if child.type == "code_inline"
            ]
        pending = {}
    return Page(name, tuple(blocks), tuple(spans), given)


def _markers(text: str, where: str) -> Iterator[tuple[str, str]]:
    for match in _MARKER.finditer(text):
        kind = match["kind"]
        if kind in ("same as", "evidence"):  # of other tests
            continue
        if kind not in KINDS:
            raise ValueError(f"{where}: there is no marker {kind!r}; known: {', '.join(KINDS)}")
        yield kind, match["value"].strip()
