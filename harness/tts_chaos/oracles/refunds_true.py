"""What the integration takes for given back was given back, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tts_chaos.core.history import Exchange, History, Observed, Truth
from tts_chaos.core.verdict import Verdict
from tts_chaos.oracles.beliefs import as_decimal, observations, true_orders, truth_beside
from tts_chaos.oracles.codes import describe, is_outcome_unknown
from tts_chaos.oracles.findings import Findings, name_few
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.refund_matching import match
from tts_chaos.oracles.refunds import (
    Refund,
    believed_refunds,
    is_pending,
    left_to_the_platform,
    open_refunds,
    refund_writes,
    requests_of,
    spell,
)

__all__ = ["judge"]

NAME = "refunds_true"
RULES = {
    "refund_told_twice": Rule(
        expected="one entry per refund in refunds()",
        defect="a refund is booked for each webhook or read that tells of it, without looking "
        "whether it is booked already: no key by the return's or cancellation's id",
    ),
    "unpaid_refund_believed": Rule(
        expected="no refund for an order that was never paid",
        defect="every cancelled order is booked as a refund, whether it was paid or not: nobody "
        "looks at paid_time, or at the amount that the cancellation tells",
    ),
    "refused_refund_believed": Rule(
        expected="a refund counts once the platform grants it",
        defect="a refund is booked when it is asked for, or whatever the answer said, and is not "
        "taken back when the request is refused, withdrawn or still waits",
    ),
    "refund_imagined": Rule(
        expected="a request on the platform for each refund told",
        defect="a refund is booked that the platform knows nothing of: under a wrong order id, or "
        "from something else than a return or a cancellation",
    ),
    "refund_amount_wrong": Rule(
        expected="the amount and currency that the platform gave back",
        defect="the amount is computed instead of read from refund_amount.refund_total",
    ),
    "refunds_unreadable": Rule(
        expected="a list of {order_id, amount, currency}",
        defect="refunds() tells amounts or rows that cannot be read",
    ),
}


@oracle(
    name=NAME,
    kind="safety",
    summary="No refund is believed that was not given, was given once, or was of another amount.",
    observes=("refunds",),
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Hold every list told against the platform's requests at that moment."""
    findings = Findings(RULES)
    told = observations(history, "refunds")
    judged = orders = 0
    unknown: list[str] = []
    for observed in told:
        truth = truth_beside(history, observed)
        believed = believed_refunds(observed)
        if truth is None:
            continue
        judged += 1
        if believed is None:
            findings.add(
                "refunds_unreadable",
                "refunds() is no list of rows",
                actual=type(observed.value).__name__,
                index=observed.index,
            )
            continue
        orders = len(believed)
        unknown = [
            id
            for id, rows in believed.items()
            if _judge_order(history, observed, truth, id, rows, findings)
        ]
    made = report(
        NAME,
        saw=judged,
        findings=findings.all(),
        counts={"observations": judged, "orders_told": orders, "unknown": len(unknown)},
    )
    if unknown and not findings:
        return _left_open(made, unknown)
    return made


def _left_open(made: OracleReport, orders: Sequence[str]) -> OracleReport:
    reason = (
        f"whether order {name_few(orders)} was refunded stayed unknown: an answer was lost, and "
        "nobody looked since"
    )
    return OracleReport(
        oracle=made.oracle, verdict=Verdict.UNKNOWN, saw=made.saw, counts=made.counts, reason=reason
    )


def _judge_order(
    history: History,
    observed: Observed,
    truth: Truth,
    order_id: str,
    told: Sequence[Refund],
    findings: Findings,
) -> bool:
    """Judge what is told of one order; returns whether it rests on an outcome nobody knows."""
    if left_to_the_platform(truth, order_id):
        return False
    requests = requests_of(truth).get(order_id, [])
    given = [request for request in requests if request.amount]
    unreadable = [refund for refund in told if refund.amount is None]
    for _ in unreadable:
        findings.add(
            "refunds_unreadable",
            f"the refund of order {order_id} has no amount that can be read",
            actual="no amount",
            index=observed.index,
        )
    matched = match([refund for refund in told if refund.amount is not None], given)
    for refund in matched.twice:
        findings.add(
            "refund_told_twice",
            f"order {order_id}: a refund of {spell(refund.amount, refund.currency)} is told again",
            actual=f"{len(told)} entries for {len(given)} refunds",
            index=observed.index,
            weight=len(told),
        )
    for refund, true in matched.unequal:
        _add_unequal(findings, observed, truth, refund, true)
    if not matched.extra:
        return False
    if open_refunds(history, order_id, requests, at=observed.index):
        return True
    _add_extra(history, findings, observed, truth, order_id, matched.extra, requests)
    return False


def _add_unequal(
    findings: Findings, observed: Observed, truth: Truth, refund: Refund, true: Refund
) -> None:
    believed, held = refund.amount or Decimal(0), true.amount or Decimal(0)
    findings.add(
        "refund_amount_wrong",
        f"order {refund.order}: the integration believes {spell(believed, refund.currency)} given "
        f"back, the platform gave {spell(held, true.currency)}",
        expected=spell(held, true.currency),
        actual=spell(believed, refund.currency),
        defect=_explain(truth, refund, true),
        index=observed.index,
        weight=float(abs(believed - held)),
    )


def _explain(truth: Truth, refund: Refund, true: Refund) -> str:
    """Return the likeliest reason why two amounts of one refund differ; "" for the table's."""
    believed, held = refund.amount or Decimal(0), true.amount or Decimal(0)
    if refund.currency and refund.currency != true.currency:
        return f"the currency is fixed or another shop's: the refund is in {true.currency}"
    if held and believed in (held * 100, held / 100):
        return "minor units are taken for units, or the reverse: the API writes decimal text"
    order = true_orders(truth).get(refund.order)
    if order is not None and believed == as_decimal(order.raw.get("total_amount")):
        return (
            "the order's whole total is booked where a part was given back: read the refund's own "
            "refund_total"
        )
    prices = [as_decimal(line.price) or Decimal(0) for line in order.lines] if order else []
    if believed and believed in (sum(prices), *prices):
        return (
            "the prices of the lines are booked: tax and delivery, which the buyer gets back too, "
            "or a smaller part that was agreed on, are not looked at"
        )
    if abs(believed - held) < Decimal("0.05"):
        return "amounts are kept as floating point or rounded on the way: use decimal numbers"
    return ""


def _taken_for_done(write: Exchange) -> str:
    return (
        f"call {write.call} ended with {describe(write)} and is taken for done: a lost answer is "
        "no consent, and what was read since, which shows that nothing was given back, is not used"
    )


def _add_extra(
    history: History,
    findings: Findings,
    observed: Observed,
    truth: Truth,
    order_id: str,
    extra: Iterable[Refund],
    requests: Sequence[Refund],
) -> None:
    order = true_orders(truth).get(order_id)
    ungranted = [request for request in requests if not request.amount]
    writes = [x for x in refund_writes(history, order_id, requests) if x.index < observed.index]
    refused = [w for w in writes if not w.succeeded and not is_outcome_unknown(w)]
    lost = [write for write in writes if is_outcome_unknown(write)]
    for refund in extra:
        money = spell(refund.amount, refund.currency)
        if order is not None and not order.raw.get("paid_at_s"):
            findings.add(
                "unpaid_refund_believed",
                f"order {order_id} was never paid, and {money} count as given back",
                actual=money,
                index=observed.index,
                weight=float(refund.amount or 0),
            )
        elif ungranted or refused:
            state = (
                f"the request is {ungranted[-1].status}"
                if ungranted
                else f"call {refused[-1].call} was answered by {describe(refused[-1])}"
            )
            waits = ", and waits for a decision" if ungranted and is_pending(ungranted[-1]) else ""
            findings.add(
                "refused_refund_believed",
                f"order {order_id}: {money} count as given back, but {state}{waits}",
                actual=money,
                index=observed.index,
                weight=float(refund.amount or 0),
            )
        else:
            findings.add(
                "refund_imagined",
                f"order {order_id or 'without an id'}: {money} count as given back, and the "
                "platform knows of no return and no cancellation that gave it",
                actual=money,
                defect=_taken_for_done(lost[-1]) if lost else "",
                index=observed.index,
                weight=float(refund.amount or 0),
            )
