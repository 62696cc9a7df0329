"""In whatever order webhooks arrive, what they left behind is the platform's present state.

An observation is judged where webhooks were delivered since the one before. An order must not have
taken a status that one of them told, and that the platform had left before the first of them was
delivered: whoever asked the API then would have been told better. A status that visibly goes back
is the matter of `status_never_backwards`. Source: protocol facts, section 6 (no ordering promise:
documented).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise

from tts_chaos.core.history import Committed, Exchange, History, Invoked, Observed, WebhookSent
from tts_chaos.oracles.beliefs import believed_orders, observations
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.order_states import can_follow
from tts_chaos.oracles.strangeness import claim_of

__all__ = ["judge"]

NAME = "newest_status_kept"
RULES = {
    "older_status_believed": Rule(
        expected="the platform's present status, or the one known before",
        defect="the status in a webhook is taken over as it comes; the order is not read again, or "
        "its update_time is not compared",
    ),
}


@oracle(
    name=NAME,
    kind="safety",
    summary="Webhooks that arrive in another order leave no older status behind.",
    observes=("orders",),
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Compare what is told after deliveries with what was told before, and with what was true."""
    findings = Findings(RULES)
    lives = _lives(history)
    genuine = {sent.body for sent in history.of(WebhookSent) if sent.genuine}
    saw = 0
    for before, after in pairwise(observations(history, "orders")):
        begin = _first_delivery(history, before, after)
        if begin is None:
            continue
        known = _statuses(before)
        claims = {
            claim_of(sent): sent
            for sent in history.of(WebhookSent)
            if begin.index < sent.index < after.index and sent.body in genuine
        }
        saw += bool(claims)
        for order, status in _statuses(after).items():
            earlier = known.get(order, status)
            if (order, status) not in claims or earlier == status:
                continue
            if not can_follow(earlier, status):
                continue
            true = _held_since(lives.get(order, []), begin.index, after.index)
            if true and status not in true:
                findings.add(
                    "older_status_believed",
                    f"order {order} became {status} by a webhook, and had been {true[-1]} on the "
                    "platform before that was delivered",
                    expected=true[-1],
                    actual=status,
                    index=claims[order, status].index,
                )
    return report(
        NAME,
        saw=saw,
        findings=findings.all(),
        counts={"compared": saw},
        reason="" if saw else "no orders were told before and after a webhook",
    )


def _first_delivery(history: History, before: Observed, after: Observed) -> Invoked | None:
    """Return the first delivery between two observations, where nothing was read before it."""
    begin = next(
        (
            record
            for record in history.of(Invoked)
            if before.index < record.index < after.index and record.action == "deliver_webhook"
        ),
        None,
    )
    if begin is None:
        return None
    for call in history.of(Exchange):
        is_between = before.index < call.index < after.index
        if is_between and (call.index < begin.index or call.started_ms < begin.at_ms):
            return None
    return begin


def _statuses(observed: Observed) -> dict[str, str]:
    orders = believed_orders(observed) or ()
    return {order.id: str(order.raw.get("status") or "") for order in orders}


def _lives(history: History) -> dict[str, list[tuple[int, str]]]:
    """Return each order's statuses on the platform, with the record by which it took them."""
    lives: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for record in history.of(Committed):
        status = record.after.get("status") if isinstance(record.after, Mapping) else None
        if record.change.startswith("order.") and status:
            lives[record.entity].append((record.index, str(status)))
    return lives


def _held_since(life: list[tuple[int, str]], begin: int, end: int) -> list[str]:
    """Return the statuses an order had from one record to another, the one it began with first."""
    earlier = [status for index, status in life if index < begin]
    return earlier[-1:] + [status for index, status in life if begin <= index < end]
