"""The HTML report in a real browser: structure, filter, details, colours, hostile text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.browser import chromium
from tests.support.report_documents import (
    HOSTILE,
    lossy_history,
    many_rows,
    report_of,
    run_row,
    timelines_of,
)

from tts_chaos.reporting.scenario_page import scenario_page

RUNS = 500
PER_OUTCOME = 72  # of 7 outcomes in 500 runs, the first three have one run more


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of 500 runs, the first of which tells hostile text everywhere."""
    first = run_row("auth/hostile", "harness_error", title=HOSTILE, reason=HOSTILE, story=HOSTILE)
    rows = [first, *many_rows(RUNS - 1)]
    path = tmp_path_factory.mktemp("report") / "report.html"
    page = scenario_page(report_of(*rows), timelines_of(rows, lossy_history(HOSTILE)), gate=None)
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    """The report, opened; a test that leaves a complaint in the console fails."""
    yield from _opened(browser, file.as_uri())


def _opened(
    browser: Browser, url: str, *, width: int = 1280, scheme: str = "light"
) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page, complaints, asked = context.new_page(), [], []
    page.set_default_timeout(60_000)
    page.on("console", lambda said: complaints.append(said.text) if said.type != "log" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    page.wait_for_selector("#chart-outcomes svg")
    yield page
    context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def _rows(page: Page) -> int:
    return page.locator("tr.run").count()


def test_the_verdict_comes_first_and_says_why(page: Page) -> None:
    heading = page.locator("h1, h2, h3").first

    assert heading.evaluate("node => node.tagName") == "H1"
    assert heading.inner_text() == "Failed"
    assert "428 of 500 runs did not pass; the gravest: auth/hostile" in page.inner_text("header")


def test_every_run_is_in_the_table_and_no_details_are_made_yet(page: Page) -> None:
    assert (_rows(page), page.locator("tr.details").count()) == (RUNS, 0)
    assert page.locator("tr.run").first.inner_text().startswith("auth/hostile")


def test_what_an_integration_told_stays_text(page: Page) -> None:
    page.get_by_role("button", name="auth/hostile", exact=True).click()
    page.wait_for_selector(".timeline svg")

    assert page.title() == "Failed · chaos report"
    assert page.locator("img").count() == 0
    assert page.locator("tr.details pre").inner_text() == HOSTILE


def test_words_outcomes_and_tags_filter_together(page: Page) -> None:
    page.fill("#words", "number-1")
    assert _rows(page) == 111

    page.check("[value=aborted]")
    page.select_option("#tag", "network")

    found = page.locator("tr.run").all_inner_texts()
    assert len(found) == len([n for n in range(499) if _is_wanted(n)])
    assert all("aborted" in text and text.startswith("network/number-1") for text in found)
    expect(page.locator("#shown")).to_have_text(f"{len(found)} of 500 runs")


def _is_wanted(number: int) -> bool:
    # Runs are dealt out in turn: aborted is the fourth of seven outcomes, network the second area.
    return number % 7 == 4 and number % 5 == 1 and str(number).startswith("1")


def test_a_filter_that_leaves_nothing_says_so_and_can_be_taken_back(page: Page) -> None:
    page.fill("#words", "no run says this")
    expect(page.locator("#nothing")).to_be_visible()

    page.click("#clear")

    expect(page.locator("#nothing")).to_be_hidden()
    assert _rows(page) == RUNS


def test_headings_sort_both_ways_and_say_so(page: Page) -> None:
    heading = page.get_by_role("columnheader", name="Scenario")
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    first = page.locator("tr.run .open").first.inner_text()

    heading.get_by_role("button").click()

    assert heading.get_attribute("aria-sort") == "descending"
    assert (first, page.locator("tr.run .open").first.inner_text()) == (
        "auth/hostile",
        "webhooks/number-98",
    )


def test_details_open_by_keyboard_with_timeline_ledger_story_and_command(page: Page) -> None:
    button = page.get_by_role("button", name="network/number-1", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".timeline svg")

    assert button.get_attribute("aria-expanded") == "true"
    details = page.locator(f"#{button.get_attribute('aria-controls')}")
    assert details.locator(".timeline").get_attribute("aria-label") == (
        "Timeline of network/number-1; the list below says the same"
    )
    lanes = details.locator(".timeline svg").text_content() or ""
    for lane in ("phases", "faults", "actions", "requests", "alerts", "recovery"):
        assert lane in lanes
    text = details.inner_text()
    assert "orders: 1 alike, of 2 on the platform and 1 in the integration" in text
    assert "the second page is never fetched" in text
    assert "The story of network/number-1" in text
    assert "pytest --tts-chaos --tts-scenario network/number-1" in text
    page.keyboard.press("Enter")
    expect(details).to_be_hidden()


def test_the_list_tells_all_that_the_chart_shows(page: Page) -> None:
    page.get_by_role("button", name="network/number-1", exact=True).click()
    page.click("summary:has-text('The same as a list')")

    rows = page.get_by_role("region", name="Everything that happened").locator("tbody tr")
    texts = rows.all_inner_texts()
    assert any("!! platform_down fires" in text for text in texts)
    assert any("whole again" in text for text in texts)
    assert any("alert: outage" in text for text in texts)


def test_the_address_keeps_filter_and_open_runs(browser: Browser, file: Path) -> None:
    address = f"{file.as_uri()}#q=number-12&run=overload%2Fnumber-124%5Bsimulated%5D"
    for page in _opened(browser, address):
        page.wait_for_selector(".timeline svg")
        assert page.input_value("#words") == "number-12"
        assert page.locator("tr.details").count() == 1


def test_a_rule_that_broke_leads_to_its_runs(page: Page) -> None:
    page.locator(".broken a", has_text="order_lost").click()

    expect(page.locator("#shown")).to_have_text("428 of 500 runs")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window_in_light_and_dark(
    browser: Browser, file: Path, width: int, scheme: str
) -> None:
    for page in _opened(browser, file.as_uri(), width=width, scheme=scheme):
        page.locator("tr.run .open").first.click()
        page.wait_for_selector(".timeline svg")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.evaluate("document.documentElement.dataset.theme") == scheme


def test_colours_can_be_chosen_against_the_system(page: Page) -> None:
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.select_option("#theme", "dark")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
