"""A finished run as plain JSON: what reports are made of, and what travels between processes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from tts_chaos.core.history import History, Invoked, Observed
from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.result import RunResult
from tts_chaos.reporting.durations import say_duration
from tts_chaos.reporting.story import reproduce_command, tell
from tts_chaos.scenarios.model import Scenario
from tts_chaos.twin.handled import Basis

__all__ = ["EXIT_STATUS", "gravest_exit_status", "one_line", "summarise", "to_document", "to_json"]

EXIT_STATUS: dict[str, int] = {
    "harness_error": 15,
    "safety_violated": 10,
    "not_recovered": 11,
    "aborted": 12,
    "inconclusive": 13,
    "not_exercised": 14,
}
"""Exit status by outcome, gravest first. 1 to 5 are pytest's own, so these start at 10."""


def summarise(result: RunResult, scenario: Scenario | None = None) -> dict[str, Any]:
    """Return everything about a run but its history, as JSON values in a fixed order of keys.

    Args:
        result: The run.
        scenario: What was played; with it the summary says why, and under which tags.
    """
    return {
        "scenario": result.scenario,
        "title": result.title,
        "world": result.world,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "seed": result.seed,
        "recovery_ms": result.recovery_ms,
        "rto_ms": result.rto_ms,
        "covered_ms": result.covered_ms,
        "calls": result.calls,
        "findings": [msgspec.to_builtins(finding) for finding in result.findings],
        "oracles": [
            {
                "oracle": report.oracle,
                "verdict": report.verdict.value,
                "saw": report.saw,
                "counts": dict(sorted(report.counts.items())),
                "reason": report.reason,
                "assumed": list(report.assumed),
            }
            for report in result.reports
        ],
        "faults": [msgspec.to_builtins(receipt) for receipt in result.receipts],
        "missing": list(result.missing),
        "answered_from_contract": _from_contract(result),
        "refused_destinations": list(result.refused_destinations),
        "proxy": result.proxy,
        "contract_digest": result.contract_digest,
        "history_sha256": result.history.digest(),
        "history_records": len(result.history),
        "exercised": _exercised(result.history),
        "reproduce": reproduce_command(result),
        "story": "" if result.outcome is Outcome.PASSED else tell(result),
        **_about(scenario),
    }


def _about(scenario: Scenario | None) -> dict[str, Any]:
    if scenario is None:
        return {}
    return {
        "description": scenario.description,
        "why": scenario.why,
        "tags": list(scenario.tags),
    }


def _exercised(history: History) -> list[str]:
    """Return the capabilities that were really used: actions begun, observations answered."""
    acted = {record.action for record in history.of(Invoked)}
    return sorted(acted | {record.name for record in history.of(Observed) if not record.error})


def _from_contract(result: RunResult) -> list[str]:
    """Return the operations whose answers were invented, as the verdict rests on them."""
    exchanges = result.history.exchanges()
    return sorted({x.operation for x in exchanges if x.basis == Basis.CONTRACT})


def one_line(summary: dict[str, Any]) -> str:
    """Return outcome, recovery time against objective, and the worst finding, in one line."""
    head = f"{summary['outcome']:<16} {summary['scenario']} [{summary['world']}]"
    if summary["outcome"] == "passed":
        recovery = say_duration(summary["recovery_ms"])
        return f"{head}  recovered in {recovery} of {say_duration(summary['rto_ms'])}"
    # Before anything was broken, the reason says more than a rule: it names what went wrong first.
    findings = [] if summary["outcome"] == "aborted" else summary["findings"]
    worst = next(iter(findings), None)
    said = f"{worst['rule']}: {worst['message']}" if worst else summary["reason"]
    return f"{head}  {' '.join(said.split())}"


def gravest_exit_status(outcomes: list[str]) -> int:
    """Return the exit status for a set of outcomes; 0 where all passed."""
    return next((status for name, status in EXIT_STATUS.items() if name in outcomes), 0)


def to_document(
    summaries: Sequence[dict[str, Any]],
    *,
    seed: str,
    version: str = "",
    integrations: Sequence[str] = (),
    planned: int | None = None,
    left_out: Sequence[str] = (),
    file: str = "",
    search: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the JSON report as a value: counts by outcome, then every run in order.

    Args:
        summaries: One per run that was played.
        seed: Of all of them.
        version: Of this package.
        integrations: What was tested, in words.
        planned: Runs that were to be played; None where it was as many.
        file: Where the integration is defined, for marks beside code; "" where it is not known.
        left_out: Scenarios not played because of capabilities that are knowingly lacking.
        search: What a search has to tell; None where nobody searched.
    """
    outcomes = [summary["outcome"] for summary in summaries]
    return {
        "format": "tts-chaos-report/1",
        "seed": seed,
        "version": version,
        "integrations": list(integrations),
        "file": file,
        "contract_digest": next(
            (s["contract_digest"] for s in summaries if "contract_digest" in s), ""
        ),
        "planned": len(summaries) if planned is None else planned,
        "left_out": list(left_out),
        "counts": {name: outcomes.count(name) for name in sorted(set(outcomes))},
        "runs": list(summaries),
        **({} if search is None else {"search": search}),
    }


def to_json(document: dict[str, Any]) -> str:
    """Return the text form of the JSON report."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
