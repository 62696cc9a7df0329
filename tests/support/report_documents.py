"""Reports written by hand, as large as wanted, for tests of what is made of them."""

from __future__ import annotations

from typing import Any

from tests.support.histories import Story, order, told

from tts_chaos.core.history import History
from tts_chaos.core.verdict import Phase
from tts_chaos.oracles.oracle import Finding
from tts_chaos.reporting.story import history_name
from tts_chaos.reporting.summary import EXIT_STATUS, to_document
from tts_chaos.reporting.timeline import Timeline, timeline_of

__all__ = ["HOSTILE", "lossy_history", "many_rows", "report_of", "run_row", "timelines_of"]

HOSTILE = "</script><img src=x onerror=\"document.title='taken'\"><b>&amp;"
"""What an integration might tell; on a page it has to stay text."""

_OUTCOMES = ("passed", *EXIT_STATUS)
_AREAS = ("auth", "network", "orders", "webhooks", "overload")


def run_row(scenario: str, outcome: str = "passed", **changes: Any) -> dict[str, Any]:
    """Return the summary of one run, as `summarise` makes it."""
    finding = Finding(
        rule="order_lost",
        message="1 of 2 orders is not known: 2",
        expected="every order is known",
        actual="1 of 2 known",
        defect="the second page is never fetched",
    )
    failed = outcome != "passed"
    row: dict[str, Any] = {
        "scenario": scenario,
        "title": f"Title of {scenario}",
        "world": "simulated",
        "outcome": outcome,
        "reason": finding.message if failed else "",
        "seed": "7",
        "recovery_ms": None if failed else 60_000,
        "rto_ms": 1_800_000,
        "covered_ms": 120_000,
        "calls": 12,
        "findings": [
            {
                "rule": finding.rule,
                "message": finding.message,
                "expected": finding.expected,
                "actual": finding.actual,
                "defect": finding.defect,
                "count": 1,
                "first": 3,
                "worst": 3,
            }
        ]
        if failed
        else [],
        "oracles": [
            {
                "oracle": "orders_complete",
                "verdict": "invalid" if failed else "valid",
                "saw": 2,
                "counts": {"lost": int(failed)},
                "reason": finding.message if failed else "",
                "assumed": [],
            }
        ],
        "faults": [
            {
                "fault": "platform_down",
                "name": "platform_down",
                "armed_ms": 1_793_091_600_000,
                "matched": 1,
                "fired": 1,
                "calls": [1],
                "lifted": True,
                "lifted_ms": 1_793_091_660_000,
                "lifted_by": "heal",
            }
        ],
        "missing": [],
        "answered_from_contract": [],
        "refused_destinations": [],
        "proxy": "",
        "contract_digest": "c0ffee" * 10,
        "history_sha256": "0" * 64,
        "history_records": 9,
        "exercised": ["orders", "sync_orders"],
        "reproduce": f"pytest --tts-chaos --tts-scenario {scenario}",
        "story": f"The story of {scenario}" if failed else "",
        "description": "What happens.",
        "why": "It happened.",
        "tags": [scenario.split("/")[0]],
    }
    return {**row, **changes}


def report_of(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a whole report."""
    values: dict[str, Any] = {"seed": "7", "version": "0.0.0", "integrations": ["conftest.py"]}
    return to_document(rows, **{**values, **changes})


def many_rows(count: int) -> list[dict[str, Any]]:
    """Return that many runs: every outcome in every area."""
    return [
        run_row(f"{_AREAS[n % len(_AREAS)]}/number-{n}", _OUTCOMES[n % len(_OUTCOMES)])
        for n in range(count)
    ]


def lossy_history(text: str = "the webhook was lost") -> History:
    """Return a history with something on every lane of a timeline; one order of two is lost."""
    return (
        Story()
        .phase(Phase.BASELINE)
        .invoke("sync_orders")
        .call("search")
        .ok()
        .phase(Phase.TURBULENCE)
        .fault("platform_down", "armed")
        .invoke("sync_orders")
        .fault("platform_down", "fired")
        .call("search", status=503, code=36009003)
        .fail(text)
        .fault("platform_down", "lifted")
        .phase(Phase.HEAL)
        .phase(Phase.RECOVERY)
        .wait(60_000)
        .observe("alerts", [{"cause": "outage", "message": text}])
        .observe("orders", [told(order("1"))])
        .truth(orders=[order("1"), order("2")])
        .waiting("")
        .phase(Phase.JUDGE)
        .history()
    )


def timelines_of(rows: list[dict[str, Any]], history: History) -> dict[str, Timeline]:
    """Return the same timeline for each run."""
    timeline = timeline_of(history, rto_ms=1_800_000)
    return {history_name(row["scenario"], row["world"]): timeline for row in rows}
