"""Makes the pictures of the documentation from a real run: `make screenshots` renews them.

The run is that of the tutorial's small shop before it is mended, with a fixed seed; the page is
the report that it writes, looked at in a headless Chromium.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page
from tests.pages.blocks import ROOT
from tests.pages.givens import GIVENS
from tests.support.browser import chromium

__all__ = ["PICTURES", "Picture", "main", "take"]

FOLDER = ROOT / "docs" / "images"
LARGEST_BYTES = 150 * 1024
_RUN = [
    sys.executable, "-m", "pytest", "--tts-chaos", "--tts-seed", "7", "--tts-report", "out",
    "--tts-scenario", "auth/*", "--tts-scenario", "body/*", "--tts-scenario", "overload/*",
    "-p", "no:randomly", "-p", "no:cacheprovider", "-q",
]  # fmt: skip
_SHOWN_RUN = "auth/token-expired-401"


def _stay(_page: Page) -> None:
    """Show the page as it opens."""


def _open_a_run(page: Page) -> None:
    """Open the run that the tutorial is about, and go to its timeline."""
    page.get_by_role("button", name=_SHOWN_RUN, exact=True).click()
    page.locator("tr.details .timeline svg").first.wait_for()
    page.evaluate(
        "() => window.scrollBy(0, document.querySelector('tr.details .timeline')"
        ".getBoundingClientRect().top - 120)"
    )


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture.

    Attributes:
        name: Its file, without ending.
        width: Of the window, in pixels.
        height: The same.
        scheme: Light or dark.
        show: What is done on the page before.
    """

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]
    show: Callable[[Page], None]


PICTURES = (
    Picture("report", 940, 640, "light", _stay),
    Picture("report-run", 1100, 560, "light", _open_a_run),
    Picture("report-phone", 390, 780, "dark", _stay),
)


def take(report: Path, folder: Path) -> list[Path]:
    """Take every picture of a report into a folder; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    with chromium() as browser:
        for picture in PICTURES:
            page = browser.new_page(
                viewport={"width": picture.width, "height": picture.height},
                color_scheme=picture.scheme,
                reduced_motion="reduce",
            )
            page.goto(report.as_uri())
            page.wait_for_load_state("load")
            picture.show(page)
            files.append(folder / f"{picture.name}.png")
            page.screenshot(path=files[-1], animations="disabled")
            page.close()
    return files


def main() -> int:
    """Play, and take the pictures; 0 where none is too large."""
    with tempfile.TemporaryDirectory() as place:
        project = Path(place)
        GIVENS["the tutorial"](project)
        subprocess.run(_RUN, cwd=project, stdout=subprocess.DEVNULL)
        report = project / "out" / "report.html"
        if not report.is_file():
            sys.stderr.write(f"no report was written: {report}\n")
            return 1
        files = take(report, FOLDER)
    for file in files:
        sys.stdout.write(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} KB\n")
    return 0 if all(file.stat().st_size <= LARGEST_BYTES for file in files) else 1


if __name__ == "__main__":
    sys.exit(main())
