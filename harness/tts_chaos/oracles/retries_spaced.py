"""Retries leave the platform room: growing gaps, or at least a pause.

A first retry at once is common (a stale connection) and does no harm; jitter may make single
pauses very short. So what counts is the mean of the pauses from the second on.
"""

from __future__ import annotations

from collections.abc import Sequence

from tts_chaos.core.history import History
from tts_chaos.oracles.calls import logical_calls
from tts_chaos.oracles.codes import describe
from tts_chaos.oracles.findings import Findings
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
OPTIONS = {"mean_pause_ms": 50, "shortest_pause_ms": 2}


@oracle(
    name=NAME,
    kind="safety",
    summary="Retries of one logical call are spaced: no storm while the platform is failing.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Measure the pauses between attempts of each logical call."""
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    retried = [call for call in logical_calls(history) if call.retries]
    for call in retried:
        pauses_ms = call.pauses_ms[call.parallel :]
        if not pauses_ms:
            continue
        rule = _broken_rule(pauses_ms, options)
        if rule:
            last = call.attempts[-1]
            mean_ms = sum(pauses_ms) / len(pauses_ms)
            findings.add(
                rule,
                f"{last.method} {last.path} was tried {call.rounds} times with {mean_ms:.0f} ms "
                f"between tries, last answered {describe(last)}",
                actual=f"a mean pause of {mean_ms:.0f} ms",
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


def _broken_rule(pauses_ms: Sequence[int], options: dict[str, int]) -> str:
    """Return the rule that the pauses from the second on break, or ""."""
    if len(pauses_ms) >= 2 and sum(pauses_ms) < len(pauses_ms) * options["mean_pause_ms"]:
        return "retry_storm"
    if max(pauses_ms) < options["shortest_pause_ms"]:
        return "retry_without_pause"
    return ""
