"""No order is lost: what the platform sold, the integration knows."""

from __future__ import annotations

from tts_chaos.core.history import History, Observed, Truth
from tts_chaos.oracles.beliefs import (
    believed_orders,
    observations,
    true_orders,
    truth_beside,
)
from tts_chaos.oracles.findings import Findings, name_few
from tts_chaos.oracles.lost_orders import explain_loss
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.strange_ids import explain_strangers

__all__ = ["judge"]

NAME = "orders_complete"
RULES = {
    "order_lost": Rule(
        expected="every order that is not UNPAID is known once the platform is well again",
        defect="an error while reading orders is not made up for by a later run",
    ),
    "order_unexpected": Rule(
        expected="no order that the platform does not have",
        defect="orders are invented, kept under a wrong id, or taken from a forged webhook",
    ),
    "orders_unreadable": Rule(
        expected="orders() answers with a list of mappings",
        defect="the integration's own store cannot be read after the failure",
    ),
}


@oracle(
    name=NAME,
    kind="liveness",
    summary="Every order the platform sold is known to the integration, and no other.",
    observes=("orders",),
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Compare the last told orders with the platform's ledger beside them."""
    findings = Findings(RULES)
    told = [record for record in history.of(Observed) if record.name == "orders"]
    if not told or not history.of(Truth):
        return report(NAME, saw=0, reason="orders() was never asked, or the ledger never read")
    last = told[-1]
    believed = None if last.error else believed_orders(last)
    if believed is None:
        findings.add(
            "orders_unreadable",
            "orders() could not be read at the end",
            actual=last.error or f"a {type(last.value).__name__}",
            index=last.index,
        )
        return report(NAME, saw=1, findings=findings.all())
    truth = truth_beside(history, last)
    assert truth is not None
    known = {order.id for order in believed}
    exists = true_orders(truth)
    needed = {id for id, order in exists.items() if order.raw.get("status") != "UNPAID"}
    lost, unexpected = sorted(needed - known), sorted(known - exists.keys())
    _add(findings, history, last, needed=len(needed), lost=lost, unexpected=unexpected)
    counts = {
        "acknowledged": len(needed & known),
        "lost": len(lost),
        "unexpected": len(unexpected),
        "recovered": len(_missed_before(history, last) & known),
    }
    return report(NAME, saw=len(exists) or 1, findings=findings.all(), counts=counts)


def _add(
    findings: Findings,
    history: History,
    last: Observed,
    *,
    needed: int,
    lost: list[str],
    unexpected: list[str],
) -> None:
    if lost:
        findings.add(
            "order_lost",
            f"{len(lost)} of {needed} orders are not known: {name_few(lost)}",
            actual=f"{needed - len(lost)} of {needed} known",
            defect=explain_loss(history, lost),
            index=last.index,
        )
    if unexpected:
        findings.add(
            "order_unexpected",
            f"{len(unexpected)} orders are known that the platform does not have: "
            f"{name_few(unexpected)}",
            actual=f"{len(unexpected)} unexpected",
            defect=explain_strangers(history, unexpected),
            index=last.index,
        )


def _missed_before(history: History, last: Observed) -> set[str]:
    """Return ids that an earlier observation lacked although the platform had them."""
    missed: set[str] = set()
    for observed in observations(history, "orders"):
        truth = truth_beside(history, observed)
        if observed is last or truth is None:
            continue
        known = {order.id for order in believed_orders(observed) or ()}
        missed.update(
            id
            for id, order in true_orders(truth).items()
            if id not in known and order.raw.get("status") != "UNPAID"
        )
    return missed
