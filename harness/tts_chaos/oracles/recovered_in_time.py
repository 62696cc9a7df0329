"""The integration is whole again within the recovery time objective."""

from __future__ import annotations

from tts_chaos.core.history import History, Waiting
from tts_chaos.core.verdict import Phase
from tts_chaos.oracles.findings import Findings, spell_ms
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "recovered_in_time"
RULES = {
    "not_recovered": Rule(
        expected="whole within the recovery time objective",
        defect="what failed during the trouble is not taken up again once the platform is well",
    ),
    "recovered_late": Rule(
        expected="whole within the recovery time objective",
        defect="pauses grow without a cap, or a circuit stays open long after the platform is well",
    ),
}


@oracle(
    name=NAME,
    kind="liveness",
    summary="The integration is whole again within the recovery time objective.",
    rules=RULES,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Measure from the begin of recovery to the first moment at which nothing was awaited."""
    begin_ms = history.phase_start_ms(Phase.RECOVERY)
    waits = history.of(Waiting)
    if begin_ms is None or not waits:
        return report(NAME, saw=0, reason="recovery was never reached")
    findings = Findings(RULES)
    counts = {"rounds": len(waits), "rto_ms": settings.rto_ms}
    whole = next((wait for wait in waits if not wait.reason), None)
    if whole is None:
        last = waits[-1]
        findings.add(
            "not_recovered",
            f"not whole after {spell_ms(last.at_ms - begin_ms)}: {last.reason}",
            expected=f"whole within {spell_ms(settings.rto_ms)}",
            actual=last.reason,
            index=last.index,
        )
        return report(NAME, saw=len(waits), findings=findings.all(), counts=counts)
    recovery_ms = counts["recovery_ms"] = whole.at_ms - begin_ms
    if recovery_ms > settings.rto_ms:
        findings.add(
            "recovered_late",
            f"whole after {spell_ms(recovery_ms)}",
            expected=f"within {spell_ms(settings.rto_ms)}",
            actual=spell_ms(recovery_ms),
            index=whole.index,
        )
    return report(NAME, saw=len(waits), findings=findings.all(), counts=counts)
