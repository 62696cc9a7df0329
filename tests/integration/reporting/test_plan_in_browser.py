"""The contingency plan in a real browser: on a phone, on paper, in both colours, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.support.browser import chromium
from tests.support.plan_evidence import EVERYTHING, FULL_SETTINGS, write_load, write_report

from tts_chaos.cli.main import main


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan")
    write_report(folder / "out", EVERYTHING)
    write_load(folder / "load")
    (folder / "tts-plan.toml").write_text(FULL_SETTINGS)
    given = ["--load", str(folder / "load"), "--config", str(folder / "tts-plan.toml")]
    assert main(["plan", str(folder / "out"), *given, "--date", "2026-12-01"]) == 0
    return folder / "out/plan/contingency-plan.html"


def _open(browser: Browser, file: Path, *, width: int = 1200, **more: object) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 900}, **more)  # type: ignore[arg-type]
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    yield page
    context.close()
    assert complaints == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_its_width_and_every_number_leads_to_its_source(
    browser: Browser, file: Path, width: int, scheme: str
) -> None:
    for page in _open(browser, file, width=width, color_scheme=scheme):
        assert page.locator("h1").inner_text() == "Ready"
        assert page.locator("h2 .place").count() == 9
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        dead = page.evaluate(
            "[...document.querySelectorAll('a[href^=\"#\"]')]"
            ".filter(a => !document.getElementById(a.hash.slice(1))).map(a => a.hash)"
        )
        assert dead == []
        page.locator("a.number").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("tr:target").count() == 1


@pytest.mark.slow
def test_it_can_be_read_without_scripts_and_printed_in_the_dark(
    browser: Browser, file: Path
) -> None:
    for page in _open(browser, file, java_script_enabled=False, color_scheme="dark"):
        assert page.locator("article.failure").count() == 13
        page.emulate_media(media="print")
        assert page.locator("nav").is_hidden()
        assert len(page.pdf()) > 10_000
