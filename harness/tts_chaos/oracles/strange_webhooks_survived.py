"""A webhook of an odd shape is answered, and neither breaks the receiver nor keeps coming.

A receiver stands on the open internet. What it cannot read it may refuse with any 4xx; an answer of
5xx, or none, says that it broke. A type it does not know is genuine all the same: 200 ends it, and
everything but 200 and 401 brings it four times more. Source: protocol facts, section 6 (which
answers end a delivery: documented; that new types come without notice: pitfall H12, documented).
"""

from __future__ import annotations

from collections import Counter

from tts_chaos.core.history import Completed, History, WebhookSent
from tts_chaos.oracles.actions import Actions, actions_of
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.strangeness import Strangeness, strangers

__all__ = ["judge"]

NAME = "strange_webhooks_survived"
RULES = {
    "receiver_broke": Rule(
        expected="200 or a refusal such as 400, 401 or 413",
        defect="the receiver reads the body before it checks the signature, or trusts its shape: a "
        "field that is missing, a body that is no JSON or too large for its column raises",
    ),
    "unknown_type_refused": Rule(
        expected="200 for a genuine webhook of a type that is not handled",
        defect="types are listed by name and everything else is refused, so that each new type of "
        "the platform is sent five times and counted as a failing receiver",
    ),
}
_JUDGED = {
    Strangeness.UNKNOWN_TYPE: "of an unknown type",
    Strangeness.ODD: "of an odd shape",
    Strangeness.FORGED: "without a genuine signature",
    Strangeness.FOREIGN: "of another shop",
}


@oracle(
    name=NAME,
    kind="safety",
    summary="Webhooks of odd shape or unknown type are answered, and break nothing.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Look at the answers to strange deliveries; those given while the API fails are excused."""
    findings, counts, saw = Findings(RULES), Counter[str](), 0
    deliveries = _Deliveries(history)
    for record, kind in strangers(history):
        if kind not in _JUDGED:
            continue
        broke = not 0 < record.status < 500
        if broke and deliveries.was_disturbed(record):
            counts["disturbed"] += 1
            continue
        counts[kind.value] += 1
        saw += 1
        if broke:
            findings.add(
                "receiver_broke",
                f"a webhook {_JUDGED[kind]} was answered {record.status or 'not at all'}",
                actual=str(record.status or "no answer"),
                index=record.index,
            )
        elif kind is Strangeness.UNKNOWN_TYPE and record.status >= 300:
            findings.add(
                "unknown_type_refused",
                f"a genuine webhook of type {record.type}, which is new, was answered "
                f"{record.status}",
                actual=str(record.status),
                index=record.index,
            )
    return report(
        NAME,
        saw=saw,
        findings=findings.all(),
        counts=dict(counts),
        reason="" if saw else "no strange webhook was sent",
    )


class _Deliveries:
    """The calls by which webhooks were delivered, to ask what happened around one of them."""

    def __init__(self, history: History) -> None:
        self._actions: Actions = actions_of(history)
        self._ends = [r for r in history.of(Completed) if r.action == "deliver_webhook"]
        self._genuine = [record for record in history.of(WebhookSent) if record.genuine]

    def was_disturbed(self, sent: WebhookSent) -> bool:
        """Whether the receiver had trouble of another kind: a failed call, or it fails for all.

        An integration that takes no webhooks at all, or is down, says nothing about strange ones.
        """
        if self._genuine and not any(0 < record.status < 500 for record in self._genuine):
            return True
        ended = [record for record in self._ends if record.index < sent.index]
        if not ended:
            return False
        action = next(each for each in self._actions.all if each.op == ended[-1].op)
        return any(not call.succeeded for call in self._actions.exchanges_during(action))
