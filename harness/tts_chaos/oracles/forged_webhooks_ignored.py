"""What the platform did not send changes nothing and is refused.

A replayed delivery is no forgery a receiver could tell: its signature is genuine and has no time.
It may be acknowledged, but must have no effect. Source: protocol facts, section 6 (documented).
"""

from __future__ import annotations

from collections.abc import Mapping

from tts_chaos.core.history import FaultEvent, History, WebhookSent
from tts_chaos.oracles.beliefs import believed_orders, observations, true_orders, truth_beside
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.stock_writes import decoded

__all__ = ["judge", "order_of"]

NAME = "forged_webhooks_ignored"
RULES = {
    "forgery_believed": Rule(
        expected="no effect of a forged webhook",
        defect="the body of a webhook is trusted: its signature is not checked, and the order is "
        "not read from the API before it is changed",
    ),
    "forgery_accepted": Rule(
        expected="401 or another refusal",
        defect="the signature of webhooks is not checked: the check is missing, switched off, or "
        "skipped when the header or the secret is empty",
    ),
}
_FORGERIES = ("forg", "tamper", "unsigned", "wrong_key", "signature")
"""Words in the names of faults whose deliveries do not bear a genuine signature."""


@oracle(
    name=NAME,
    kind="safety",
    summary="Forged webhooks are refused and change nothing.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Look at the answers to deliveries that are not genuine, and at what was believed after."""
    findings = Findings(RULES)
    sent = history.of(WebhookSent)
    genuine = {record.body for record in sent if record.genuine}
    names = {event.fault: event.name for event in history.of(FaultEvent)}
    forged = [record for record in sent if not record.genuine]
    for forgery in forged:
        if 200 <= forgery.status < 300 and _is_recognisable(forgery, genuine, names):
            findings.add(
                "forgery_accepted",
                f"a forged webhook of type {forgery.type} was answered {forgery.status}",
                actual=str(forgery.status),
                index=forgery.index,
            )
    _find_believed(history, forged, findings)
    refused = sum(record.status >= 400 for record in forged)
    return report(
        NAME,
        saw=len(forged),
        findings=findings.all(),
        counts={"forged": len(forged), "refused": refused},
        reason="" if forged else "no forged webhook was sent",
    )


def _is_recognisable(forgery: WebhookSent, genuine: set[str], names: Mapping[str, str]) -> bool:
    """Whether a receiver that checks signatures can tell the forgery."""
    name = names.get(forgery.fault, forgery.fault)
    if not name:
        return forgery.body not in genuine
    return any(word in name for word in _FORGERIES)


def order_of(sent: WebhookSent) -> tuple[str, str]:
    """Return id and status of the order a webhook is about; "" where it names none."""
    data = decoded(sent.body).get("data")
    if not isinstance(data, Mapping):
        return "", ""
    return str(data.get("order_id") or ""), str(data.get("order_status") or "")


def _find_believed(history: History, forged: list[WebhookSent], findings: Findings) -> None:
    """Look for orders told with a status that only a forgery ever claimed."""
    claims: dict[tuple[str, str], WebhookSent] = {}
    for forgery in forged:
        order, status = order_of(forgery)
        if order and status:
            claims.setdefault((order, status), forgery)
    for observed in observations(history, "orders") if claims else ():
        truth = truth_beside(history, observed)
        exists = {} if truth is None else true_orders(truth)
        for order_told in believed_orders(observed) or ():
            status = str(order_told.raw.get("status") or "")
            claim = claims.get((order_told.id, status))
            true = exists.get(order_told.id)
            if claim is None or claim.index > observed.index:
                continue
            if truth is not None and (true is None or true.raw.get("status") != status):
                findings.add(
                    "forgery_believed",
                    f"order {order_told.id} became {status} by a forged webhook",
                    expected="no order" if true is None else str(true.raw.get("status")),
                    actual=status,
                    index=observed.index,
                )
