"""What the platform did send is accepted.

An integration that cannot work on a webhook just now does right to answer with an error: the
platform sends it again. It is wrong to refuse a genuine one as if it were forged. Source: protocol
facts, section 6: acknowledged by 200 (or 401), four retries (documented).
"""

from __future__ import annotations

from collections import Counter

from tts_chaos.core.history import Committed, History, WebhookSent
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "genuine_webhooks_accepted"
RULES = {
    "genuine_refused": Rule(
        expected="200 for a genuine webhook",
        defect="the signature is computed wrongly: over parsed and re-written JSON, without the "
        "app key in front, by the scheme of another product, or read from another header",
    ),
    "genuine_dropped": Rule(
        expected="200 for one of the five attempts",
        defect="the receiver fails or is too slow (3 seconds) for each attempt; it works on the "
        "webhook before it answers",
    ),
    "sent_again_needlessly": Rule(
        expected="200, which ends the delivery",
        defect="the receiver answers what it took with 201, 202, 204 or a redirect; the platform "
        "knows 200 only and sends it four times more",
    ),
}
ATTEMPTS = 5

_NEVER_ACCEPTED = (
    "not one of {count} genuine deliveries was accepted: either the signature never gets to the "
    "check, because a gate, proxy or framework before it takes the header Authorization for a "
    "log-in of its own; or it is computed wrongly: over parsed and re-written JSON, without the "
    "app key in front, by the scheme of another product, under a secret that was replaced, or read "
    "from another header. Log which "
    "headers arrive, then compare with `tts-chaos webhooks`, which signs as the platform does"
)


@oracle(
    name=NAME,
    kind="safety",
    summary="Genuine webhooks are accepted, at the latest when they are sent again.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Judge the answers to genuine deliveries; none while the app secret was just rotated."""
    findings, counts = Findings(RULES), Counter[str]()
    sent = [record for record in history.of(WebhookSent) if record.genuine]
    accepted = {record.notification for record in sent if 200 <= record.status < 300}
    _find_needless(sent, findings)
    for record in sent:
        counts["deliveries"] += 1
        counts["accepted"] += 200 <= record.status < 300
        counts["acknowledged_oddly"] += _is_odd(record.status)
        if 400 <= record.status < 500 and record.status not in (408, 425, 429):
            if not _has_stale_secret(history, record.index):
                findings.add(
                    "genuine_refused",
                    f"a genuine webhook of type {record.type} was answered {record.status}",
                    actual=str(record.status),
                    defect="" if accepted else _NEVER_ACCEPTED.format(count=len(sent)),
                    index=record.index,
                )
        elif record.attempt >= ATTEMPTS and record.notification not in accepted:
            findings.add(
                "genuine_dropped",
                f"all {ATTEMPTS} deliveries of webhook {record.notification} failed, the last with "
                f"{record.status or 'no answer'}",
                actual=str(record.status),
                index=record.index,
            )
    return report(
        NAME,
        saw=len(sent),
        findings=findings.all(),
        counts=dict(counts),
        reason="" if sent else "no webhook was sent",
    )


def _find_needless(sent: list[WebhookSent], findings: Findings) -> None:
    """Look for webhooks that came again because they were taken under another status than 200.

    Source: protocol facts, section 6 (documented: 200 and 401 acknowledge, nothing else).
    """
    taken = {(x.notification, x.shop, x.attempt): x.status for x in sent if _is_odd(x.status)}
    for record in sent:
        status = taken.get((record.notification, record.shop, record.attempt - 1))
        if status:
            findings.add(
                "sent_again_needlessly",
                f"webhook {record.notification} was answered {status} and sent again",
                actual=str(status),
                index=record.index,
            )


def _is_odd(status: int) -> bool:
    return 200 < status < 400


def _has_stale_secret(history: History, index: int) -> bool:
    """Whether the app's keys changed before and no operator has told the integration yet."""
    changed = [
        record.index
        for record in history.of(Committed)
        if record.change.startswith("app.") and record.index < index
    ]
    told = [a.begin for a in actions_of(history).named("reconfigure") if a.begin < index]
    return bool(changed) and max(told, default=-1) < changed[-1]
