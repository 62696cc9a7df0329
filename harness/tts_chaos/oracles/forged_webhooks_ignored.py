"""What the platform did not send changes nothing and is refused.

A replayed delivery is no forgery a receiver could tell: its signature is genuine and has no time.
It may be acknowledged, but must have no effect. Source: protocol facts, section 6 (documented).
"""

from __future__ import annotations

from collections.abc import Mapping

from tts_chaos.core.history import History, Truth, WebhookSent
from tts_chaos.oracles.beliefs import believed_orders, observations, true_orders, truth_beside
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.strangeness import Strangeness, claim_of, strangers

__all__ = ["judge"]

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


@oracle(
    name=NAME,
    kind="safety",
    summary="Forged webhooks are refused and change nothing.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Look at the answers to deliveries that are not genuine, and at what was believed after."""
    findings = Findings(RULES)
    strange = list(strangers(history))
    forged = [record for record, kind in strange if kind is Strangeness.FORGED]
    for forgery in forged:
        if 200 <= forgery.status < 300:
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


def _find_believed(history: History, forged: list[WebhookSent], findings: Findings) -> None:
    """Look for orders told with a status that only a forgery ever claimed.

    A forgery may tell the truth: one that only lost its signature does. Who tells what was true a
    moment ago may merely not have looked since.
    """
    claims: dict[tuple[str, str], WebhookSent] = {}
    for forgery in forged:
        order, status = claim_of(forgery)
        if order and status:
            claims.setdefault((order, status), forgery)
    for claim in _ever_true(history, claims):
        del claims[claim]
    for observed in observations(history, "orders") if claims else ():
        truth = truth_beside(history, observed)
        exists = {} if truth is None else true_orders(truth)
        for order_told in believed_orders(observed) or ():
            status = str(order_told.raw.get("status") or "")
            forgery_told = claims.get((order_told.id, status))
            true = exists.get(order_told.id)
            if forgery_told is None or forgery_told.index > observed.index:
                continue
            if truth is not None and (true is None or true.raw.get("status") != status):
                findings.add(
                    "forgery_believed",
                    f"order {order_told.id} became {status} by a forged webhook",
                    expected="no order" if true is None else str(true.raw.get("status")),
                    actual=status,
                    index=observed.index,
                )


def _ever_true(
    history: History, claims: Mapping[tuple[str, str], WebhookSent]
) -> set[tuple[str, str]]:
    """Return the claims that some snapshot of the platform bears out."""
    true: set[tuple[str, str]] = set()
    for truth in history.of(Truth) if claims else ():
        orders = true_orders(truth)
        true |= {
            (id, status)
            for id, status in claims
            if id in orders and orders[id].raw.get("status") == status
        }
    return true
