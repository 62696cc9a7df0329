"""Retries leave the platform room: growing gaps, or at least a pause.

A first retry at once is common (a stale connection) and does no harm; jitter may make single gaps
very short. So what counts is the mean of the gaps from the second on. They are measured from one
request to the next: a client that waits for a time-out each time makes no storm.
"""

from __future__ import annotations

from collections.abc import Sequence

from tts_chaos.core.history import History
from tts_chaos.oracles.calls import logical_calls
from tts_chaos.oracles.codes import describe
from tts_chaos.oracles.findings import Findings, spell_ms
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "retries_spaced"
RULES = {
    "retry_storm": Rule(
        expected="growing gaps, or a pause before each retry",
        defect="retries are sent at once while the platform is failing; there is no back-off",
    ),
    "retry_without_pause": Rule(
        expected="a pause before the second retry",
        defect="two retries follow at once; there is no back-off",
    ),
}
OPTIONS = {"mean_gap_ms": 50, "shortest_gap_ms": 2}


@oracle(
    name=NAME,
    kind="safety",
    summary="Retries of one logical call are spaced: no storm while the platform is failing.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Measure the gaps between the attempts of each logical call."""
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    retried = [call for call in logical_calls(history) if call.retries]
    for call in retried:
        gaps_ms = call.gaps_ms[call.parallel :]
        if not gaps_ms:
            continue
        rule = _broken_rule(gaps_ms, options)
        if rule:
            last = call.attempts[-1]
            mean_ms = sum(gaps_ms) / len(gaps_ms)
            findings.add(
                rule,
                f"{last.method} {last.path} was tried {call.rounds} times with {spell_ms(mean_ms)} "
                f"between tries, last answered {describe(last)}",
                actual=f"a mean gap of {spell_ms(mean_ms)}",
                index=last.index,
                weight=len(call.attempts),
            )
    return report(
        NAME,
        saw=len(retried),
        findings=findings.all(),
        counts={"retried_calls": len(retried)},
        reason="" if retried else "nothing was retried",
    )


def _broken_rule(gaps_ms: Sequence[int], options: dict[str, int]) -> str:
    """Return the rule that the gaps from the second on break, or ""."""
    if len(gaps_ms) >= 2 and sum(gaps_ms) < len(gaps_ms) * options["mean_gap_ms"]:
        return "retry_storm"
    if max(gaps_ms) < options["shortest_gap_ms"]:
        return "retry_without_pause"
    return ""
