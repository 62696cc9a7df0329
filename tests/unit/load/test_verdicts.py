"""Pass, fail, or cannot tell."""

from __future__ import annotations

import math
import random

import pytest
from tests.support.load_rows import fit, sample, steady, unfit

from tts_chaos.load.budgets import DEFAULTS, Budget, read_budgets
from tts_chaos.load.comparison import Change, compare_budgets
from tts_chaos.load.estimates import Record, share_interval
from tts_chaos.load.health import Watch, examine
from tts_chaos.load.samples import Sample
from tts_chaos.load.verdicts import Call, Judged, judge, noise_between
from tts_chaos.scenarios.shape import Place

P95 = Budget(subject="checkout", key="p95", limit=500)
ERRORS = Budget(subject="all", key="errors", limit=0.01)


def _call(samples: list[Sample], budget: Budget = P95, **more: object) -> Judged:
    return judge([budget], samples, fit(), **more)[0]  # type: ignore[arg-type]


def test_far_below_the_limit_passes_and_far_above_fails() -> None:
    assert _call(steady([100.0] * 500)).call is Call.PASS
    assert _call(steady([900.0] * 500)).call is Call.FAIL


def test_near_the_limit_it_cannot_tell() -> None:
    wavering = steady([100.0] * 476 + [900.0] * 24)

    assert _call(wavering).call is Call.CANNOT_TELL


def test_a_saturated_generator_judges_nobody() -> None:
    judged = judge([P95], steady([900.0] * 500), unfit())[0]

    assert (judged.call, judged.reason) == (
        Call.CANNOT_TELL, "the generator was not fit to judge",
    )  # fmt: skip


def test_few_requests_tell_nothing() -> None:
    assert _call(steady([100.0] * 19)).reason == "only 19 requests; 20 are the fewest"


def test_no_request_is_not_exercised_and_never_a_pass() -> None:
    assert _call([]).call is Call.NOT_EXERCISED


def test_every_missing_sample_counts_as_never_answered() -> None:
    judged = _call(steady([100.0] * 400), missing={"checkout": 100})

    assert (judged.call, judged.count, judged.missing, judged.value) == (
        Call.FAIL, 500, 100, None,
    )  # fmt: skip


def test_quick_errors_are_no_quick_service() -> None:
    judged = _call([*steady([100.0] * 400), *steady([1.0] * 100, outcome="failed")])

    assert judged.call is Call.FAIL


def test_errors_are_judged_by_their_share() -> None:
    good, bad = steady([10.0] * 2000), steady([10.0] * 200, outcome="no_answer")

    assert _call(good, ERRORS).call is Call.PASS
    assert _call([*good, *bad], ERRORS).call is Call.FAIL
    assert _call(good[:100], ERRORS).call is Call.CANNOT_TELL


def test_less_load_than_planned_passes_nothing_and_still_fails() -> None:
    lacking = "less load than planned was sent"

    assert _call(steady([100.0] * 500), lacking=lacking).reason == lacking
    assert _call(steady([900.0] * 500), lacking=lacking).call is Call.FAIL


def test_a_noise_floor_keeps_a_close_call_from_being_one() -> None:
    close = steady([480.0] * 500)

    assert _call(close).call is Call.PASS
    assert _call(close, noise={"checkout p95": 0.1}).call is Call.CANNOT_TELL


def test_seconds_that_share_their_fate_are_worth_less_than_single_requests() -> None:
    scattered = [sample(due_s=n / 50, latency_ms=900 if n % 20 == 0 else 1) for n in range(1000)]
    bunched = [sample(due_s=n / 50, latency_ms=900 if n < 50 else 1) for n in range(1000)]

    alone = share_interval(scattered, lambda s: s.latency_s > 0.5, alpha=0.01)
    together = share_interval(bunched, lambda s: s.latency_s > 0.5, alpha=0.01)

    assert alone.value == together.value == 0.05
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance = random.Random(7)
    outside = 0
    for _ in range(200):
        seen = steady([1.0 if chance.random() > 0.05 else 900.0 for _ in range(400)])
        found = share_interval(seen, lambda s: s.latency_s > 0.5, alpha=0.01)
        outside += not found.low <= 0.05 <= found.high

    assert outside <= 10


def test_a_percentile_is_one_that_was_recorded_unrounded() -> None:
    record = Record(steady([float(n) + 0.123456 for n in range(1, 101)]))

    assert record.percentile_ms(0.95) == pytest.approx(95.123456, abs=1e-9)
    assert record.percentile_ms(1.0) == pytest.approx(100.123456, abs=1e-9)
    assert math.isinf(Record(steady([1.0] * 10), missing=1).percentile_ms(1.0))


@pytest.mark.parametrize(
    ("watch", "told"),
    [
        pytest.param({"cpu_ratio": 0.95}, "used up its core", id="core-used-up"),
        pytest.param({"stills_ms": (80.0,)}, "stood still", id="stood-still"),
    ],
)
def test_the_generator_says_what_is_wrong_with_itself(watch: dict[str, object], told: str) -> None:
    row = {"worker": 0, "at_s": 1.0, "cpu_ratio": 0.1, **watch}
    health = examine([], [Watch(**row)], tightest_ms=400, duration_s=5)  # type: ignore[arg-type]

    assert told in health.problems[0]


def test_requests_sent_late_by_the_generator_unfit_it_and_busy_users_do_not() -> None:
    watch = [Watch(worker=0, at_s=1, cpu_ratio=0.1)]

    def health_of(late_s: float) -> tuple[str, ...]:
        rows = [sample(late_s=late_s) for _ in range(100)]
        return examine(rows, watch, tightest_ms=400, duration_s=5).problems

    assert "sent more than 40 ms late" in health_of(0.2)[0]
    assert health_of(-0.2) == ()


def test_one_that_did_not_watch_itself_is_not_believed() -> None:
    assert "did not watch itself" in examine([], [], tightest_ms=400, duration_s=5).problems[0]


def test_the_budgets_of_the_guide_are_the_default() -> None:
    named = {(b.subject, b.key): b.limit for b in read_budgets({}, Place("f", "budgets"))}

    assert named == {
        ("all", "errors"): 0.01,
        ("checkout", "p95"): 500,
        ("inventory", "p50"): 400,
        ("inventory", "p95"): 700,
        ("orders", "p50"): 600,
        ("orders", "p95"): 900,
    }
    assert len(named) == sum(map(len, DEFAULTS.values()))


def test_a_budget_is_overridden_added_and_taken_away() -> None:
    table = {"checkout": {"p95": 300, "p99.9": 800}, "orders.list": {"p50": 50},
             "inventory": {"p50": False}}  # fmt: skip
    named = {b.name: b.limit for b in read_budgets(table, Place("f", "budgets"))}

    assert named["checkout p95"] == 300
    assert named["checkout p99.9"] == 800
    assert named["orders.list p50"] == 50
    assert "inventory p50" not in named


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"chekout": {"p95": 1}}, "did you mean 'checkout'"),
        ({"checkout": {"p101": 1}}, "'p101' is no budget"),
        ({"checkout": {"p95": -1}}, "expected milliseconds above 0"),
        ({"checkout": {"p95": True}}, "expected milliseconds above 0"),
        ({"checkout": {"errors": 5}}, "expected a share from 0 to 1"),
        ({"checkout": 500}, "expected a table"),
    ],
)
def test_a_budget_that_is_none_is_refused(table: dict[str, object], told: str) -> None:
    with pytest.raises(Exception, match=told):
        read_budgets(table, Place("f", "budgets"))


def _run(base_ms: float, seed: int) -> tuple[Judged, ...]:
    chance = random.Random(seed)
    rows = steady([chance.gauss(base_ms, base_ms / 20) for _ in range(400)], per_s=100)
    return judge([P95, Budget(subject="checkout", key="p50", limit=500)], rows, fit())


def test_a_tenth_slower_is_seen_and_equal_runs_are_not_told_apart() -> None:
    def change(new: tuple[Judged, ...]) -> list[Change]:
        told = compare_budgets(_run(40, 1), new, old_health=fit(), new_health=fit())
        return [row.change for row in told]

    assert change(_run(44, 2)) == [Change.SLOWER, Change.SLOWER]
    assert change(_run(36, 3)) == [Change.FASTER, Change.FASTER]
    assert change(_run(40, 4)) == [Change.CANNOT_TELL, Change.CANNOT_TELL]


def test_runs_of_an_unfit_generator_are_not_compared() -> None:
    told = compare_budgets(_run(40, 1), _run(60, 2), old_health=fit(), new_health=unfit())

    assert {row.change for row in told} == {Change.CANNOT_TELL}


def test_the_noise_of_equal_runs_must_be_exceeded() -> None:
    noise = {"checkout p95": 0.5, "checkout p50": 0.5}
    told = compare_budgets(
        _run(40, 1), _run(44, 2), old_health=fit(), new_health=fit(), noise=noise
    )

    assert {row.change for row in told} == {Change.CANNOT_TELL}


def test_noise_is_how_far_two_equal_runs_differ() -> None:
    assert noise_between([P95], steady([100.0] * 50), steady([110.0] * 50)) == {
        "checkout p95": pytest.approx(0.1)
    }
