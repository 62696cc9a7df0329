"""From reports to an outcome: what must hold, what always holds, and which failure weighs most."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tts_chaos.core.verdict import Outcome, Verdict
from tts_chaos.engine.capabilities import expected_oracles, hypothesis_of, unseen
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
    """Knows which oracles a scenario expects, and weighs what they say.

    Args:
        scenario: What was played.
        gateway: Where the history is.
        world: Name of the world; decides the recovery time objective.
        capabilities: What the integration offers; oracles that need more are left out.
        not_offered: What it knowingly lacks; left out without a word.
    """

    def __init__(
        self,
        scenario: Scenario,
        gateway: Gateway,
        world: str,
        *,
        capabilities: Collection[str],
        not_offered: Collection[str] = (),
    ) -> None:
        self._gateway = gateway
        recovery, alert = scenario.recovery, scenario.expect.alert
        self.settings = JudgeSettings(
            rto_ms=recovery.wire_rto_ms if world == "wire" else recovery.rto_ms,
            alert_cause=alert.cause if alert else None,
            alert_within_ms=alert.within_ms if alert else 0,
            options=dict(scenario.expect.options),
        )
        self.expected = tuple(
            name
            for name in expected_oracles(scenario)
            if all(observed in capabilities for observed in ORACLES[name].observes)
        )
        self.unseen = tuple(
            name for name in unseen(scenario, capabilities) if name not in not_offered
        )
        self._hypothesis = hypothesis_of(scenario)

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
                return report.reason if report.findings else f"{report.oracle}: {report.reason}"
        return ""

    def broken_hypothesis(self) -> str:
        """Return why the steady-state hypothesis does not hold; "" where it does."""
        for report in self._judge(self._hypothesis):
            if report.verdict is not Verdict.VALID:
                return f"{report.oracle}: {report.reason}"
        return ""

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
        reports = tuple(sorted(self._judge(names), key=_gravity))
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
        if self.unseen:
            names = ", ".join(f"{name}()" for name in self.unseen)
            return (
                Outcome.NOT_EXERCISED,
                f"all that could be judged passed, but the integration does not offer {names}",
            )
        return Outcome.PASSED, ""


def _gravity(report: OracleReport) -> int:
    """Return a rank that puts broken safety first, then what did not recover, then the rest."""
    if report.verdict is not Verdict.INVALID:
        return 2
    return 0 if ORACLES[report.oracle].kind == "safety" else 1
