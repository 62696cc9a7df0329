"""What an oracle is, what it returns, and how it is run safely.

Adding an oracle is adding a file with one function decorated by `@oracle`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec

from tts_chaos.core.history import History, Json
from tts_chaos.core.registry import Registry, nearest
from tts_chaos.core.verdict import Verdict
from tts_chaos.errors import UsageError

__all__ = [
    "ORACLES",
    "Finding",
    "Judge",
    "JudgeSettings",
    "Oracle",
    "OracleReport",
    "Rule",
    "judge_safely",
    "oracle",
    "report",
]

Kind: TypeAlias = Literal["safety", "liveness"]


class JudgeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the scenario asks of the judges.

    Attributes:
        rto_ms: Recovery time objective, from heal to whole.
        alert_cause: The cause an alert must name, one of `faults.fault.CAUSES`, or None for none.
        alert_within_ms: Detection time: from the first firing of a fault to the alert.
        retry_limit: Most attempts of one logical call.
        options: Settings of single oracles, by oracle name.
    """

    rto_ms: int = 1_800_000
    alert_cause: str | None = None
    alert_within_ms: int = 900_000
    retry_limit: int = 12
    options: dict[str, Json] = {}

    def chosen(self, oracle: str, defaults: Mapping[str, int]) -> dict[str, int]:
        """Return `defaults` with what the scenario set for `oracle` put over them.

        Raises:
            UsageError: If the scenario names a setting the oracle does not have, or gives
                something else than a whole number.
        """
        given = self.options.get(oracle) or {}
        for key, value in given.items():
            if key not in defaults:
                close = nearest(key, defaults)
                hint = f"did you mean {close!r}?" if close else f"known: {sorted(defaults)}"
                raise UsageError(f"oracle {oracle!r} has no setting {key!r}; {hint}")
            if not isinstance(value, int) or isinstance(value, bool):
                raise UsageError(
                    f"setting {key!r} of oracle {oracle!r} is {value!r}; expected a whole number"
                )
        return {**defaults, **given}


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of an oracle, as its table of rules states it.

    Attributes:
        expected: What should have been, short.
        defect: The likely defect in the integration when it is broken, in plain words.
    """

    expected: str
    defect: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a rule was broken.

    Attributes:
        rule: Name of the broken rule, in snake case; stable, tests and gates key on it.
        message: What happened, one sentence, subject first.
        expected: What should have been, short.
        actual: What was, short.
        defect: The likely defect in the integration, in plain words.
        count: How often it happened.
        first: Index of the first record that shows it, -1 for none.
        worst: Index of the worst record that shows it, -1 for none.
    """

    rule: str
    message: str
    expected: str = ""
    actual: str = ""
    defect: str = ""
    count: int = 1
    first: int = -1
    worst: int = -1


class OracleReport(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with its reasons.

    Attributes:
        oracle: Name of the oracle.
        verdict: VALID, INVALID, or UNKNOWN where nothing was seen or nothing can be said.
        saw: How many things were judged; 0 makes the verdict UNKNOWN.
        counts: Baskets by name (`acknowledged`, `lost`, `unexpected`, `recovered`, ...).
        findings: Ways in which the rule was broken, gravest first.
        reason: Why the verdict is UNKNOWN, or why a liveness rule does not yet hold.
        assumed: Facts about the API the verdict rests on that no source confirms.
    """

    oracle: str
    verdict: Verdict
    saw: int = 0
    counts: dict[str, int] = {}
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    assumed: tuple[str, ...] = ()


Judge: TypeAlias = Callable[[History, JudgeSettings], OracleReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """A named judge.

    Attributes:
        name: Snake case, a statement ("orders_complete").
        kind: `safety` must hold at every moment; `liveness` must hold once recovered.
        summary: One sentence for tables.
        observes: Observations of the integration it needs (`orders`, `stock`, ...).
        judge: The pure function.
        rules: Every rule it can find broken, gravest first, by name.
        options: Whole-number settings a scenario may change, with their defaults.
    """

    name: str
    kind: Kind
    summary: str
    observes: tuple[str, ...]
    judge: Judge
    rules: Mapping[str, Rule] = field(default_factory=dict)
    options: Mapping[str, int] = field(default_factory=dict)


ORACLES: Registry[Oracle] = Registry("oracle")


def oracle(
    *,
    name: str,
    kind: Kind,
    summary: str,
    observes: tuple[str, ...] = (),
    rules: Mapping[str, Rule] | None = None,
    options: Mapping[str, int] | None = None,
) -> Callable[[Judge], Judge]:
    """Register the decorated function as the judge of a new oracle."""

    def register(judge: Judge) -> Judge:
        ORACLES.add(
            name,
            Oracle(
                name=name,
                kind=kind,
                summary=summary,
                observes=observes,
                judge=judge,
                rules=rules or {},
                options=options or {},
            ),
        )
        return judge

    return register


def report(
    name: str,
    *,
    saw: int,
    findings: Iterable[Finding] = (),
    counts: dict[str, int] | None = None,
    reason: str = "",
    assumed: tuple[str, ...] = (),
) -> OracleReport:
    """Build a report with the verdict that follows: findings, else nothing seen, else valid."""
    found = tuple(findings)
    if found:
        verdict = Verdict.INVALID
    elif saw == 0:
        verdict = Verdict.UNKNOWN
    else:
        verdict = Verdict.VALID
    return OracleReport(
        oracle=name,
        verdict=verdict,
        saw=saw,
        counts=counts or {},
        findings=found,
        reason=reason
        or (found[0].message if found else "" if saw else "nothing to judge was seen"),
        assumed=assumed,
    )


def judge_safely(oracle: Oracle, history: History, settings: JudgeSettings) -> OracleReport:
    """Run a judge; one that crashes yields UNKNOWN with the error, never green."""
    try:
        return oracle.judge(history, settings)
    except Exception as error:  # noqa: BLE001 - a crash is a verdict, not an end
        return OracleReport(
            oracle=oracle.name,
            verdict=Verdict.UNKNOWN,
            reason=f"the oracle itself failed: {type(error).__name__}: {error}",
        )
