"""What a finished run leaves behind: outcome, reasons, receipts and the history."""

from __future__ import annotations

import msgspec

from tts_chaos.core.history import History
from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.causes import in_order
from tts_chaos.faults.plane import Receipt
from tts_chaos.oracles.oracle import Finding, OracleReport

__all__ = ["RunResult"]


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """The end of one scenario in one world.

    Attributes:
        scenario: Scenario id.
        title: Its title.
        path: Its file.
        world: `simulated` or `wire`.
        seed: The seed that decides everything random.
        outcome: How it ended.
        reason: Why, one sentence; "" for a plain pass.
        recovery_ms: Time from heal to whole; None where that was never reached or not measured.
        rto_ms: The recovery time objective it is held against.
        covered_ms: World time the run covered.
        calls: Requests the integration sent.
        reports: One per oracle that judged, expected ones first.
        receipts: One per fault.
        missing: Capabilities the scenario asks for and the integration lacks.
        refused_destinations: Hosts outside the harness that the integration tried to reach.
        proxy: Fault proxy engine that ran, "" for none.
        contract_digest: Digest of the contracts the twin spoke.
        history: All records.
    """

    scenario: str
    title: str
    path: str
    world: str
    seed: str
    outcome: Outcome
    reason: str
    recovery_ms: int | None
    rto_ms: int
    covered_ms: int
    calls: int
    reports: tuple[OracleReport, ...]
    receipts: tuple[Receipt, ...]
    missing: tuple[str, ...]
    refused_destinations: tuple[str, ...]
    proxy: str
    contract_digest: str
    history: History

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings of all oracles, the gravest first, and causes before what came of them."""
        return in_order(self.reports)

    @property
    def worst_finding(self) -> Finding | None:
        """The finding that a report shows first."""
        return next(iter(self.findings), None)
