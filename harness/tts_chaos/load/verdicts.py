"""Pass, fail, or cannot tell: each budget judged from the record, with how sure that is.

A pass is a promise about another such run, so it counts on seconds, which share their fate. A fail
is a fact about this one: it needs no more than that chance and noise do not explain it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from tts_chaos.load.budgets import ALL, ERRORS, Budget
from tts_chaos.load.estimates import Interval, Record
from tts_chaos.load.health import Health
from tts_chaos.load.plan import AREAS, Plan
from tts_chaos.load.samples import Sample, area_of

__all__ = [
    "UNFIT",
    "Call",
    "Judged",
    "judge",
    "missing_by_area",
    "noise_between",

    "record_of",
]  # fmt: skip

ALPHA = 0.01
"""Chance of a wrong pass or fail per run, shared among its budgets."""

UNFIT = "the generator was not fit to judge"

FEWEST = 20
"""Requests below which nothing is said about a percentile."""


class Call(StrEnum):
    """What is said about a budget."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    CANNOT_TELL = "cannot_tell"
    NOT_EXERCISED = "not_exercised"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One budget with its verdict.

    Attributes:
        budget: What was asked.
        call: What is said.
        value: Milliseconds or share; None where nothing was measured or no answer ever came.
        low: Lower bound of the interval.
        high: Upper bound; None for infinite.
        count: Requests judged, missing ones included.
        failed: How many of them went wrong or are missing.
        missing: How many are missing.
        noise_ratio: Relative difference that two equal runs show.
        alpha: Chance that the truth lies outside the interval.
        reason: Why it is not a plain pass or fail; "" else.
    """

    budget: Budget
    call: Call
    value: float | None = None
    low: float | None = None
    high: float | None = None
    count: int = 0
    failed: int = 0
    missing: int = 0
    noise_ratio: float = 0.0
    alpha: float = ALPHA
    reason: str = ""


def missing_by_area(
    plan: Plan, samples: Sequence[Sample], *, until_s: float | None = None
) -> dict[str, int]:
    """Return for each area how many requests were due in judged time and have no sample.

    Args:
        plan: What was due.
        samples: What was measured.
        until_s: End of what was due, where a run was ended early; None for the plan's own.
    """
    end_s = plan.duration_s if until_s is None else min(until_s, plan.duration_s)
    missing: dict[str, int] = {}
    for area in AREAS:
        arrivals = plan.arrivals(area)
        due = sum(
            arrivals.count_until(min(begin + stage.for_s, end_s)) - arrivals.count_until(begin)
            for begin, stage in plan.begins()
            if stage.judged and begin < end_s
        )
        seen = sum(
            area_of(s.operation) == area and s.due_s < end_s and plan.is_judged(s.due_s)
            for s in samples
        )
        missing[area] = max(0, due - seen)
    return missing


def record_of(budget: Budget, samples: Sequence[Sample], missing: Mapping[str, int]) -> Record:
    """Return what a budget is about; for one operation, what its area misses may all be its."""
    mine = [sample for sample in samples if budget.covers(sample.operation)]
    if budget.subject == ALL:
        return Record(mine, sum(missing.values()))
    counts = mine or budget.subject in AREAS
    return Record(mine, missing.get(area_of(budget.subject), 0) if counts else 0)


def judge(
    budgets: Sequence[Budget],
    samples: Sequence[Sample],
    health: Health,
    *,
    missing: Mapping[str, int] | None = None,
    noise: Mapping[str, float] | None = None,
    lacking: str = "",
) -> tuple[Judged, ...]:
    """Return the verdict on each budget.

    Args:
        budgets: What is asked.
        samples: Requests of judged time.
        health: What the generator says of itself.
        missing: Requests without a sample, by area.
        noise: Relative difference of equal runs, by name of the budget.
        lacking: Why less load than planned was sent, "" where it was not: then nothing passes, and
            what fails under less fails all the more.
    """
    alpha = ALPHA / max(1, len(budgets))
    judged = []
    for budget in budgets:
        record = record_of(budget, samples, missing or {})
        noise_ratio = (noise or {}).get(budget.name, 0.0)
        judged.append(_judge_one(budget, record, health, alpha, noise_ratio, lacking))
    return tuple(judged)


def _judge_one(
    budget: Budget, record: Record, health: Health, alpha: float, noise_ratio: float, lacking: str
) -> Judged:
    if not record.count:
        reason = "no such request was made"
        return Judged(budget=budget, call=Call.NOT_EXERCISED, reason=reason)
    measured = _measure(budget, record, alpha)
    call, reason = _call(budget, record, alpha, noise_ratio)
    if not health.is_fit:
        call, reason = Call.CANNOT_TELL, UNFIT
    elif lacking and call is Call.PASS:
        call, reason = Call.CANNOT_TELL, lacking
    return Judged(
        budget=budget,
        call=call,
        value=_finite(measured.value),
        low=_finite(measured.low),
        high=_finite(measured.high),
        count=record.count,
        failed=record.failed,
        missing=record.missing,
        noise_ratio=noise_ratio,
        alpha=alpha,
        reason=reason,
    )


def _measure(budget: Budget, record: Record, alpha: float) -> Interval:
    if budget.key == ERRORS:
        return record.failed_share(alpha=alpha)
    return record.percentile(1 - budget.allowed_ratio, alpha=alpha)


def _call(budget: Budget, record: Record, alpha: float, noise_ratio: float) -> tuple[Call, str]:
    if budget.key == ERRORS:
        share = record.failed_share(alpha=alpha)
        strict = lenient = share
    else:
        strict = record.slower_share(budget.limit / (1 + noise_ratio), alpha=alpha)
        lenient = record.slower_share(budget.limit * (1 + noise_ratio), alpha=alpha)
    allowed = budget.allowed_ratio
    if record.count < FEWEST:
        return Call.CANNOT_TELL, f"only {record.count} requests; {FEWEST} are the fewest"
    if strict.high <= allowed:
        return Call.PASS, ""
    if lenient.seen_low > allowed:
        return Call.FAIL, ""
    if record.failed == 0 and budget.key == ERRORS:
        return Call.CANNOT_TELL, (
            f"none of {record.count} requests went wrong, and yet up to "
            f"{strict.high * 100:.1f} % may; a longer run or a higher rate tells"
        )
    return Call.CANNOT_TELL, "the limit lies within the noise; a longer run narrows it"


def noise_between(
    budgets: Sequence[Budget], first: Sequence[Sample], second: Sequence[Sample]
) -> dict[str, float]:
    """Return how far each percentile differs in two equal runs, by name of the budget."""
    noise = {}
    for budget in budgets:
        if budget.key == ERRORS:
            continue
        ratio = 1 - budget.allowed_ratio
        pair = [record_of(budget, half, {}).percentile_ms(ratio) for half in (first, second)]
        if all(0 < value < math.inf for value in pair):
            noise[budget.name] = max(pair) / min(pair) - 1
    return noise


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
