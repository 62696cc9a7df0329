"""While the platform fails, the integration goes on answering from what it has, and says so."""

from __future__ import annotations

from tts_chaos.core.history import (
    Exchange,
    FaultEvent,
    FaultMoment,
    History,
    Observed,
    Record,
)
from tts_chaos.oracles.findings import Findings, spell_ms
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "degraded_reads"
RULES = {
    "read_failed": Rule(
        expected="an answer from the last known state",
        defect="reads go through to the platform, or an error in the background ends the process",
    ),
    "health_says_ok": Rule(
        expected="health() says degraded or down in a long outage",
        defect="health() only tells that the process lives; it does not look at the last success",
    ),
}
OPTIONS = {"outage_ms": 600_000, "failures": 3}
LOCAL_READS = ("orders", "stock", "shipments", "health")


@oracle(
    name=NAME,
    kind="safety",
    summary="Reads are answered during an outage, and health() tells of it.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Walk through the history and judge each observation made while a fault was at work."""
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    outage = _Outage()
    saw = 0
    for record in history:
        outage.pass_by(record)
        if not isinstance(record, Observed) or not outage.firing or record.name not in LOCAL_READS:
            continue
        saw += 1
        if record.error:
            findings.add(
                "read_failed",
                f"{record.name}() failed while {', '.join(sorted(outage.firing))} was at work: "
                f"{record.error}",
                actual=record.error,
                index=record.index,
            )
        elif record.name == "health" and _says_ok(record):
            lasted_ms = record.at_ms - outage.since_ms
            if outage.failures >= options["failures"] and lasted_ms >= options["outage_ms"]:
                findings.add(
                    "health_says_ok",
                    f"health() says ok although {outage.failures} calls in a row failed for "
                    f"{spell_ms(lasted_ms)}",
                    actual="ok",
                    index=record.index,
                    weight=lasted_ms,
                )
    return report(
        NAME,
        saw=saw,
        findings=findings.all(),
        counts={"reads_under_fault": saw},
        reason="" if saw else "nothing was read while a fault was at work",
    )


class _Outage:
    """Which faults are at work, and for how long nothing has succeeded."""

    def __init__(self) -> None:
        self.firing: set[str] = set()
        self.failures = 0
        self.since_ms = 0

    def pass_by(self, record: Record) -> None:
        """Take one record in."""
        if isinstance(record, FaultEvent):
            if record.moment is FaultMoment.FIRED:
                self.firing.add(record.fault)
            elif record.moment is FaultMoment.LIFTED:
                self.firing.discard(record.fault)
        elif isinstance(record, Exchange):
            if record.succeeded:
                self.failures = 0
            else:
                self.since_ms = record.at_ms if self.failures == 0 else self.since_ms
                self.failures += 1


def _says_ok(record: Observed) -> bool:
    value = record.value
    status = value.get("status") if isinstance(value, dict) else value
    return status == "ok"
