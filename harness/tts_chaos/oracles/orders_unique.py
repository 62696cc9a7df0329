"""No order, line or unit is booked twice."""

from __future__ import annotations

from collections import Counter

from tts_chaos.core.history import History, Observed, WebhookSent
from tts_chaos.oracles.beliefs import (
    Order,
    believed_orders,
    observations,
    true_orders,
    truth_beside,
)
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "orders_unique"
RULES = {
    "order_twice": Rule(
        expected="one entry per order id",
        defect="an order is inserted without looking whether its id is known (no unique key), so "
        "an overlap, a retry or a second delivery books it again",
    ),
    "line_twice": Rule(
        expected="one entry per line id",
        defect="lines of a known order are added again instead of replaced when it is read anew",
    ),
    "unit_twice": Rule(
        expected="no more units of a SKU than the platform sold",
        defect="quantities are added up when an order is read anew, or a line is multiplied",
    ),
}


@oracle(
    name=NAME,
    kind="safety",
    summary="No order, line item or unit is booked twice.",
    observes=("orders",),
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Look for doubles in every list of orders the integration told."""
    findings = Findings(RULES)
    saw = 0
    for observed in observations(history, "orders"):
        orders = believed_orders(observed) or []
        saw += len(orders)
        truth = truth_beside(history, observed)
        exists = {} if truth is None else true_orders(truth)
        _find_doubles(orders, observed, findings)
        for order in orders:
            if len({line.id for line in order.lines}) < len(order.lines):
                _find_double_lines(order, observed, findings)
            if order.id in exists:
                _find_double_units(history, order, exists[order.id], observed, findings)
    return report(NAME, saw=saw, findings=findings.all(), counts={"orders_read": saw})


def _find_doubles(orders: list[Order], observed: Observed, findings: Findings) -> None:
    for id, times in Counter(order.id for order in orders).items():
        if times > 1:
            findings.add(
                "order_twice",
                f"order {id} is booked {times} times",
                actual=f"{times} entries",
                index=observed.index,
                weight=times,
            )


def _find_double_lines(order: Order, observed: Observed, findings: Findings) -> None:
    for id, times in Counter(line.id for line in order.lines if line.id).items():
        if times > 1:
            findings.add(
                "line_twice",
                f"line {id} of order {order.id} is booked {times} times",
                actual=f"{times} entries",
                index=observed.index,
                weight=times,
            )


def _find_double_units(
    history: History, order: Order, true: Order, observed: Observed, findings: Findings
) -> None:
    if dict.__eq__(order.units(), true.units()):
        return
    sold = true.units() + Counter(line.seller_sku for line in true.lines if line.seller_sku)
    for sku, units in order.units().items():
        if sku in sold and units > sold[sku]:
            findings.add(
                "unit_twice",
                f"order {order.id} has {units} units of SKU {sku}, the platform sold {sold[sku]}",
                expected=f"{sold[sku]} units",
                actual=f"{units} units",
                defect=_explain(history, order.id, observed, times=units / sold[sku]),
                index=observed.index,
                weight=units - sold[sku],
            )


def _explain(history: History, order_id: str, observed: Observed, *, times: float) -> str:
    """Return what happened as often as the units are counted; "" where nothing did."""
    deliveries = sum(
        sent.index < observed.index and sent.status == 200 and order_id in sent.body
        for sent in history.of(WebhookSent)
    )
    if deliveries and times in (deliveries, deliveries + 1):
        beside = "once for each" if times == deliveries else "once, and once more for each"
        return (
            f"the units are added to the books {beside} of the {deliveries} webhooks about the "
            "order, whatever they tell: a webhook is a reason to read the order and to replace "
            "what is known of it, not a sale"
        )
    return ""
