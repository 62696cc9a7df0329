"""The page is made of every kind of report, also where no browser looks at it."""

from __future__ import annotations

import pytest
from tests.support.report_documents import lossy_history, report_of, run_row, timelines_of

from tts_chaos.reporting.scenario_page import scenario_page

pytest.importorskip("jinja2")
pytest.importorskip("vl_convert")


def _gate(reasons: int) -> dict[str, object]:
    return {
        "decision": "block",
        "because": "it must",
        "reasons": [{"rule": "must_pass", "text": f"reason {n}"} for n in range(reasons)],
        "accepted": [],
        "notes": [],
        "version": "1",
        "policy": "p",
        "date": "2026-01-01",
    }


def test_a_report_without_a_search_has_no_section_about_one() -> None:
    rows = [run_row("auth/expired", "safety_violated"), run_row("network/reset")]

    page = scenario_page(report_of(*rows), timelines_of(rows, lossy_history()), gate=None)

    assert 'id="search-title"' not in page
    assert "<h1>Failed</h1>" in page


@pytest.mark.parametrize(("reasons", "folded"), [(5, False), (6, True)])
def test_a_long_list_of_reasons_is_folded_and_keeps_all(reasons: int, folded: bool) -> None:
    page = scenario_page(report_of(run_row("network/reset")), {}, gate=_gate(reasons))

    assert page.count("<strong>must_pass</strong>") == reasons
    assert ("<summary>and 1 more</summary>" in page) is folded
