"""Each notification takes effect once, however often, fast or late it is delivered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tts_chaos.core.history import History, WebhookSent
from tts_chaos.oracles.beliefs import (
    Order,
    believed_orders,
    believed_stock,
    observations,
    true_orders,
    true_stock,
    truth_beside,
)
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.strangeness import claim_of

__all__ = ["judge"]

NAME = "webhooks_once"
_DEFECT = (
    "deliveries are not deduplicated by tts_notification_id, or looking up and marking are two "
    "steps, so that two at the same moment both pass, or what was seen is forgotten too soon"
)
RULES = {
    "booked_twice": Rule(expected="one order per notification, however often sent", defect=_DEFECT),
    "units_booked_twice": Rule(expected="the units of the order, once", defect=_DEFECT),
    "stock_lowered_twice": Rule(expected="stock lowered once per sale", defect=_DEFECT),
    "conversion_told_twice": Rule(expected="one conversion per order", defect=_DEFECT),
}


@oracle(
    name=NAME,
    kind="safety",
    summary="A webhook delivered several times takes effect once.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Look for double effects of the orders whose webhooks were accepted more than once."""
    findings = Findings(RULES)
    sent = history.of(WebhookSent)
    # An old one that comes again, whoever sends it, is the same notification.
    genuine = {record.body for record in sent if record.genuine}
    accepted = [r for r in sent if r.body in genuine and 200 <= r.status < 300]
    times = Counter((record.notification, record.shop) for record in accepted)
    repeated = {
        claim_of(record)[0]: record
        for record in accepted
        if times[record.notification, record.shop] > 1 and claim_of(record)[0]
    }
    _find_in_orders(history, repeated, findings)
    _find_in_stock(history, repeated, findings)
    _find_in_conversions(history, repeated, findings)
    doubled = sum(count > 1 for count in times.values())
    return report(
        NAME,
        saw=len(times),
        findings=findings.all(),
        counts={"notifications": len(times), "accepted_more_than_once": doubled},
        reason="" if times else "no webhook was accepted",
    )


def _find_in_orders(
    history: History, repeated: Mapping[str, WebhookSent], findings: Findings
) -> None:
    for observed in observations(history, "orders")[-1:]:
        truth = truth_beside(history, observed)
        exists = {} if truth is None else true_orders(truth)
        orders = [o for o in believed_orders(observed) or () if o.id in repeated]
        for id, count in Counter(order.id for order in orders).items():
            if count > 1:
                message = f"order {id} is booked {count} times after repeated deliveries"
                findings.add("booked_twice", message, actual=f"{count} times", index=observed.index)
        for order in orders:
            sold = exists[order.id].units() if order.id in exists else Counter[str]()
            if sold and order.units().total() >= 2 * sold.total():
                findings.add(
                    "units_booked_twice",
                    f"order {order.id} has {order.units().total()} units after repeated "
                    f"deliveries, the platform sold {sold.total()}",
                    actual=f"{order.units().total()} units",
                    index=observed.index,
                )


def _find_in_stock(
    history: History, repeated: Mapping[str, WebhookSent], findings: Findings
) -> None:
    """Look for SKUs whose believed stock is short by the units of repeatedly told orders."""
    for observed in observations(history, "stock")[-1:]:
        truth, believed = truth_beside(history, observed), believed_stock(observed)
        if truth is None or believed is None:
            continue
        available = true_stock(truth)
        orders: list[Order] = [order for id, order in true_orders(truth).items() if id in repeated]
        for sku in sorted({line.sku for order in orders for line in order.lines}):
            quantity, units = believed.get(sku), [o.units()[sku] for o in orders if o.units()[sku]]
            if not isinstance(quantity, int) or sku not in available:
                continue
            short = available[sku] - quantity
            if short > 0 and (short in units or short % sum(units) == 0):
                findings.add(
                    "stock_lowered_twice",
                    f"SKU {sku} is believed at {quantity}, {short} less than the platform sells, "
                    "after repeated deliveries",
                    expected=str(available[sku]),
                    actual=str(quantity),
                    index=observed.index,
                    weight=short,
                )


def _find_in_conversions(
    history: History, repeated: Mapping[str, WebhookSent], findings: Findings
) -> None:
    for observed in observations(history, "conversions")[-1:]:
        rows = observed.value if isinstance(observed.value, list | tuple) else ()
        told = Counter(str(row.get("order_id")) for row in rows if isinstance(row, Mapping))
        for id in sorted(repeated):
            if told[id] > 1:
                findings.add(
                    "conversion_told_twice",
                    f"order {id} is converted {told[id]} times after repeated deliveries",
                    actual=f"{told[id]} times",
                    index=observed.index,
                )
