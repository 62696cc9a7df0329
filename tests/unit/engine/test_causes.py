"""A report shows the cause before what came of it."""

from __future__ import annotations

from itertools import product

from tts_chaos.core.verdict import Verdict
from tts_chaos.engine.causes import CONSEQUENCES, explains, in_order
from tts_chaos.oracles.catalogue import ORACLES
from tts_chaos.oracles.oracle import Finding, OracleReport

RULES = [f"{name}.{rule}" for name, oracle in ORACLES.items() for rule in oracle.rules]


def _found(*rules: str) -> list[str]:
    reports = [
        OracleReport(
            oracle=rule.partition(".")[0],
            verdict=Verdict.INVALID,
            findings=(Finding(rule=rule.partition(".")[2], message=""),),
        )
        for rule in rules
    ]
    return [finding.rule for finding in in_order(reports)]


def test_a_token_rule_stands_before_the_orders_lost_by_it() -> None:
    found = _found("orders_complete.order_lost", "token_refreshed_once.never_refreshed")

    assert found == ["never_refreshed", "order_lost"]


def test_causes_of_causes_stand_first() -> None:
    found = _found(
        "orders_complete.order_lost",
        "token_refreshed_once.refresh_storm",
        "token_pair_kept.old_refresh_token_presented",
    )

    assert found == ["old_refresh_token_presented", "refresh_storm", "order_lost"]


def test_what_nothing_explains_keeps_its_order() -> None:
    found = _found("orders_unique.order_twice", "shops_apart.shop_starved", "https_only.plain_http")

    assert found == ["order_twice", "shop_starved", "plain_http"]


def test_several_rules_of_one_oracle_keep_their_order() -> None:
    findings = tuple(Finding(rule=rule, message="") for rule in ("wrong_total", "wrong_time"))
    report = OracleReport(oracle="orders_exact", verdict=Verdict.INVALID, findings=findings)

    assert in_order([report]) == findings


def test_no_rule_explains_what_explains_it() -> None:
    assert [
        (one, other)
        for one, other in product(RULES, RULES)
        if explains(one, other) and explains(other, one)
    ] == []


def test_each_pattern_names_a_rule() -> None:
    patterns = {pattern for row in CONSEQUENCES for side in row for pattern in side}

    assert [p for p in patterns if not any(explains_name(p, rule) for rule in RULES)] == []


def explains_name(pattern: str, rule: str) -> bool:
    """Whether a pattern of the table means a rule."""
    head, _, tail = pattern.partition("*")
    return rule.startswith(head) if "*" in pattern else rule == head + tail
