"""An order's status moves forward only, as far as the platform's own does."""

from __future__ import annotations

from tts_chaos.core.history import History
from tts_chaos.oracles.beliefs import (
    believed_orders,
    observations,
    true_orders,
    truth_beside,
)
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.order_states import can_follow

__all__ = ["judge"]

NAME = "status_never_backwards"
RULES = {
    "status_backwards": Rule(
        expected="a status that can follow the one told before",
        defect="a late webhook or an old page overwrites a newer status: update times are not "
        "compared, and the order is not read again",
    ),
}


@oracle(
    name=NAME,
    kind="safety",
    summary="No order's status moves back along its life.",
    observes=("orders",),
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Compare each told status with the one told before; the platform's own word excuses it."""
    findings = Findings(RULES)
    before: dict[str, str] = {}
    saw = 0
    for observed in observations(history, "orders"):
        truth = truth_beside(history, observed)
        exists = {} if truth is None else true_orders(truth)
        for order in believed_orders(observed) or ():
            status = str(order.raw.get("status") or "")
            earlier = before.get(order.id)
            before[order.id] = status
            if earlier is None or not status:
                continue
            saw += 1
            true = exists.get(order.id)
            if can_follow(earlier, status) or (true and true.raw.get("status") == status):
                continue
            findings.add(
                "status_backwards",
                f"order {order.id} went back from {earlier} to {status}",
                expected=f"{earlier}, or a status that can follow it",
                actual=status,
                index=observed.index,
            )
    return report(
        NAME,
        saw=saw,
        findings=findings.all(),
        counts={"compared": saw},
        reason="" if saw else "no order was told twice",
    )
