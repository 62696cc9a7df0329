"""What a run leaves behind."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from tests.support.load_rows import fit, steady

from tts_chaos.errors import ChaosError
from tts_chaos.load.budgets import read_budgets
from tts_chaos.load.comparison import compare
from tts_chaos.load.documents import junit_of, markdown_of, write_documents
from tts_chaos.load.health import Watch
from tts_chaos.load.page import page_of
from tts_chaos.load.plan import Plan, Stage, Target
from tts_chaos.load.results import (
    AfterPeak,
    FaultBand,
    JudgedOracle,
    Measured,
    Result,
    load_result,
    measure,
    result_of,
    write_result,
)
from tts_chaos.load.verdicts import Call
from tts_chaos.scenarios.shape import Place

BUDGETS = read_budgets({"inventory": {"p50": False, "p95": False}, "orders": {"p50": False, "p95":
                        False}, "checkout": {"p95": 500}}, Place("f", "budgets"))  # fmt: skip


def _result(latency_ms: float, *, count: int = 1000, **more: object) -> Result:
    plan = Plan(
        profile="<smoke>",
        stages=(Stage(name="plateau", for_s=20, rate=50),),
        target=Target(base_url="http://127.0.0.1:1", operations={}),
        shares={"checkout": 1.0, "inventory": 0.0, "orders": 0.0},
    )
    measured = Measured(
        samples=steady([latency_ms] * count),
        watches=tuple(Watch(worker=0, at_s=float(n), cpu_ratio=0.1) for n in range(1, 20)),
        events=more.pop("events", ()),  # type: ignore[arg-type]
        began_unix_s=1.0,
    )
    return result_of(plan, measured, BUDGETS, **more)  # type: ignore[arg-type]


def test_a_good_run_passes_and_a_slow_one_fails_with_its_exit_status() -> None:
    assert (_result(100).verdict, _result(100).exit_code) == (Call.PASS, 0)
    assert (_result(900).verdict, _result(900).exit_code) == (Call.FAIL, 16)


def test_a_run_whose_generator_says_nothing_of_itself_cannot_be_told() -> None:
    health = msgspec.structs.replace(fit(), problems=("it used up its core",))

    assert not health.is_fit
    assert _result(100, count=0).verdict is not Call.PASS


def test_a_broken_judge_outweighs_held_budgets() -> None:
    lost = JudgedOracle(oracle="orders_complete", verdict="invalid", reason="3 orders are lost")
    result = _result(100, after=AfterPeak(drain_s=1.0, drain_limit_s=5, oracles=(lost,)))

    assert (result.verdict, result.exit_code) == (Call.FAIL, 10)
    assert result.reason == "orders_complete: 3 orders are lost"


def test_a_backlog_that_stays_fails() -> None:
    after = AfterPeak(drain_s=None, drain_limit_s=5, waiting="7 things wait in its queues")
    result = _result(100, after=after)

    assert (result.verdict, result.exit_code) == (Call.FAIL, 16)
    assert result.reason == "not drained within 5 s: 7 things wait in its queues"


def test_a_lost_worker_lets_nothing_pass_and_is_told() -> None:
    event = {"kind": "worker_died", "worker": 1, "at_s": 9.5}
    result = _result(100, count=600, events=(event,))

    assert result.verdict is Call.CANNOT_TELL
    assert "worker 1 after 10 s was lost" in result.rests_on
    assert result.events == ("worker 1 was lost 9.5 s after the begin",)


def test_a_locustfile_that_raises_is_not_the_integrations_failure() -> None:
    event = {"kind": "user_error", "problem": "KeyError: 'x'"}
    result = _result(100, count=600, events=(event,))

    assert result.verdict is Call.CANNOT_TELL
    assert "a user of the locustfile raised KeyError: 'x'" in result.reason


def test_a_fault_that_met_nothing_proves_nothing() -> None:
    idle = FaultBand(name="outage", begin_s=5, end_s=8, fired=0)
    uncounted = FaultBand(name="set_rate_limit", begin_s=5, end_s=8)

    assert "armed and met nothing: outage" in _result(100, bands=[idle]).reason
    assert _result(100, bands=[uncounted]).verdict is Call.PASS


def test_a_load_that_was_ended_early_does_not_pass() -> None:
    result = _result(100, count=500, ended_early="it was interrupted", ended_s=10.0)

    assert (result.verdict, result.reason) == (Call.CANNOT_TELL, "it was interrupted")


def test_junit_has_a_case_per_budget_and_no_green_for_what_is_not_known() -> None:
    suite = ElementTree.fromstring(junit_of(_result(900, count=1000)))
    unknown = ElementTree.fromstring(junit_of(_result(100, count=0)))

    failed = [
        case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None
    ]
    assert failed == ["checkout p95 at most 500 ms"]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert all(len(case) for case in unknown.iter("testcase"))


def test_markdown_keeps_its_table_whole() -> None:
    text = markdown_of(_result(100))

    assert "| checkout p95 | at most 500 ms | 100.0 ms (100.0 to 100.0) | 1000 | pass |" in text


def test_the_page_needs_nothing_from_outside_and_escapes_what_it_shows() -> None:
    bands = [FaultBand(name="<outage>", begin_s=5, end_s=8, fired=3)]
    page = page_of(_result(100, bands=bands))

    assert re.findall(r'(?:src|href)="|url\(|@import|<script', page) == []
    assert "<outage>" not in page
    assert "&lt;outage&gt;" in page
    assert page.count("<svg") >= 2
    assert "p95 500 ms" in page
    assert "prefers-color-scheme: dark" in page


def test_a_result_comes_back_as_it_was_written(tmp_path: Path) -> None:
    result = _result(100)
    write_documents(result, tmp_path)

    assert load_result(tmp_path / "result.json") == result
    assert {file.name for file in tmp_path.iterdir()} == {
        "result.json", "junit.xml", "summary.md", "index.html",
    }  # fmt: skip


def test_a_slower_run_is_told_beside_an_earlier_one(tmp_path: Path) -> None:
    write_result(_result(100), tmp_path / "old.json")
    compared = compare(load_result(tmp_path / "old.json"), _result(150))

    assert [(row.budget.name, row.change.value) for row in compared] == [("checkout p95", "slower")]
    assert "| checkout p95 | +50.0 % | slower" in markdown_of(_result(150), compared)


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    with pytest.raises(ChaosError, match="cannot be read"):
        load_result(file)
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(ChaosError, match="is no result of tts-chaos load"):
        load_result(file)


def test_half_a_line_of_a_killed_generator_is_left_out(tmp_path: Path) -> None:
    watch = msgspec.to_builtins(Watch(worker=0, at_s=1.0, cpu_ratio=0.1))
    lines = json.dumps({"watch": watch}) + '\n{"watch": {"wor'
    (tmp_path / "generator.jsonl").write_text(lines, encoding="utf-8")

    assert len(measure(tmp_path).watches) == 1
