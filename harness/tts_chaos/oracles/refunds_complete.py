"""Everything that the platform gave back is known to the integration."""

from __future__ import annotations

from tts_chaos.core.history import Exchange, History, Observed, Truth
from tts_chaos.core.verdict import Verdict
from tts_chaos.oracles.beliefs import truth_beside
from tts_chaos.oracles.codes import describe, is_outcome_unknown
from tts_chaos.oracles.findings import Findings, name_few
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.refund_matching import match
from tts_chaos.oracles.refunds import (
    Refund,
    believed_refunds,
    decisions_told,
    left_to_the_platform,
    open_refunds,
    refund_writes,
    requests_of,
    spell,
)

__all__ = ["judge"]

NAME = "refunds_complete"
RULES = {
    "refund_lost": Rule(
        expected="every refund that the platform gave, in refunds()",
        defect="nothing books the refund: returns and cancellations are never searched for",
    ),
}


@oracle(
    name=NAME,
    kind="liveness",
    summary="Every refund that the platform gave is known, or its outcome was never told.",
    observes=("refunds",),
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Compare the last list told with the platform's requests."""
    findings = Findings(RULES)
    last = history.last_observed("refunds")
    truth = truth_beside(history, last) if last is not None else None
    believed = believed_refunds(last) if last is not None else None
    if last is None or truth is None or believed is None:
        return report(NAME, saw=0, reason="refunds() was never told, or cannot be read")
    given = lost = 0
    unknown: list[str] = []
    for order_id, requests in requests_of(truth).items():
        granted = [request for request in requests if request.amount]
        given += len(granted)
        missing = match(believed.get(order_id, []), granted).missing
        if not missing or left_to_the_platform(truth, order_id):
            continue
        if open_refunds(history, order_id, requests, at=last.index):
            unknown.append(order_id)
            continue
        for request in missing:
            lost += 1
            _add(history, findings, last, truth, request)
    made = report(
        NAME,
        saw=1 + given,
        findings=findings.all(),
        counts={"given": given, "known": given - lost - len(unknown), "lost": lost}
        | {"unknown": len(unknown)},
    )
    if not unknown or findings:
        return made
    return OracleReport(
        oracle=NAME,
        verdict=Verdict.UNKNOWN,
        saw=made.saw,
        counts=made.counts,
        reason=f"whether order {name_few(unknown)} was refunded stayed unknown: an answer was lost,"
        " and nobody looked since",
    )


def _add(
    history: History, findings: Findings, last: Observed, truth: Truth, request: Refund
) -> None:
    money = spell(request.amount, request.currency)
    findings.add(
        "refund_lost",
        f"order {request.order}: the platform gave {money} back ({request.kind} {request.id}, "
        f"{request.status}), and the integration knows nothing of it",
        expected=money,
        actual="no such refund",
        defect=_explain(history, truth, request),
        index=last.index,
        weight=float(request.amount or 0),
    )


def _explain(history: History, truth: Truth, request: Refund) -> str:
    """Return the likeliest reason; "" for the table's."""
    requests = requests_of(truth).get(request.order, [])
    own = refund_writes(history, request.order, requests, kind=request.kind)
    lost = [write for write in own if is_outcome_unknown(write)]
    if any(write.succeeded for write in own):
        return "the integration's own refund was confirmed, and was not kept"
    if lost:
        return (
            f"its own call {lost[-1].call} ended with {describe(lost[-1])} and was taken for not "
            "done: after a lost answer nobody looked what became of it, or what was read is not "
            "booked"
        )
    searched = any(
        x.operation.endswith(("search_returns", "search_cancellations"))
        for x in history.of(Exchange)
    )
    told = list(decisions_told(history, request.order))
    if any(sent.status == 200 for sent in told) and not searched:
        return (
            "the webhook that told of it was acknowledged and the request was not read: it is "
            "dropped, or its type (11, 12) is unknown to the receiver"
        )
    if not searched:
        return (
            "it was told by no webhook that arrived, and returns and cancellations are never "
            "searched for: who lives on webhooks alone loses what is lost on the way"
        )
    return "the search that shows it was read, and what it says is not booked"
