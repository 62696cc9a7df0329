"""The gate's word: what blocks, what is accepted, what is only noted; and what it tells CI."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.report_documents import report_of, run_row

from tts_chaos.errors import PolicyError
from tts_chaos.reporting.gate.decision import Decision, decide
from tts_chaos.reporting.gate.matrix import may, read_matrix, remember
from tts_chaos.reporting.gate.policy import find_policy, load_policy
from tts_chaos.reporting.gate.telling import (
    as_annotations,
    as_code_quality,
    as_markdown,
    as_text,
)

TODAY = datetime.date(2026, 6, 15)
FAILED = run_row("auth/expired", "safety_violated")
PASSED = run_row("network/reset")
EXCEPTION = """
[[accepted]]
scenario = "auth/*"
owner = "Orders team"
reason = "mended in the next version"
expires = 2026-06-15
"""


def _decide(
    tmp_path: Path, policy: str, *rows: dict[str, Any], version: str = "1.2", **changes: Any
) -> Decision:
    file = tmp_path / "tts-gate.toml"
    file.write_text(policy)
    document = report_of(*rows, **changes)
    return decide(load_policy(file), document, today=TODAY, version=version, policy_file=file.name)


def _rules(decision: Decision) -> list[str]:
    return [reason.rule for reason in decision.reasons]


def test_an_empty_policy_asks_that_every_run_passes(tmp_path: Path) -> None:
    assert _decide(tmp_path, "", PASSED).decision == "release"

    decision = _decide(tmp_path, "", PASSED, FAILED)

    assert (decision.decision, _rules(decision)) == ("block", ["must_pass"])
    assert decision.because == (
        "auth/expired [simulated]: safety violated: order_lost: 1 of 2 orders is not known: 2"
    )


ASSUMED_RUN = run_row(
    "network/reset",
    oracles=[
        {
            "oracle": "orders_exact",
            "verdict": "valid",
            "saw": 1,
            "counts": {},
            "reason": "",
            "assumed": ["pages live for an hour"],
        }
    ],
)
INVENTED_RUN = run_row("network/reset", answered_from_contract=["seller.202309.get_shops"])


@pytest.mark.parametrize(
    ("policy", "rows", "rules"),
    [
        ('must_pass.tags = ["network"]', [PASSED, FAILED], []),
        ('must_pass.tags = ["auth"]', [PASSED, FAILED], ["must_pass"]),
        ('must_pass.tags = ["tokens"]', [PASSED], ["tag_not_played"]),
        ('must_pass.tags = ["network"]', [PASSED, run_row("a/b", "harness_error")], ["must_pass"]),
        ("[[objectives]]\nrecovery_ms = 60000", [PASSED], []),
        ("[[objectives]]\nrecovery_ms = 59999", [PASSED], ["objective_missed"]),
        ('[[objectives]]\nrecovery_ms = 1\ntag = "auth"', [PASSED], ["objective_not_measured"]),
        ('[[objectives]]\nrecovery_ms = 1\nworld = "wire"', [PASSED], ["objective_not_measured"]),
        ("coverage.runs = 2", [PASSED], ["coverage_runs"]),
        ("coverage.faults = 1", [PASSED], []),
        ("coverage.faults = 2", [PASSED], ["coverage_faults"]),
        ('coverage.families = ["overload"]', [PASSED], []),
        ('coverage.families = ["webhooks"]', [PASSED], ["coverage_families"]),
        ('coverage.capabilities = ["orders"]', [PASSED], []),
        ('coverage.capabilities = ["push_stock"]', [PASSED], ["coverage_capabilities"]),
        ("", [ASSUMED_RUN], ["rests_on_assumption"]),
        ('assumed.allow = ["live for an hour"]', [ASSUMED_RUN], []),
        ("", [INVENTED_RUN], ["rests_on_assumption"]),
        ('assumed.allow = ["*"]', [INVENTED_RUN], []),
        ("", [], ["nothing_played"]),
    ],
)
def test_each_demand_blocks_where_it_is_not_fulfilled_and_only_there(
    tmp_path: Path, policy: str, rows: list[dict[str, Any]], rules: list[str]
) -> None:
    assert _rules(_decide(tmp_path, policy, *rows)) == rules


def test_the_gravest_failure_is_the_first_reason(tmp_path: Path) -> None:
    # A report has the gravest run last.
    runs = [run_row("a/lacks", "not_exercised"), run_row("z/loses", "safety_violated")]

    decision = _decide(tmp_path, "", *runs)

    assert decision.because.startswith("z/loses [simulated]: safety violated")


def test_a_run_that_was_planned_and_not_played_blocks(tmp_path: Path) -> None:
    assert _rules(_decide(tmp_path, "", PASSED, planned=2)) == ["not_all_played"]


def test_an_accepted_failure_does_not_block_up_to_its_last_day(tmp_path: Path) -> None:
    decision = _decide(tmp_path, EXCEPTION, PASSED, FAILED)

    assert (decision.decision, decision.because) == (
        "release",
        "2 runs fulfil the policy, 1 of them accepted as known failures",
    )
    assert decision.accepted[0]["owner"] == "Orders team"


def test_an_expired_exception_blocks_and_names_its_owner(tmp_path: Path) -> None:
    decision = _decide(tmp_path, EXCEPTION.replace("06-15", "06-14"), FAILED)

    assert _rules(decision) == ["exception_expired"]
    assert "the exception of Orders team expired on 2026-06-14" in decision.because


@pytest.mark.parametrize("limit", ['rules = ["order_doubled"]', 'world = "wire"'])
def test_an_exception_covers_no_other_failure(tmp_path: Path, limit: str) -> None:
    assert _rules(_decide(tmp_path, EXCEPTION + limit, FAILED)) == ["must_pass"]


def test_an_exception_that_nothing_needs_is_noted(tmp_path: Path) -> None:
    passing = _decide(tmp_path, EXCEPTION, run_row("auth/expired"))
    absent = _decide(tmp_path, EXCEPTION, PASSED)

    assert passing.notes == ("auth/* passes: its exception (Orders team) can go",)
    assert absent.notes == ("the exception for auth/* (Orders team) concerns no run",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[must_pas]", "unknown key 'must_pas'. Did you mean 'must_pass'?"),
        ("[must_pass]\ntag = 1", "unknown key 'tag'. Did you mean 'tags'?"),
        ('[must_pass]\ntags = "a"', "expected a list, got 'a'"),
        ("[[objectives]]\nrecovery_ms = 0", "expected a whole number of milliseconds, 1 or more"),
        ("[[accepted]]\nscenario = 'a'\nowner = 'b'\nreason = 'c'", "'expires' is required"),
        (EXCEPTION.replace("2026-06-15", "'soon'"), r"\$.accepted\[0\].expires"),
        ("accepted = 3", r"expected a list of tables, \[\[accepted\]\], got 3"),
        ('coverage.capabilities = ["order"]', "'order' is none; did you mean 'orders'?"),
        ('coverage.families = ["webhook"]', "'webhook' is none; did you mean 'webhooks'?"),
        ("coverage.faults = 10000", "the catalogue has"),
        ("a = ", "no valid TOML"),
    ],
)
def test_a_policy_that_cannot_be_used_says_where_and_what(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(PolicyError, match=words):
        _decide(tmp_path, text, PASSED)


def test_a_policy_may_stand_in_a_shared_file_but_not_in_two(tmp_path: Path) -> None:
    shared = tmp_path / "pyproject.toml"
    shared.write_text("[tool.tts_chaos.gate]\ncoverage.runs = 3\n")
    assert find_policy(tmp_path) == shared
    assert load_policy(shared).coverage.runs == 3

    (tmp_path / "tts-gate.toml").write_text("")

    with pytest.raises(PolicyError, match="two files hold a policy"):
        find_policy(tmp_path)


def test_a_folder_without_a_policy_has_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")

    assert find_policy(tmp_path) is None


def test_the_matrix_answers_may_this_version_go(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    remember(file, _decide(tmp_path, "", FAILED, version="1.0"))
    remember(file, _decide(tmp_path, "", PASSED, version="1.1"))
    rows = read_matrix(file)
    contract = "c0ffee" * 10

    answers = [may(rows, version, contract)[0] for version in ("1.0", "1.1", "2.0")]

    assert answers == ["no", "yes", "unknown"]
    assert may(rows, "1.1", "beef") == (
        "unknown",
        "version 1.1 was judged against c0ffeec0ffee, not beef",
    )


def test_of_one_version_and_contract_the_newest_decision_counts(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    remember(file, _decide(tmp_path, "", FAILED))
    remember(file, _decide(tmp_path, "", PASSED))

    assert [row.result for row in read_matrix(file)] == ["release"]


@pytest.mark.parametrize("text", ["[]", '{"format": "x", "rows": []}', '{"format": 1}', "{"])
def test_a_file_that_is_no_matrix_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "matrix.json"
    file.write_text(text)

    with pytest.raises(PolicyError, match=r"matrix\.json"):
        remember(file, _decide(tmp_path, "", PASSED))

    assert file.read_text() == text


def test_the_word_comes_first_in_the_text_for_people(tmp_path: Path) -> None:
    lines = as_text(_decide(tmp_path, "", FAILED)).splitlines()

    assert lines[0].startswith("BLOCK: auth/expired [simulated]: safety violated")
    assert lines[1].startswith("  must_pass: auth/expired")


def test_the_summary_is_markdown_that_no_text_breaks_out_of(tmp_path: Path) -> None:
    row = run_row("a/b", "aborted", findings=[], reason="x | y\n<b>*z*</b>")
    text = as_markdown(report_of(row), _decide(tmp_path, "", row))

    assert text.startswith("## tts-chaos: BLOCK\n")
    assert "| a/b [simulated] | aborted | - | x \\| y &lt;b&gt;\\*z\\*&lt;/b&gt; |" in text


def test_a_summary_without_a_gate_says_whether_all_passed() -> None:
    assert as_markdown(report_of(PASSED), None).startswith("## tts-chaos: PASSED\n")
    assert as_markdown(report_of(), None).startswith("## tts-chaos: FAILED\n")


def test_annotations_mark_failures_and_warn_of_accepted_ones(tmp_path: Path) -> None:
    document = report_of(run_row("a/b:c", "aborted", findings=[], reason="50%\nlost"), FAILED)
    document["file"] = "tests/conftest.py"

    lines = as_annotations(document, _decide(tmp_path, EXCEPTION, FAILED))

    assert lines[0].startswith(
        "::warning file=tests/conftest.py,title=tts-chaos%3A auth/expired::safety violated: "
    )
    assert lines[1].startswith(
        "::error file=tests/conftest.py,title=tts-chaos%3A a/b%3Ac::aborted: 50%25%0Alost. pytest"
    )


def test_code_quality_has_what_gitlab_reads() -> None:
    document = report_of(PASSED, FAILED, FAILED | {"world": "wire"})
    document["file"] = "conftest.py"

    entries = json.loads(as_code_quality(document, None))

    assert [entry["severity"] for entry in entries] == ["blocker", "blocker"]
    assert len({entry["fingerprint"] for entry in entries}) == 2
    assert entries[0]["location"] == {"path": "conftest.py", "lines": {"begin": 1}}
