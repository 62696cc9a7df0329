"""What a search did and found stands in every report, and one that found nothing is no failure."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.support.report_documents import HOSTILE, report_of, run_row

from tts_chaos.reporting.document_shape import ReportShape
from tts_chaos.reporting.gate.telling import as_markdown
from tts_chaos.reporting.scenario_page import scenario_page

FOUND: dict[str, Any] = {
    "scenario": "found/token-expired-1a2b3c4d",
    "rule": "stock_converges.push_lost",
    "rules": ["stock_converges.push_lost"],
    "faults": [
        {"fault": "token_expired", "operation": "product.202309.update_inventory"},
        {"fault": "platform_down(status=500)", "operation": ""},
    ],
    "work": ["push"],
    "met_faults": 6,
    "met_work": 9,
    "shrink_runs": 31,
    "replays": 20,
    "of": 20,
    "found_after": 12,
    "file": ".tts-chaos/found/token-expired-1a2b3c4d.toml",
    "reproduce": "pytest --tts-chaos --tts-scenario found/token-expired-1a2b3c4d --tts-seed 7",
}


def _section(**changes: Any) -> dict[str, Any]:
    return {
        "schedules": 40,
        "runs": 91,
        "receipt": ["search: 40 of 40 schedules played"],
        "problems": [],
        "found_before": [],
        "failures": [],
        **changes,
    }


def _report(section: dict[str, Any], *runs: dict[str, Any]) -> dict[str, Any]:
    return {**report_of(*runs), "search": section}


def test_the_report_with_a_search_has_the_shape_that_is_published() -> None:
    row = run_row(FOUND["scenario"], "safety_violated")
    msgspec.convert(_report(_section(failures=[FOUND]), row), ReportShape)

    less = {key: value for key, value in FOUND.items() if key != "reproduce"}
    document = _report(_section(failures=[less]), row)
    with pytest.raises(msgspec.ValidationError, match="reproduce"):
        msgspec.convert(document, ReportShape)


def test_a_found_failure_is_told_with_its_faults_and_the_way_to_show_it_again() -> None:
    document = _report(_section(failures=[FOUND]), run_row(FOUND["scenario"], "safety_violated"))

    markdown = as_markdown(document, None).replace("\\", "")
    for text in (markdown, scenario_page(document, {}, gate=None)):
        for said in (
            "token_expired at product.202309.update_inventory",
            "platform_down(status=500) at any call",
            "20 of 20",
            FOUND["reproduce"],
            "search: 40 of 40 schedules played",
        ):
            assert said in text
    assert "tts-chaos: FAILED" in as_markdown(document, None)


def test_a_search_that_found_nothing_is_no_run_in_which_nothing_was_played() -> None:
    document = _report(_section())

    assert "tts-chaos: PASSED" in as_markdown(document, None)
    page = scenario_page(document, {}, gate=None)
    assert "Nothing found" in page
    assert "40 schedules of faults were played, and nothing broke." in page


@pytest.mark.parametrize(
    "section",
    [
        pytest.param(_section(schedules=0), id="nothing-was-played"),
        pytest.param(_section(problems=["a run could not be made"]), id="it-could-not-be-made"),
    ],
)
def test_a_search_that_proves_nothing_does_not_pass(section: dict[str, Any]) -> None:
    document = _report(section)

    assert "tts-chaos: FAILED" in as_markdown(document, None)
    assert "Nothing played" in scenario_page(document, {}, gate=None)


def test_what_an_integration_says_stays_text_in_the_section() -> None:
    document = _report(_section(problems=[HOSTILE]))

    assert HOSTILE not in scenario_page(document, {}, gate=None)
