"""Every action of the integration ends by itself, with success or with an error."""

from __future__ import annotations

from tts_chaos.core.history import PROGRAM_ENDED, PROGRAM_KILLED, Completed, History, OpKind
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "actions_end"
RULES = {
    "process_ended": Rule(
        expected="an error is raised to the caller, and the process lives on",
        defect="the code ends its process where it should raise: one refused call stops them all",
    ),
    "action_never_ends": Rule(
        expected="every action ends by itself, with success or with an error",
        defect="a request without a connect or read time-out, a lock that is never released, or a "
        "retry loop without an end",
    ),
}


@oracle(
    name=NAME,
    kind="safety",
    summary="Every action of the integration ends by itself, with success or an error.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Look for actions that the harness had to end.

    What comes after such an action happened only because the harness interrupted it; nobody does
    that in production, where the schedule behind it stands still.
    """
    findings = Findings(RULES)
    completed = history.of(Completed)
    for record in completed:
        # What the scenario itself killed could not go on.
        if record.kind is not OpKind.INFO or record.error.startswith(PROGRAM_KILLED):
            continue
        if record.error.startswith(PROGRAM_ENDED):
            rule, actual = "process_ended", "the process ended"
            detail = f"did not come back: {record.error}"
        elif "SystemExit" in record.error:
            rule, actual = "process_ended", "the process was told to end"
            detail = f"had to be ended by the harness: {record.error}"
        else:
            rule, actual = "action_never_ends", "it went on"
            detail = f"had to be ended by the harness: {record.error}"
        findings.add(rule, f"{record.action}() {detail}", actual=actual, index=record.index)
    return report(
        NAME,
        saw=len(completed),
        findings=findings.all(),
        counts={"actions": len(completed)},
        reason="" if completed else "no action of the integration was seen",
    )
