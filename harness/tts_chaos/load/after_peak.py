"""What became of the work: orders lost or doubled, units oversold, retries, budgets held again.

Pure: everything is read from the history and the samples. The judges are those of the scenarios.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tts_chaos.core.history import Committed, Dropped, Exchange, History, Observed, WebhookSent
from tts_chaos.core.verdict import Verdict
from tts_chaos.load.budgets import ERRORS, Budget
from tts_chaos.load.results import AfterPeak, FaultBand, JudgedOracle
from tts_chaos.load.samples import Sample, area_of
from tts_chaos.oracles.calls import logical_calls
from tts_chaos.oracles.catalogue import judge_all
from tts_chaos.oracles.oracle import ORACLES, JudgeSettings, OracleReport

__all__ = ["AWAITED", "JUDGES", "back_in_budget", "look_back"]

JUDGES = (
    "orders_complete", "orders_unique", "orders_exact", "no_oversell", "no_double_shipment",
    "shipments_true", "webhooks_once", "token_refreshed_once", "permanent_errors_not_retried",
    "unsafe_writes_not_retried", "status_never_backwards",
)  # fmt: skip
"""Those whose rules mean the same when many things happen at once. Left out are rules about single
actions, of which a load has none, and stock that converges, which is awaited."""

AWAITED = ("orders_complete", "stock_converges")
"""What must hold before the backlog counts as drained."""

_WINDOW_S = 5


def look_back(
    history: History,
    *,
    drain_s: float | None,
    drain_limit_s: float,
    waiting: str,
    backlog: Sequence[tuple[float, int]],
    back: Mapping[str, float | None],
) -> AfterPeak:
    """Judge the history of a load, its last observations and ledger included.

    Args:
        history: Everything that was recorded.
        drain_s: How long the backlog took.
        drain_limit_s: How long it might take.
        waiting: What still waits.
        backlog: (second, things waiting).
        back: By area, until latencies were inside their budgets again.
    """
    told = {record.name for record in history.of(Observed)}
    names = [name for name in JUDGES if told.issuperset(ORACLES[name].observes)]
    reports = {report.oracle: report for report in judge_all(history, JudgeSettings(), names)}
    complete, unique = reports.get("orders_complete"), reports.get("orders_unique")
    exchanges = history.of(Exchange)
    wanted = len(logical_calls(history))
    posted = [record for record in history.of(WebhookSent) if record.genuine]
    return AfterPeak(
        drain_s=drain_s,
        drain_limit_s=drain_limit_s,
        waiting=waiting,
        orders_placed=sum(record.change == "order.placed" for record in history.of(Committed)),
        orders_lost=complete.counts.get("lost", 0) if complete else 0,
        orders_doubled=_doubled(unique),
        oversold_units=oversold_units(history.of(Committed)),
        calls=len(exchanges),
        amplification=len(exchanges) / wanted if wanted else 1.0,
        back_in_budget_s=dict(back),
        webhooks_delivered=sum(200 <= record.status < 300 for record in posted),
        webhooks_failed=sum(not 200 <= record.status < 300 for record in posted),
        oracles=tuple(
            JudgedOracle(
                oracle=report.oracle,
                verdict=_WORDS[report.verdict],
                reason=report.reason,
                counts=dict(report.counts),
            )
            for report in reports.values()
        ),
        backlog=tuple(backlog),
        dropped_records=sum(record.records for record in history.of(Dropped)),
    )


_WORDS = {Verdict.VALID: "valid", Verdict.INVALID: "invalid", Verdict.UNKNOWN: "unknown"}


def _doubled(unique: OracleReport | None) -> int:
    if unique is None:
        return 0
    return sum(finding.count for finding in unique.findings if finding.rule == "order_twice")


def oversold_units(changes: Iterable[Committed]) -> int:
    """Return how many units were sold beyond what was there, over all SKUs."""
    lowest: dict[str, int] = {}
    for change in changes:
        if change.change.startswith("stock.") and isinstance(change.after, Mapping):
            available = change.after.get("available")
            if isinstance(available, int):
                lowest[change.entity] = min(lowest.get(change.entity, 0), available)
    return -sum(lowest.values())


def back_in_budget(
    samples: Sequence[Sample], budgets: Sequence[Budget], bands: Sequence[FaultBand]
) -> dict[str, float | None]:
    """Return by area how long after the last fault latencies kept their budgets for good.

    Looked at in windows of five seconds; {} where there was no fault.
    """
    if not bands:
        return {}
    healed_s = max(band.end_s for band in bands)
    found: dict[str, float | None] = {}
    for area in sorted({area_of(budget.subject) for budget in budgets}):
        mine = [b for b in budgets if b.subject == area and b.key != ERRORS]
        windows: dict[int, list[Sample]] = {}
        for sample in samples:
            if area_of(sample.operation) == area and sample.due_s >= healed_s:
                windows.setdefault(int((sample.due_s - healed_s) / _WINDOW_S), []).append(sample)
        if mine and windows:
            broken = [number for number, rows in windows.items() if not _holds(rows, mine)]
            last = max(broken, default=-1)
            found[area] = None if last == max(windows) else float((last + 1) * _WINDOW_S)
    return found


def _holds(rows: Sequence[Sample], budgets: Sequence[Budget]) -> bool:
    for budget in budgets:
        slow = sum(s.outcome != "ok" or s.latency_s * 1000 > budget.limit for s in rows)
        if slow / len(rows) > budget.allowed_ratio:
            return False
    return True
