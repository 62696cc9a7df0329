"""Where a reader of a page is meant to stand: the folders in which its blocks are run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.pages.blocks import ROOT, Page, all_pages

__all__ = ["GIVENS"]


def _empty(_folder: Path) -> None:
    """Nothing is there."""


def _an_integration(folder: Path) -> None:
    """A project with an integration that works: the bundled reference behind the fixture."""
    (folder / "conftest.py").write_text(
        "import pytest\n\nfrom tts_chaos.reference import make_reference\n\n\n"
        "@pytest.fixture\ndef tts_integration(tts_twin, tts_workspace):\n"
        "    return make_reference(tts_twin, tts_workspace)\n"
    )


def _the_tutorial(folder: Path) -> None:
    """The project with a defect of which the tutorial begins, before it is mended."""
    page: Page = next(page for page in all_pages() if page.name == "docs/tutorial.md")
    for block in page.blocks:
        if "file" in block.markers:
            (folder / block.markers["file"]).write_text(block.text)


def _this_repository(folder: Path) -> None:
    """This repository; what a block writes stays in the page's own folder."""
    for name in ("contracts", "docs", "harness", "scenarios", "Makefile", "locustfile.py"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(
        ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("node_modules")
    )


GIVENS: dict[str, Callable[[Path], None]] = {
    "": _empty,
    "an integration": _an_integration,
    "the tutorial": _the_tutorial,
    "this repository": _this_repository,
}
"""By the name that pages use: what fills the folder."""
