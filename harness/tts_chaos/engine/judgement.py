"""From reports to an outcome: what must hold, what always holds, and which failure weighs most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tts_chaos.core.verdict import Outcome, Verdict
from tts_chaos.engine.gateway import Gateway
from tts_chaos.oracles.catalogue import GUARDS, NOT_AWAITED, ORACLES
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, judge_safely
from tts_chaos.scenarios.model import Scenario

__all__ = ["Ending", "Judgement"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How the phases ended: None leaves the outcome to the judges."""

    outcome: Outcome | None
    reason: str = ""


class Judgement:
    """Knows which oracles a scenario expects, and weighs what they say."""

    def __init__(self, scenario: Scenario, gateway: Gateway, world: str) -> None:
        self._scenario = scenario
        self._gateway = gateway
        recovery, alert = scenario.recovery, scenario.expect.alert
        self.settings = JudgeSettings(
            rto_ms=recovery.wire_rto_ms if world == "wire" else recovery.rto_ms,
            alert_cause=alert.cause if alert else None,
            alert_within_ms=alert.within_ms if alert else 0,
            options=dict(scenario.expect.options),
        )
        self.expected = _with_alert(scenario.expect.oracles, alert is not None)

    def awaited(self) -> tuple[str, ...]:
        """Return the liveness oracles that recovery waits for."""
        return tuple(
            name
            for name in self.expected
            if ORACLES[name].kind == "liveness" and name not in NOT_AWAITED
        )

    def pending_reason(self) -> str:
        """Return why the integration is not yet whole; "" once it is."""
        for report in self._judge(self.awaited()):
            if report.verdict is not Verdict.VALID:
                return report.reason or f"{report.oracle} is {report.verdict}"
        return ""

    def broken_hypothesis(self) -> str:
        """Return why the steady-state hypothesis does not hold; "" where it does."""
        probes = tuple(probe.oracle for probe in self._scenario.steady_state) or self._default()
        for report in self._judge(probes):
            if report.verdict is not Verdict.VALID:
                return f"{report.oracle}: {report.reason}"
        return ""

    def _default(self) -> tuple[str, ...]:
        """Without probes of its own, a scenario presumes what it expects of orders."""
        return tuple(name for name in self.awaited() if name.startswith("orders_"))

    def _judge(self, names: Sequence[str]) -> list[OracleReport]:
        history = self._gateway.history()
        return [judge_safely(ORACLES[name], history, self.settings) for name in names]

    def conclude(
        self, ending: Ending, missing: tuple[str, ...]
    ) -> tuple[Outcome, str, tuple[OracleReport, ...]]:
        """Return outcome, reason and all reports.

        A phase that already decided keeps its word, except that a broken safety rule outweighs
        everything but a defect of the harness and a baseline that never held.
        """
        if ending.outcome is Outcome.HARNESS_ERROR or missing:
            return ending.outcome or Outcome.NOT_EXERCISED, ending.reason, ()
        names = (*self.expected, *(name for name in GUARDS if name not in self.expected))
        reports = tuple(self._judge(names))
        if ending.outcome is Outcome.ABORTED:
            return Outcome.ABORTED, ending.reason, reports
        outcome, reason = self._weigh(ending, reports)
        return outcome, reason, reports

    def _weigh(self, ending: Ending, reports: tuple[OracleReport, ...]) -> tuple[Outcome, str]:
        invalid = [r for r in reports if r.verdict is Verdict.INVALID]
        unsafe = [r for r in invalid if ORACLES[r.oracle].kind == "safety"]
        if unsafe:
            return Outcome.SAFETY_VIOLATED, unsafe[0].reason
        if ending.outcome is not None:
            return ending.outcome, ending.reason
        if invalid:
            return Outcome.NOT_RECOVERED, invalid[0].reason
        silent = [r.fault for r in self._gateway.receipts() if r.fired == 0]
        if silent:
            return (
                Outcome.NOT_EXERCISED,
                f"armed and never fired: {', '.join(silent)}; the run says nothing about them",
            )
        unknown = [r for r in reports if r.oracle in self.expected and r.verdict is Verdict.UNKNOWN]
        if unknown:
            return Outcome.INCONCLUSIVE, f"{unknown[0].oracle}: {unknown[0].reason}"
        return Outcome.PASSED, ""


def _with_alert(names: tuple[str, ...], wants_alert: bool) -> tuple[str, ...]:
    extra = ["recovered_in_time"]
    if wants_alert:
        extra.append("alert_raised")
    return (*names, *(name for name in extra if name not in names))
