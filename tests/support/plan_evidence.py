"""Evidence for contingency plans: reports with histories that belong to them, and a load."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support.histories import Story, order, told
from tests.support.load_rows import steady
from tests.support.report_documents import report_of, run_row

from tts_chaos.core.history import History
from tts_chaos.core.verdict import Phase
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.load.budgets import read_budgets
from tts_chaos.load.health import Watch
from tts_chaos.load.plan import Plan, Stage, Target
from tts_chaos.load.results import AfterPeak, Measured, result_of, write_result
from tts_chaos.reporting.plan.failures import FAILURES
from tts_chaos.reporting.story import history_name
from tts_chaos.scenarios.shape import Place

__all__ = ["EVERYTHING", "FULL_SETTINGS", "played", "recovered", "write_load", "write_report"]

HOUR_MS = 3_600_000
WEEK_MS = 168 * HOUR_MS
EXERCISED = ["sync_orders", "push_stock", "ship", "deliver_webhook", "quote_checkout", "orders"]

FULL_SETTINGS = """
integration = "order sync 2"
review_every_days = 90
[rates]
orders = 40
stock = 200.5
checkout = 900
shipping = 38
webhooks = 160
[order_value]
amount = 31.5
currency = "GBP"
[team.lead]
name = "Ada 1"
contact = "extension 4711"
deputy = "Grace"
[team.operator]
name = "Bob"
contact = "extension 4712"
[team.developer]
name = "Cleo"
contact = "extension 4713"
[team.communicator]
name = "Dora"
contact = "extension 4714"
[team.reviewer]
name = "Emil"
contact = "extension 4715"
[[audiences]]
name = "Sellers"
channel = "status page 2"
[[resources]]
name = "Keys"
where = "vault, shelf 3"
[objectives.orders]
recovery_s = 1800
[objectives.outage]
recovery_s = 1200
detection_s = 300
"""


def recovered(
    fault: str = "platform_down",
    *,
    lasts_ms: int = HOUR_MS,
    recovery_ms: int = 60_000,
    alert: dict[str, Any] | None = None,
    rollback: str = "",
) -> History:
    """Return the history of a run that failed for a while, raised an alert and came back."""
    cause = FAULTS[fault].cause
    story = (
        Story()
        .phase(Phase.BASELINE)
        .observe("alerts", [{"cause": cause, "message": "an old one", "at": 1}])
        .phase(Phase.TURBULENCE)
        .fault(fault, "armed")
        .invoke("sync_orders")
        .fault(fault, "fired")
        .call("search", status=503, code=36009003, took_ms=500)
        .fail("refused")
        .wait(30_000)
        .observe("alerts", [{"cause": cause, "message": "an old one", "at": 1},
                            {"cause": cause, "message": "no order comes in", **(alert or {})}])
        .wait(lasts_ms - 30_500)
        .fault(fault, "lifted")
        .phase(Phase.HEAL)
    )  # fmt: skip
    if rollback:
        story.step(rollback, "rollback")
    return (
        story.phase(Phase.RECOVERY)
        .wait(recovery_ms)
        .invoke("sync_orders")
        .call("search")
        .ok()
        .observe("orders", [told(order("1"))])
        .truth(orders=[order("1")])
        .waiting("")
        .step("place_orders", value=["2"])
        .wait(7_000)
        .invoke("sync_orders")
        .call("search")
        .ok()
        .observe("orders", [told(order("1")), told(order("2"))])
        .truth(orders=[order("1"), order("2")])
        .phase(Phase.JUDGE)
        .history()
    )


def played(
    scenario: str, fault: str = "platform_down", history: History | None = None, **changes: Any
) -> tuple[dict[str, Any], History]:
    """Return the summary of a run and the history that belongs to it."""
    history = recovered(fault) if history is None else history
    outcome = changes.pop("outcome", "passed")
    row = run_row(scenario, outcome, **changes)
    row["faults"] = [{**row["faults"][0], "fault": fault, "name": fault}]
    row["history_sha256"] = history.digest()
    row["exercised"] = EXERCISED
    return row, history


def everything() -> list[tuple[dict[str, Any], History]]:
    """Return a passed run for each failure, and outages of a day and a week."""
    of_failure = {
        ("program" if kind.family == "program" else kind.cause): name
        for name, kind in sorted(FAULTS.items(), reverse=True)
    }
    rows = [played(f"each/{name}", of_failure[name]) for name in FAILURES]
    rows.append(played("long/day-1", history=recovered(lasts_ms=24 * HOUR_MS)))
    rows.append(played("long/week-1", history=recovered(lasts_ms=WEEK_MS, recovery_ms=90_000)))
    return rows


EVERYTHING = everything()


def write_report(folder: Path, rows: Iterable[tuple[dict[str, Any], History]]) -> Path:
    """Write a report and its histories; returns the folder."""
    (folder / "histories").mkdir(parents=True, exist_ok=True)
    summaries = []
    for row, history in rows:
        summaries.append(row)
        name = history_name(row["scenario"], row["world"])
        (folder / "histories" / name).write_bytes(history.to_json_lines())
    (folder / "report.json").write_text(json.dumps(report_of(*summaries)), encoding="utf-8")
    return folder


def write_load(folder: Path, *, latency_ms: float = 100.0) -> Path:
    """Write the result of a load as `tts-chaos load` does; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        profile="smoke",
        stages=(Stage(name="plateau", for_s=20, rate=50),),
        target=Target(base_url="http://127.0.0.1:1", operations={}),
        shares={"checkout": 1.0, "inventory": 0.0, "orders": 0.0},
    )
    measured = Measured(
        samples=steady([latency_ms] * 1000),
        watches=tuple(Watch(worker=0, at_s=float(n), cpu_ratio=0.1) for n in range(1, 20)),
        events=(),
        began_unix_s=1.0,
    )
    budgets = read_budgets(
        {
            "checkout": {"p95": 500},
            "inventory": {"p50": False, "p95": False},
            "orders": {"p50": False, "p95": False},
        },
        Place("f", "budgets"),
    )
    after = AfterPeak(
        drain_s=2.5, drain_limit_s=30, orders_placed=30, back_in_budget_s={"checkout": 5.0}
    )
    write_result(result_of(plan, measured, budgets, after=after), folder / "result.json")
    return folder
