"""What the integration takes for shipped has left, as far as the platform knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.core.history import History, Observed, OpKind, Truth
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.beliefs import observations, truth_beside
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "shipments_true"
RULES = {
    "ship_did_nothing": Rule(
        expected="a shipment on the platform, or an error",
        defect="an order without a parcel, on hold or refused is passed over in silence, and the "
        "parcel stays on the shelf",
    ),
    "shipment_imagined": Rule(
        expected="shipments() tells what the platform took",
        defect="a shipment is booked before its call was answered, or whatever the answer said",
    ),
}


@oracle(
    name=NAME,
    kind="safety",
    summary="Nothing counts as shipped that the platform did not take.",
    observes=("shipments",),
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Hold each successful ship(), and each shipment told, against the platform's ledger."""
    findings = Findings(RULES)
    judged = _judge_actions(history, findings)
    told = observations(history, "shipments")
    for observed in told:
        judged += _judge_told(history, observed, findings)
    return report(NAME, saw=judged, findings=findings.all(), counts={"judged": judged})


def _judge_actions(history: History, findings: Findings) -> int:
    judged = 0
    for action in actions_of(history).named("ship"):
        truth = next((t for t in history.of(Truth) if t.index > action.end), None)
        if action.kind is not OpKind.OK or truth is None or not isinstance(action.arguments, dict):
            continue
        judged += 1
        order = str(action.arguments.get("order_id"))
        if order not in {row.get("order_id") for row in _shipments(truth)}:
            findings.add(
                "ship_did_nothing",
                f"ship({order}) reported success, and nothing of the order was shipped",
                actual="no shipment",
                index=action.end,
            )
    return judged


def _judge_told(history: History, observed: Observed, findings: Findings) -> int:
    truth = truth_beside(history, observed)
    rows = observed.value if isinstance(observed.value, list | tuple) else ()
    if truth is None:
        return 0
    taken = _shipments(truth)
    orders = {row.get("order_id") for row in taken}
    packages = {row.get("package_id") for row in taken}
    judged = 0
    for row in rows:
        if not isinstance(row, Mapping) or not row.get("order_id"):
            continue
        judged += 1
        order, package = str(row["order_id"]), row.get("package_id")
        if order not in orders or (package and str(package) not in packages):
            findings.add(
                "shipment_imagined",
                f"the shipment of order {order} is told, and the platform took none",
                actual=f"a shipment of {order}",
                index=observed.index,
            )
    return judged


def _shipments(truth: Truth) -> list[Mapping[str, Any]]:
    shops = truth.ledger.get("shops") or {}
    return [row for shop in shops.values() for row in shop.get("shipments") or ()]
