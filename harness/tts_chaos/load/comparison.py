"""Two runs side by side: faster, slower or cannot tell, per budget.

Each percentile comes with its interval; the difference of two is believed where it is larger than
both intervals together explain and than equal runs differ anyway.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from statistics import NormalDist

import msgspec

from tts_chaos.load.budgets import ERRORS, Budget
from tts_chaos.load.health import Health
from tts_chaos.load.results import Result
from tts_chaos.load.verdicts import ALPHA, Judged

__all__ = ["Change", "Compared", "compare", "compare_budgets", "comparison_lines"]


class Change(StrEnum):
    """What became of a latency."""

    FASTER = "faster"
    SLOWER = "slower"
    CANNOT_TELL = "cannot_tell"


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One budget in two runs.

    Attributes:
        budget: Which.
        change: What is said.
        ratio: New over old; None where one of them has no value.
        least_ratio: The smallest relative difference that would have been believed.
        reason: Why nothing is said; "" else.
    """

    budget: Budget
    change: Change
    ratio: float | None = None
    least_ratio: float | None = None
    reason: str = ""


def compare(old: Result, new: Result) -> tuple[Compared, ...]:
    """Return the changes from one run to another, for the budgets that both have."""
    return compare_budgets(old.budgets, new.budgets, old_health=old.health, new_health=new.health)


def compare_budgets(
    old: Sequence[Judged],
    new: Sequence[Judged],
    *,
    old_health: Health,
    new_health: Health,
    noise: Mapping[str, float] | None = None,
) -> tuple[Compared, ...]:
    """Return the changes.

    Args:
        old: Budgets of the earlier run.
        new: Those of the later one.
        old_health: What the earlier generator said of itself.
        new_health: What the later one says.
        noise: Relative differences of equal runs, by budget; what runs show themselves counts too.
    """
    before = {row.budget.name: row for row in old}
    pairs = [(before[r.budget.name], r) for r in new
             if r.budget.name in before and r.budget.key != ERRORS]  # fmt: skip
    problem = next((h.problems[0] for h in (old_health, new_health) if h.problems), "")
    alpha = ALPHA / max(1, len(pairs))
    told = []
    for one, other in pairs:
        floor = max(one.noise_ratio, other.noise_ratio, (noise or {}).get(other.budget.name, 0.0))
        told.append(_compare_one(one, other, alpha, floor, problem))
    return tuple(told)


def _compare_one(old: Judged, new: Judged, alpha: float, floor: float, problem: str) -> Compared:
    budget = new.budget
    unsure = _spread(old), _spread(new)
    if not old.value or not new.value or None in unsure:
        return Compared(
            budget=budget,
            change=Change.CANNOT_TELL,
            reason="too little was measured in one of them",
        )
    ratio = new.value / old.value
    z = NormalDist().inv_cdf(1 - alpha / 2)
    spread = math.hypot(*(each for each in unsure if each is not None))
    least = math.exp(z * spread + math.log1p(floor)) - 1
    change, reason = Change.CANNOT_TELL, ""
    if problem:
        reason = problem
    elif abs(math.log(ratio)) <= math.log1p(least):
        reason = f"a difference below {least * 100:.1f} % would not show"
    else:
        change = Change.SLOWER if ratio > 1 else Change.FASTER
    return Compared(budget=budget, change=change, ratio=ratio, least_ratio=least, reason=reason)


def _spread(row: Judged) -> float | None:
    """Return the standard error of the logarithm of a percentile, from its interval."""
    if not row.value or not row.low or row.high is None:
        return None
    z = NormalDist().inv_cdf(1 - row.alpha / 2)
    return math.log(row.high / row.low) / (2 * z)


def comparison_lines(compared: Sequence[Compared]) -> list[str]:
    """Return the lines for a terminal."""
    if not compared:
        return []
    lines = ["", "  Beside the earlier run:"]
    for row in compared:
        ratio = "-" if row.ratio is None else f"{(row.ratio - 1) * 100:+.1f} %"
        told = row.change.value.replace("_", " ") + (f" ({row.reason})" if row.reason else "")
        lines.append(f"  {row.budget.name:<22} {ratio:>9}  {told}")
    return lines
