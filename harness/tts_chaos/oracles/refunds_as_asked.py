"""The platform gives back what the integration was asked to give, once and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tts_chaos.core.history import Committed, Exchange, History, OpKind, Truth
from tts_chaos.oracles.actions import Action, actions_of
from tts_chaos.oracles.beliefs import as_decimal, true_orders
from tts_chaos.oracles.calls import operation_name
from tts_chaos.oracles.codes import describe, is_outcome_unknown
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.refunds import (
    asked_amounts,
    body_of,
    refund_writes,
    requests_of,
    spell,
    started_by_seller,
)

__all__ = ["judge"]

NAME = "refunds_as_asked"
RULES = {
    "refunded_twice": Rule(
        expected="one refund on the platform for each that was asked for",
        defect="a refund or cancellation whose answer was lost is sent again without a look and "
        "without its idempotency key, and takes further units of the order",
    ),
    "given_other_than_asked": Rule(
        expected="the amount that refund() was asked for",
        defect="the amount asked for is not sent (refund_total), or in another unit, so that the "
        "platform gives back everything or something else",
    ),
    "refund_did_nothing": Rule(
        expected="money back on the platform, or an error",
        defect="the refusal is not read (a code inside HTTP 200), or the order is passed over in "
        "silence, and the buyer waits for the money",
    ),
}
_STARTED: Mapping[str, str] = {"refund": "return.requested", "cancel": "cancellation.requested"}
"""Action, and the change that a request of the seller begins with."""


@oracle(
    name=NAME,
    kind="safety",
    summary="refund() and cancel() give back on the platform what they were asked for, once.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Follow each action from what it was asked to what the platform did."""
    findings = Findings(RULES)
    actions = actions_of(history).named(*_STARTED)
    for action in actions:
        _judge_success(history, action, findings)
    for name, change in _STARTED.items():
        by_order: dict[str, list[Action]] = {}
        for action in actions:
            order_id, _ = asked_amounts(action.arguments)
            if action.name == name:
                by_order.setdefault(order_id, []).append(action)
        started = _started(history, change)
        for order_id in dict.fromkeys((*by_order, *started)):
            _judge_count(
                history, order_id, by_order.get(order_id, []), started.get(order_id, []), findings
            )
        if name == "refund":
            for order_id, asked in by_order.items():
                _judge_amounts(history, order_id, asked, findings)
    return report(
        NAME,
        saw=len(actions),
        findings=findings.all(),
        counts={"asked": len(actions)},
        reason="" if actions or findings else "nothing was refunded or cancelled by the seller",
    )


def _started(history: History, change: str) -> dict[str, list[Committed]]:
    started: dict[str, list[Committed]] = {}
    for commit in history.of(Committed):
        order_id = started_by_seller(commit.after) if commit.change == change else ""
        if order_id:
            started.setdefault(order_id, []).append(commit)
    return started


def _judge_success(history: History, action: Action, findings: Findings) -> None:
    truth = next((t for t in history.of(Truth) if t.index > action.end), None)
    order_id, _ = asked_amounts(action.arguments)
    if action.kind is not OpKind.OK or truth is None:
        return
    order = true_orders(truth).get(order_id)
    requests = requests_of(truth).get(order_id, [])
    if any(request.amount for request in requests):
        return
    if action.name == "cancel" and order is not None and order.raw.get("status") == "CANCELLED":
        return
    writes = [x for x in refund_writes(history, order_id, requests) if x.index < action.end]
    last = writes[-1] if writes else None
    why = f"; call {last.call} was answered by {describe(last)}" if last is not None else ""
    findings.add(
        "refund_did_nothing",
        f"{action.name}({order_id}) reported success, and nothing was given back{why}",
        actual="nothing given back",
        index=action.end,
    )


def _judge_count(
    history: History,
    order_id: str,
    asked: Sequence[Action],
    started: Sequence[Committed],
    findings: Findings,
) -> None:
    if len(started) <= max(1, len(asked)):
        return
    calls = {x.call: x for x in history.of(Exchange)}
    causes = [calls[commit.call] for commit in started if commit.call in calls]
    repeated = _repeated(causes)
    if not asked and not repeated:
        # Who refunds of its own accord may well mean it twice, unless it is the same call again.
        return
    shown = f" (calls {', '.join(str(x.call) for x in causes)})" if causes else ""
    why = f": call {repeated.call} ended with {describe(repeated)}" if repeated else ""
    findings.add(
        "refunded_twice",
        f"order {order_id}: {max(1, len(asked))} refund was asked for, and the platform was made "
        f"to give {len(started)}{shown}{why}",
        actual=f"{len(started)} refunds",
        index=started[-1].index,
        weight=len(started),
    )


def _repeated(causes: Sequence[Exchange]) -> Exchange | None:
    """Return a call of unknown outcome that was sent again, word for word but for its key."""
    for position, cause in enumerate(causes):
        alike = (operation_name(cause), body_of(cause))
        again = any((operation_name(x), body_of(x)) == alike for x in causes[position + 1 :])
        if again and (is_outcome_unknown(cause) or cause in causes[position + 1 :]):
            return cause
    return None


def _judge_amounts(
    history: History, order_id: str, asked: Sequence[Action], findings: Findings
) -> None:
    amounts = {as_decimal(asked_amounts(action.arguments)[1]) for action in asked}
    truths = history.of(Truth)
    if None in amounts or not truths:
        # One of them asked for all that was left, whatever that was.
        return
    for request in requests_of(truths[-1]).get(order_id, []):
        if request.role == "SELLER" and request.amount and request.amount not in amounts:
            wanted = min(amount for amount in amounts if amount is not None)
            findings.add(
                "given_other_than_asked",
                f"refund({order_id}) was asked for {spell(wanted, request.currency)}, and the "
                f"platform was made to give {spell(request.amount, request.currency)}",
                expected=spell(wanted, request.currency),
                actual=spell(request.amount, request.currency),
                index=asked[-1].end,
                weight=float(abs(request.amount - (wanted or Decimal(0)))),
            )
