"""The shape of `report.json`, published as JSON Schema and held against what is really written.

Keys may be added within one format; none that is here goes or changes its meaning.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tts_chaos.core.verdict import Outcome, Verdict
from tts_chaos.reporting.gate.decision import Decision

__all__ = ["ReportShape"]


class _Finding(msgspec.Struct, kw_only=True):
    """One way in which a rule was broken; `rule` is stable."""

    rule: str
    message: str
    expected: str
    actual: str
    defect: str
    count: int
    first: int
    worst: int


class _Oracle(msgspec.Struct, kw_only=True):
    """What one oracle concluded; `assumed` are facts of the API that no source confirms."""

    oracle: str
    verdict: Verdict
    saw: int
    counts: dict[str, int]
    reason: str
    assumed: list[str]


class _Fault(msgspec.Struct, kw_only=True):
    """What became of a fault; instants in milliseconds, Unix time."""

    fault: str
    name: str
    armed_ms: int
    matched: int
    fired: int
    calls: list[int]
    lifted: bool
    lifted_ms: int | None
    lifted_by: str


class _Run(msgspec.Struct, kw_only=True):
    """One scenario in one world. What could not be played has only the first keys."""

    scenario: str
    title: str
    world: str
    outcome: Outcome
    reason: str
    recovery_ms: int | None
    rto_ms: int | None
    findings: list[_Finding]
    seed: str | msgspec.UnsetType = msgspec.UNSET
    covered_ms: int | msgspec.UnsetType = msgspec.UNSET
    calls: int | msgspec.UnsetType = msgspec.UNSET
    oracles: list[_Oracle] | msgspec.UnsetType = msgspec.UNSET
    faults: list[_Fault] | msgspec.UnsetType = msgspec.UNSET
    missing: list[str] | msgspec.UnsetType = msgspec.UNSET
    exercised: list[str] | msgspec.UnsetType = msgspec.UNSET
    answered_from_contract: list[str] | msgspec.UnsetType = msgspec.UNSET
    refused_destinations: list[str] | msgspec.UnsetType = msgspec.UNSET
    proxy: str | msgspec.UnsetType = msgspec.UNSET
    contract_digest: str | msgspec.UnsetType = msgspec.UNSET
    history_sha256: str | msgspec.UnsetType = msgspec.UNSET
    history_records: int | msgspec.UnsetType = msgspec.UNSET
    reproduce: str | msgspec.UnsetType = msgspec.UNSET
    story: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    why: str | msgspec.UnsetType = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET


class _FoundFault(msgspec.Struct, kw_only=True):
    """A fault of a found failure; "" for an operation means any."""

    fault: str
    operation: str


class _Found(msgspec.Struct, kw_only=True):
    """A failure that a search found, shrunk; `met_...` are numbers before shrinking."""

    scenario: str
    rule: str
    rules: list[str]
    faults: list[_FoundFault]
    work: list[str]
    met_faults: int
    met_work: int
    shrink_runs: int
    replays: int
    of: int
    found_after: int
    file: str
    reproduce: str


class _Search(msgspec.Struct, kw_only=True):
    """What a search did and found; `runs` counts those of shrinking and replaying too."""

    schedules: int
    runs: int
    receipt: list[str]
    problems: list[str]
    found_before: list[str]
    failures: list[_Found]


class ReportShape(msgspec.Struct, kw_only=True):
    """All of `report.json`; runs are ordered, the gravest last."""

    format: Literal["tts-chaos-report/1"]
    seed: str
    version: str
    integrations: list[str]
    file: str
    contract_digest: str
    planned: int
    left_out: list[str]
    counts: dict[str, int]
    runs: list[_Run]
    gate: Decision | msgspec.UnsetType = msgspec.UNSET
    search: _Search | msgspec.UnsetType = msgspec.UNSET
