"""What the integration takes for shipped has left, as far as the platform knows.

A parcel whose call lost its answer may have left or not: both are accepted until somebody looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.core.history import Exchange, History, Observed, OpKind, Truth, WebhookSent
from tts_chaos.core.verdict import Verdict
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.beliefs import observations, truth_beside
from tts_chaos.oracles.calls import operation_name
from tts_chaos.oracles.findings import Findings, name_few
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.shipping import SHIP_OPERATIONS, shipped_targets
from tts_chaos.oracles.targets import tells_of
from tts_chaos.oracles.unsettled import open_writes

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
    unknown: list[str] = []
    for observed in observations(history, "shipments"):
        told, unknown = _judge_told(history, observed, findings)
        judged += told
    made = report(
        NAME,
        saw=judged,
        findings=findings.all(),
        counts={"judged": judged, "unknown": len(unknown)},
    )
    if not unknown or findings:
        return made
    return OracleReport(
        oracle=NAME,
        verdict=Verdict.UNKNOWN,
        saw=judged,
        counts=made.counts,
        reason=f"whether order {name_few(unknown)} was shipped stayed unknown: an answer was lost, "
        "and nobody looked since",
    )


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


def _judge_told(history: History, observed: Observed, findings: Findings) -> tuple[int, list[str]]:
    """Judge one list; returns how many rows it judged, and the orders that nobody can know of."""
    truth = truth_beside(history, observed)
    rows = observed.value if isinstance(observed.value, list | tuple) else ()
    if truth is None:
        return 0, []
    taken = _shipments(truth)
    orders = {row.get("order_id") for row in taken}
    packages = {row.get("package_id") for row in taken}
    judged, unknown = 0, list[str]()
    for row in rows:
        if not isinstance(row, Mapping) or not row.get("order_id"):
            continue
        judged += 1
        order, package = str(row["order_id"]), row.get("package_id")
        if order in orders and (not package or str(package) in packages):
            continue
        if _is_open(history, order, str(package or ""), at=observed.index):
            unknown.append(order)
        else:
            findings.add(
                "shipment_imagined",
                f"the shipment of order {order} is told, and the platform took none",
                actual=f"a shipment of {order}",
                index=observed.index,
            )
    return judged, unknown


def _is_open(history: History, order: str, package: str, *, at: int) -> bool:
    """Whether a call that shipped the parcel lost its answer, and nobody looked since."""
    ships = [x for x in history.exchanges() if operation_name(x) in SHIP_OPERATIONS]
    targets = {f"package {package}"} if package else _packages_of(history, order)
    writes = [
        ship
        for ship in ships
        if any(t in targets or t.startswith(f"order {order}") for t in shipped_targets(ship))
    ]
    ids = {order, *(target.split()[1] for write in writes for target in shipped_targets(write))}

    def tells(record: Exchange | WebhookSent) -> bool:
        if isinstance(record, WebhookSent):
            return False
        return record.operation.startswith(("fulfillment.", "order.")) and tells_of(record, ids)

    return bool(writes) and bool(open_writes(history, writes, tells, at=at))


def _packages_of(history: History, order: str) -> set[str]:
    """Return the parcels that were read together with an order, as targets."""
    ships = [x for x in history.exchanges() if operation_name(x) in SHIP_OPERATIONS]
    named = {target for ship in ships for target in shipped_targets(ship)}
    texts = [x.response_body for x in history.of(Exchange) if order in x.response_body]
    return {target for target in named if any(target.split()[1] in text for text in texts)}


def _shipments(truth: Truth) -> list[Mapping[str, Any]]:
    shops = truth.ledger.get("shops") or {}
    return [row for shop in shops.values() for row in shop.get("shipments") or ()]
