"""Each oracle catches what breaks its rules, and is silent on what does not."""

from __future__ import annotations

import pytest
from tests.support.oracle_cases import Case
from tests.unit.oracles import (
    discipline_cases,
    edge_cases,
    effect_edge_cases,
    order_cases,
    order_edge_cases,
    refund_cases,
    refund_edge_cases,
    run_cases,
    token_cases,
    token_edge_cases,
    webhook_cases,
    wire_cases,
    wire_edge_cases,
)

from tts_chaos.core.history import History
from tts_chaos.core.verdict import Verdict
from tts_chaos.oracles.catalogue import ORACLES
from tts_chaos.oracles.oracle import JudgeSettings

CASES = [
    *order_cases.CASES,
    *wire_cases.CASES,
    *token_cases.CASES,
    *run_cases.CASES,
    *webhook_cases.CASES,
    *discipline_cases.CASES,
    *refund_cases.CASES,
    *refund_edge_cases.CASES,
    *edge_cases.CASES,
    *effect_edge_cases.CASES,
    *wire_edge_cases.CASES,
    *order_edge_cases.CASES,
    *token_edge_cases.CASES,
]
BROKEN = [case for case in CASES if case.rules]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_oracle_says_exactly_what_is_wrong(case: Case) -> None:
    judged = ORACLES[case.oracle].judge(case.history, case.settings)

    assert (judged.verdict, tuple(f.rule for f in judged.findings)) == (case.verdict, case.rules)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.id)
def test_each_finding_points_at_a_record_and_names_a_defect(case: Case) -> None:
    judged = ORACLES[case.oracle].judge(case.history, case.settings)

    for finding in judged.findings:
        assert 0 <= finding.first < len(case.history)
        assert 0 <= finding.worst < len(case.history)
        assert finding.count >= 1
        assert all((finding.message, finding.expected, finding.actual, finding.defect))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_history_read_back_from_its_text_is_judged_alike(case: Case) -> None:
    read_back = History.from_json_lines(case.history.to_json_lines())

    oracle = ORACLES[case.oracle]
    assert oracle.judge(read_back, case.settings) == oracle.judge(case.history, case.settings)


@pytest.mark.parametrize("name", ORACLES)
def test_every_oracle_is_unknown_where_nothing_happened(name: str) -> None:
    judged = ORACLES[name].judge(History([]), JudgeSettings())

    assert (judged.verdict, judged.saw) == (Verdict.UNKNOWN, 0)


@pytest.mark.parametrize("name", ORACLES)
def test_an_unknown_verdict_says_why(name: str) -> None:
    assert ORACLES[name].judge(History([]), JudgeSettings()).reason


@pytest.mark.parametrize("name", ORACLES)
def test_every_oracle_accepts_at_least_one_history(name: str) -> None:
    assert [case for case in CASES if case.oracle == name and case.verdict is Verdict.VALID]


@pytest.mark.parametrize(
    "rule", [f"{name}.{rule}" for name, oracle in ORACLES.items() for rule in oracle.rules]
)
def test_every_rule_is_broken_by_at_least_one_history(rule: str) -> None:
    name, _, wanted = rule.partition(".")

    assert [case for case in CASES if case.oracle == name and wanted in case.rules]


@pytest.mark.parametrize("name", ORACLES)
def test_every_oracle_states_its_rules(name: str) -> None:
    rules = ORACLES[name].rules

    assert rules
    assert all(rule.expected and rule.defect for rule in rules.values())
