"""The story of a run that did not pass, word for word where words matter."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.support.histories import Story

from tts_chaos.core.history import Exchange, History
from tts_chaos.core.verdict import Outcome, Phase, Verdict
from tts_chaos.engine.result import RunResult
from tts_chaos.faults.plane import Receipt
from tts_chaos.oracles.oracle import Finding, OracleReport
from tts_chaos.reporting.story import history_name, tell
from tts_chaos.reporting.summary import (
    gravest_exit_status,
    one_line,
    summarise,
    to_document,
    to_json,
)
from tts_chaos.twin.handled import Basis

FINDING = Finding(
    rule="order_lost",
    message="1 of 3 orders are not known: 42",
    expected="every order is known",
    actual="2 of 3 known",
    defect="the second page is never fetched",
    count=2,
    first=3,
    worst=3,
)
REPORT = OracleReport(
    oracle="orders_complete",
    verdict=Verdict.INVALID,
    saw=3,
    findings=(FINDING,),
    reason=FINDING.message,
    assumed=("the platform keeps pages for an hour",),
)
UNSURE = OracleReport(
    oracle="no_oversell", verdict=Verdict.UNKNOWN, saw=2, reason="two answers were lost"
)


def _result(**changes: Any) -> RunResult:
    values: dict[str, Any] = {
        "scenario": "network/reset",
        "title": "The connection is reset",
        "path": "reset.toml",
        "world": "simulated",
        "seed": "7",
        "outcome": Outcome.NOT_RECOVERED,
        "reason": FINDING.message,
        "recovery_ms": None,
        "rto_ms": 1_800_000,
        "covered_ms": 60_000,
        "calls": 4,
        "reports": (REPORT,),
        "receipts": (
            Receipt(
                fault="connection_reset",
                name="connection_reset",
                armed_ms=0,
                matched=1,
                fired=1,
                calls=(2,),
                lifted=True,
            ),
        ),
        "missing": (),
        "refused_destinations": (),
        "proxy": "",
        "contract_digest": "d",
        "history": _history(),
    }
    return RunResult(**{**values, **changes})


def _history() -> History:
    story = Story().phase(Phase.TURBULENCE).invoke("sync_orders").fault("connection_reset")
    return story.wait(90_000).fail("ReadError: reset by peer").phase(Phase.JUDGE).history()


def _lines(**changes: Any) -> list[str]:
    return tell(_result(**changes)).splitlines()


def test_a_story_begins_with_scenario_outcome_and_title() -> None:
    assert _lines()[:2] == [
        "network/reset [simulated]: not_recovered",
        "  The connection is reset",
    ]


def test_a_story_ends_with_the_command_that_tells_it_again() -> None:
    assert _lines()[-2:] == [
        "Reproduce:",
        "  pytest --tts-chaos --tts-scenario network/reset --tts-world simulated --tts-seed 7",
    ]


def test_a_broken_rule_says_what_should_have_been_and_the_likely_defect() -> None:
    lines = _lines()

    at = lines.index("Broken rules (1):")
    assert lines[at + 1 : at + 5] == [
        "  order_lost: 1 of 3 orders are not known: 42 (2 times)",
        "    expected  every order is known",
        "    actual    2 of 3 known",
        "    likely    the second page is never fetched",
    ]


def _blaming(first: int, worst: int, message: str = "lost") -> list[str]:
    """Return the lines about a finding that three calls, one second apart, show."""
    story = Story().call("search", status=500, code=36009003).wait(1_000)
    story.call("detail", status=401, code=105002).wait(1_000).webhook("N1", status=500)
    finding = msgspec.structs.replace(FINDING, message=message, first=first, worst=worst, count=2)
    report = msgspec.structs.replace(REPORT, findings=(finding,))
    return _lines(history=story.history(), reports=(report,))


def test_a_finding_shows_the_first_and_the_worst_exchange() -> None:
    lines = _blaming(first=0, worst=1)

    assert "    first     #1 order.202309.get_order_list -> 500 code 36009003, at 0 ms" in lines
    assert any(
        line.startswith("    worst     #2 order.202309.get_order_detail -> 401 code 105002")
        and line.endswith("at 1 s")
        for line in lines
    )


def test_one_exchange_that_shows_a_finding_is_told_once() -> None:
    shown = [line for line in _blaming(first=2, worst=2) if "shown by" in line]

    assert shown == ["    shown by  webhook type 1, attempt 1 -> 500, at 2 s"]


def test_what_a_message_counts_is_not_counted_again() -> None:
    lines = _blaming(first=0, worst=0, message="order 1 is gone (and 1 more such)")

    assert "  order_lost: order 1 is gone (and 1 more such)" in lines


def test_a_reason_that_a_finding_tells_already_is_not_told_twice() -> None:
    assert not [line for line in _lines() if line.startswith("Why:")]


def test_a_reason_of_its_own_is_told() -> None:
    assert "Why: the canary order did not arrive" in _lines(
        reason="the canary order did not arrive"
    )


def test_what_was_injected_says_where_it_fired() -> None:
    assert (
        "  connection_reset: the connection was reset before the answer; fired once on request #2"
        in _lines()
    )


def test_a_fault_that_was_not_lifted_is_shouted() -> None:
    receipt = Receipt(
        fault="a", name="connection_reset", armed_ms=0, matched=0, fired=0, calls=(), lifted=False
    )

    assert any(line.endswith("never fired; NOT LIFTED") for line in _lines(receipts=(receipt,)))


def test_the_timeline_is_counted_from_the_begin_of_the_run() -> None:
    lines = _lines()

    at = lines.index("What happened:")
    assert lines[at + 1 : at + 5] == [
        "          0 ms  == turbulence",
        "          0 ms  sync_orders() begins",
        "          0 ms  !! connection_reset fires",
        "    1 min 30 s  sync_orders() failed: ReadError: reset by peer",
    ]


def test_calls_that_went_wrong_are_told_where_no_rule_tells_more() -> None:
    lines = _lines(reports=(), outcome=Outcome.NOT_EXERCISED, reason="x")

    at = lines.index("Calls that went wrong:")
    assert lines[at + 1] == "  sync_orders() failed: ReadError: reset by peer"
    assert "Calls that went wrong:" not in _lines()


def test_assumed_facts_refused_hosts_and_doubts_are_told_beside() -> None:
    lines = _lines(reports=(REPORT, UNSURE), refused_destinations=("example.com:443",))

    at = lines.index("Also:")
    assert lines[at + 1 : at + 4] == [
        "  outside hosts refused: example.com:443",
        "  rests on assumed facts: the platform keeps pages for an hour",
        "  no_oversell cannot tell: two answers were lost",
    ]


def test_a_run_without_any_history_has_a_story() -> None:
    lines = _lines(history=History([]), reports=(), receipts=(), reason="the port was taken")

    assert "What happened:" not in lines
    assert "Why: the port was taken" in lines


def test_only_the_first_findings_are_told_and_the_rest_counted() -> None:
    report = OracleReport(oracle="x", verdict=Verdict.INVALID, saw=1, findings=(FINDING,) * 8)

    assert "  ... and 2 more in the report" in _lines(reports=(report,))


# -- one line, and the report -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {},
            "not_recovered    network/reset [simulated]  order_lost: 1 of 3 orders are not known: "
            "42",
        ),
        (
            {"outcome": Outcome.PASSED, "recovery_ms": 90_000},
            "passed           network/reset [simulated]  recovered in 1 min 30 s of 30 min",
        ),
        (
            {"outcome": Outcome.ABORTED, "reason": "no baseline;\n  sync_orders() had failed: x"},
            "aborted          network/reset [simulated]  no baseline; sync_orders() had failed: x",
        ),
        (
            {"outcome": Outcome.HARNESS_ERROR, "reports": (), "reason": "broken"},
            "harness_error    network/reset [simulated]  broken",
        ),
    ],
    ids=["a-finding", "a-pass", "no-baseline", "an-error-of-the-harness"],
)
def test_one_line_says_the_most_important_thing(changes: dict[str, Any], line: str) -> None:
    assert one_line(summarise(_result(**changes))) == line


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([], 0),
        (["passed", "passed"], 0),
        (["passed", "not_exercised"], 14),
        (["inconclusive", "not_exercised"], 13),
        (["aborted", "inconclusive"], 12),
        (["not_recovered", "aborted"], 11),
        (["not_recovered", "safety_violated"], 10),
        (["safety_violated", "harness_error"], 15),
    ],
)
def test_the_gravest_outcome_is_the_exit_status(outcomes: list[str], status: int) -> None:
    assert gravest_exit_status(outcomes) == status


def test_the_report_counts_by_outcome_and_keeps_the_order_of_runs() -> None:
    runs = [summarise(_result(scenario=name)) for name in ("b", "a")]

    text = to_json(to_document(runs, seed="7"))

    assert text.startswith('{\n "format": "tts-chaos-report/1",\n "seed": "7",\n')
    assert text.index('"scenario": "b"') < text.index('"scenario": "a"')
    assert text.endswith("}\n")


def test_the_report_keeps_letters_of_every_script() -> None:
    assert "Đơn hàng" in to_json(to_document([summarise(_result(title="Đơn hàng"))], seed="7"))


def test_a_history_has_a_file_name_without_folders() -> None:
    assert history_name("network/reset", "wire") == "network--reset.wire.jsonl"


def test_a_report_names_the_operations_whose_answers_were_invented() -> None:
    asked = [
        Exchange(call=call, operation=operation, basis=basis)
        for call, (operation, basis) in enumerate(
            [("b", Basis.CONTRACT.value), ("a", ""), ("b", Basis.CONTRACT.value), ("c", "declined")]
        )
    ]

    assert summarise(_result(history=History(asked)))["answered_from_contract"] == ["b"]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"lifted_ms": 600_000, "lifted_by": "heal"}, "lifted at 10 min as the turbulence ended"),
        ({"lifted_ms": 1_000, "lifted_by": "time"}, "lifted at 1 s by its own time limit"),
        ({"lifted_ms": 2_000, "lifted_by": "limit"}, "lifted at 2 s by the limit of the run"),
        ({"lifted_ms": 3_000, "lifted_by": "step"}, "lifted at 3 s by a step"),
    ],
)
def test_a_story_says_when_and_by_what_a_fault_ended(changes: dict[str, Any], line: str) -> None:
    history = _history()
    epoch_ms = history.records[0].at_ms
    told = dict(changes, lifted_ms=epoch_ms + changes["lifted_ms"])
    receipt = msgspec.structs.replace(_result().receipts[0], armed_ms=epoch_ms, **told)

    lines = _lines(receipts=(receipt,))

    assert f"    armed at 0 ms, {line}" in lines
