"""What is told of a shop that is not the integration's has no effect on its books.

One app has one address for all its shops, and one secret: the signature of such a webhook is
genuine. Whether it is acknowledged is free; 200 ends its delivery. Source: protocol facts, section
6 (the signature covers app key and body: documented), and pitfall H15 (app-level addresses:
documented).
"""

from __future__ import annotations

from tts_chaos.core.history import History, WebhookSent
from tts_chaos.oracles.beliefs import believed_orders, observations, true_orders, truth_beside
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.strangeness import Strangeness, claim_of, strangers

__all__ = ["judge"]

NAME = "foreign_webhooks_ignored"
_DEFECT = (
    "the shop_id of a webhook is not compared with the shops that are connected, and the body is "
    "believed because its signature is genuine"
)
RULES = {
    "foreign_order_believed": Rule(
        expected="no order that only another shop's webhook ever named", defect=_DEFECT
    ),
    "foreign_status_believed": Rule(
        expected="the status told by the order's own shop", defect=_DEFECT
    ),
}


@oracle(
    name=NAME,
    kind="safety",
    summary="Webhooks of shops that are not connected change nothing.",
    observes=("orders",),
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Look for orders and statuses that only webhooks of other shops ever told."""
    findings = Findings(RULES)
    foreign = [record for record, kind in strangers(history) if kind is Strangeness.FOREIGN]
    claims: dict[tuple[str, str], WebhookSent] = {}
    orders: dict[str, WebhookSent] = {}
    for record in foreign:
        order, status = claim_of(record)
        if order:
            orders.setdefault(order, record)
            claims.setdefault((order, status), record)
    for observed in observations(history, "orders") if orders else ():
        truth = truth_beside(history, observed)
        exists = {} if truth is None else true_orders(truth)
        for order_told in believed_orders(observed) or ():
            named, status = orders.get(order_told.id), str(order_told.raw.get("status") or "")
            if truth is None or named is None or named.index > observed.index:
                continue
            true = exists.get(order_told.id)
            claim = claims.get((order_told.id, status))
            if true is None:
                findings.add(
                    "foreign_order_believed",
                    f"order {order_told.id} was booked by a webhook of shop {named.shop}, which "
                    "is not connected",
                    actual=status or "an order",
                    index=observed.index,
                )
            elif (
                claim is not None
                and claim.index < observed.index
                and (true.raw.get("status") != status)
            ):
                findings.add(
                    "foreign_status_believed",
                    f"order {order_told.id} became {status} by a webhook of shop {claim.shop}, "
                    "which is not connected",
                    expected=str(true.raw.get("status")),
                    actual=status,
                    index=observed.index,
                )
    return report(
        NAME,
        saw=len(foreign),
        findings=findings.all(),
        counts={"foreign": len(foreign)},
        reason="" if foreign else "no webhook of another shop was sent",
    )
