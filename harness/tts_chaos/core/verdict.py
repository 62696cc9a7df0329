"""Three-valued judgement, and how several judgements become one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["Outcome", "Phase", "Verdict", "merge_verdicts"]


class Verdict(StrEnum):
    """What an oracle concluded."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


_GRAVITY = (Verdict.INVALID, Verdict.UNKNOWN, Verdict.VALID)


def merge_verdicts(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of `verdicts`; nothing judged at all is `UNKNOWN`."""
    return min(verdicts, key=_GRAVITY.index, default=Verdict.UNKNOWN)


class Phase(StrEnum):
    """The five phases of a run, in order."""

    BASELINE = "baseline"
    TURBULENCE = "turbulence"
    HEAL = "heal"
    RECOVERY = "recovery"
    JUDGE = "judge"


class Outcome(StrEnum):
    """How a scenario ended. Only `PASSED` counts as passed."""

    PASSED = "passed"
    SAFETY_VIOLATED = "safety_violated"
    NOT_RECOVERED = "not_recovered"
    ABORTED = "aborted"
    INCONCLUSIVE = "inconclusive"
    NOT_EXERCISED = "not_exercised"
    HARNESS_ERROR = "harness_error"
