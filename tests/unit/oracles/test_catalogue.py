"""Which oracles there are, what always runs, and what recovery waits for."""

from __future__ import annotations

import pytest
from tests.support.histories import Story, order, told

from tts_chaos.core.history import History
from tts_chaos.core.verdict import Phase, Verdict
from tts_chaos.errors import UsageError
from tts_chaos.oracles.catalogue import GUARDS, ORACLES, judge_all, pending_reason
from tts_chaos.oracles.disciplines import DISCIPLINES
from tts_chaos.oracles.oracle import JudgeSettings, judge_safely
from tts_chaos.typing import OBSERVATIONS

ONE, TWO = order("1"), order("2")
PLAIN = JudgeSettings()
BEHIND = Story().observe("orders", [told(ONE)]).truth(orders=[ONE, TWO]).history()


def test_the_guards_are_the_safety_oracles() -> None:
    assert set(GUARDS) == {name for name, each in ORACLES.items() if each.kind == "safety"}


@pytest.mark.parametrize("name", ORACLES)
def test_an_oracle_asks_only_for_observations_there_are(name: str) -> None:
    assert set(ORACLES[name].observes) <= set(OBSERVATIONS)


def test_reports_come_in_the_order_asked_for_each_once() -> None:
    reports = judge_all(BEHIND, PLAIN, ["orders_unique", "orders_complete", "orders_unique"])

    assert [report.oracle for report in reports] == ["orders_unique", "orders_complete"]


def test_an_unknown_oracle_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="Did you mean 'orders_complete'"):
        judge_all(BEHIND, PLAIN, ["order_complete"])


def test_the_pending_reason_is_that_of_the_first_rule_that_does_not_hold() -> None:
    reason = pending_reason(BEHIND, PLAIN, ["orders_exact", "orders_complete"])

    assert reason == "orders_complete: 1 of 2 orders are not known: 2"


def test_nothing_is_pending_once_every_rule_holds() -> None:
    whole = Story().observe("orders", [told(ONE)]).truth(orders=[ONE]).history()

    assert pending_reason(whole, PLAIN, ["orders_complete", "orders_exact"]) == ""


def test_recovery_waits_neither_for_itself_nor_for_alerts_nor_for_what_is_not_offered() -> None:
    story = Story().observe("alerts", []).fault("token_expired").phase(Phase.RECOVERY)
    names = ["recovered_in_time", "alert_raised", "stock_converges", "orders_unique"]

    assert pending_reason(story.waiting("x").history(), PLAIN, names) == ""


def test_an_oracle_that_crashes_is_unknown_and_says_so() -> None:
    broken = Story().observe("orders", [told(ONE)]).truth(orders=[{"no": "id"}]).history()

    judged = judge_safely(ORACLES["orders_complete"], broken, PLAIN)

    assert (judged.verdict, judged.reason) == (
        Verdict.UNKNOWN,
        "the oracle itself failed: KeyError: 'id'",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"ahed_ms": 1}, "did you mean 'ahead_ms'", id="misspelt"),
        pytest.param({"ahead_ms": "1h"}, "expected a whole number", id="no-number"),
    ],
)
def test_a_wrong_setting_is_refused(options: dict[str, object], message: str) -> None:
    settings = JudgeSettings(options={"token_refreshed_once": options})

    with pytest.raises(UsageError, match=message):
        ORACLES["token_refreshed_once"].judge(History([]), settings)


def test_a_setting_of_the_scenario_is_used() -> None:
    story = Story().issued().wait(60_000).refresh()
    settings = JudgeSettings(options={"token_refreshed_once": {"young_ms": 1}})

    judge = ORACLES["token_refreshed_once"].judge

    assert judge(story.history(), PLAIN).verdict is Verdict.INVALID
    assert judge(story.history(), settings).verdict is Verdict.VALID


def test_the_table_of_disciplines_names_rules_that_exist_and_need_no_observation() -> None:
    named = [rule.partition(".") for rules in DISCIPLINES.values() for rule in rules]

    assert [rule for oracle, _, rule in named if rule not in ORACLES[oracle].rules] == []
    assert [oracle for oracle, _, _ in named if ORACLES[oracle].observes] == []


OPTIONS = {
    "blips_ridden_out": {"patience_s": 30},
    "conversions_valid": {"oldest_days": 28},
    "degraded_reads": {"outage_ms": 600000, "failures": 3},
    "permanent_errors_not_retried": {"gateway_retries": 0, "other_retries": 1},
    "rate_falls_under_overload": {"burst": 10, "gap_ms": 50},
    "retries_bounded": {"loop_gap_ms": 1000},
    "retries_freshly_signed": {"same_second_ms": 2000, "same_timestamp_ms": 30000},
    "retries_jittered": {
        "repeats": 8,
        "shortest_ms": 50,
        "tolerance_ms": 3,
        "tolerance_percent": 2,
    },
    "retries_spaced": {"mean_gap_ms": 50, "shortest_gap_ms": 2},
    "retry_after_honoured": {"early_ms": 50, "in_flight_ms": 1000},
    "token_pair_kept": {"settle_ms": 60000, "expiry_tolerance_s": 86400},
    "token_refreshed_once": {
        "ahead_ms": 86400000,
        "young_ms": 43200000,
        "storm_window_ms": 60000,
        "dead_calls": 3,
        "refused_actions": 3,
    },
}


def test_what_an_oracle_lets_pass_unless_a_scenario_says_else() -> None:
    """A threshold that moves changes what passes everywhere: it is moved here as well."""
    assert {name: dict(each.options) for name, each in ORACLES.items() if each.options} == OPTIONS
