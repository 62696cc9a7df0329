"""An action that met an error it could not mend does not report success.

A failed request is mended when a later one in the same action brings what it should have brought:
the same call, the same operation in another version, the list read anew from its start, the same
ids in other portions, or a read that shows a write done whose answer was lost. A push may be mended
later: an outbox says "accepted", not "done".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tts_chaos.core.history import (
    Exchange,
    FaultEvent,
    FaultMoment,
    History,
    OpKind,
    StepTaken,
)
from tts_chaos.oracles.actions import Action, Actions, actions_of
from tts_chaos.oracles.calls import is_write, key_of, operation_name
from tts_chaos.oracles.codes import Meaning, describe, meaning_of
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.stock_writes import decoded
from tts_chaos.oracles.targets import ids_named, tells_of
from tts_chaos.oracles.tokens import is_token_call

__all__ = ["judge"]

NAME = "errors_not_success"
RULES = {
    "error_swallowed": Rule(
        expected="the action fails, or says what is missing",
        defect="the error is caught and taken for an empty result; the run reports success",
    ),
    "code_ignored": Rule(
        expected="an envelope code other than 0 is a failure, whatever the HTTP status",
        defect="success is judged by HTTP status 200 alone; the envelope's code is not read",
    ),
    "broken_body_ignored": Rule(
        expected="a body that is no complete envelope is a failure",
        defect="an unreadable body becomes an empty object and counts as success",
    ),
    "partial_failure_ignored": Rule(
        expected="each entry of $.data.errors[] is dealt with",
        defect="code 0 is taken for complete success; $.data.errors[] of a batch is not read",
    ),
    "nothing_reached": Rule(
        expected="an action that reached nobody fails",
        defect="connection errors are caught and the run reports success",
    ),
}
STRICT = ("sync_orders",)
"""Actions whose success says that everything was read."""

DEFERRABLE = ("push_stock", "ship", "cancel", "refund", "flush", "deliver_webhook")
"""Actions that may accept work now and do it later."""

_DONE = (
    "the error is caught and the work is marked done although it failed: nothing would take it up"
    " again, and the run reports success"
)
"""What it means where an action is to change something."""

_CONFESSIONS = ("error", "errors", "failed", "failures", "incomplete", "partial", "pending")


@oracle(
    name=NAME,
    kind="safety",
    summary="No action reports success after an error that nothing made up for.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Judge every action that ended OK and alone; parallel ones cannot be told apart."""
    findings = Findings(RULES)
    actions = actions_of(history)
    everything = history.exchanges()
    done_late = _done_late(history)
    judged = 0
    for action in actions.named(*STRICT, *DEFERRABLE):
        if action.kind is not OpKind.OK or not actions.is_alone(action) or _confesses(action):
            continue
        exchanges = actions.exchanges_during(action)
        judged += bool(exchanges)
        later = exchanges if action.name in STRICT else everything
        for failed in _last_failures(exchanges):
            if not _is_mended(failed, later, done_late):
                _add(findings, action, failed)
        if action.name in STRICT and not exchanges:
            judged += _judge_silence(history, actions, action, findings)
    return report(
        NAME,
        saw=judged,
        findings=findings.all(),
        counts={"successes": judged},
        reason="" if judged else "no action reported success",
    )


def _confesses(action: Action) -> bool:
    """Whether the value returned says that something is missing."""
    value = action.value
    if not isinstance(value, Mapping):
        return value is False
    return value.get("ok") is False or any(value.get(word) for word in _CONFESSIONS)


def _last_failures(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return the last failed attempt of each call, where the failure is the client's to see."""
    failed = {
        key_of(exchange): exchange
        for exchange in exchanges
        if exchange.fate != "unfinished" and _has_failed(exchange)
    }
    return list(failed.values())


def _has_failed(exchange: Exchange) -> bool:
    return not exchange.succeeded or _has_partial_failure(exchange)


def _has_partial_failure(exchange: Exchange) -> bool:
    if not is_write(exchange) or '"errors"' not in exchange.response_body:
        return False
    data = decoded(exchange.response_body).get("data")
    return isinstance(data, Mapping) and bool(data.get("errors"))


def _done_late(history: History) -> dict[int, int]:
    """Return the calls that the platform did long after their answers, each with the moment."""
    late = (step for step in history.of(StepTaken) if step.kind == "applied late")
    return {step.value["call"]: step.index for step in late if step.value["done"]}


def _is_mended(
    failed: Exchange, exchanges: Sequence[Exchange], done_late: Mapping[int, int]
) -> bool:
    """Whether a later success brought what `failed` did not bring."""
    if is_token_call(failed):
        # What counts is whether the calls that needed the token went through.
        return True
    successes = [x for x in exchanges if x.call > failed.call and not _has_failed(x)]
    same_shop = [x for x in successes if x.shop == failed.shop]
    if any(key_of(later) == key_of(failed) for later in same_shop):
        return True
    name = operation_name(failed)
    alike = [later for later in same_shop if operation_name(later) == name]
    if is_write(failed):
        tries = [x for x in exchanges if key_of(x) == key_of(failed)]
        if any(_is_confirmed(each, same_shop, done_late) for each in tries):
            return True
        return any(_is_newer(failed, x) for x in alike)
    wanted = _ids(failed)
    if wanted:
        return wanted <= set().union(*(_ids(later) for later in alike))
    pages = (None, "", failed.parameter("page_token"))
    return any(later.parameter("page_token") in pages for later in alike)


def _is_confirmed(
    failed: Exchange, later: Sequence[Exchange], done_late: Mapping[int, int]
) -> bool:
    """Whether a write took effect although its answer was lost, and the client looked afterwards.

    What the platform refused inside code 0 did not take effect, and its answer was not lost.
    """
    since = failed.index if failed.committed else done_late.get(failed.call)
    if failed.succeeded or since is None:
        return False
    ids = ids_named(failed)
    return any(tells_of(x, ids) for x in later if not is_write(x) and x.index > since)


def _ids(exchange: Exchange) -> set[str]:
    return set(filter(None, (exchange.parameter("ids") or "").split(",")))


def _is_newer(failed: Exchange, later: Exchange) -> bool:
    """Whether a later write to the same place replaces the failed one, whatever its version."""
    return failed.path.split("/")[3:] == later.path.split("/")[3:]


def _add(findings: Findings, action: Action, failed: Exchange) -> None:
    if failed.succeeded:
        rule = "partial_failure_ignored"
    elif failed.fate == "answered" and 200 <= failed.status < 300:
        rule = "broken_body_ignored" if failed.code is None else "code_ignored"
    else:
        rule = "error_swallowed"
    told = "code 0 with errors" if failed.succeeded else describe(failed)
    kind = " (token)" if meaning_of(failed) is Meaning.TOKEN else ""
    findings.add(
        rule,
        f"{action.name}() reported success although {failed.method} {failed.path} "
        f"(call {failed.call}) ended with {told}{kind} and was never made good",
        actual="reported success",
        defect=_DONE if rule == "error_swallowed" and action.name in DEFERRABLE else "",
        index=action.end,
    )


def _judge_silence(history: History, actions: Actions, action: Action, findings: Findings) -> int:
    """Judge an action that sent nothing because nothing could be reached; returns 1 if it did."""
    blocked = [
        event
        for event in history.of(FaultEvent)
        if event.moment is FaultMoment.FIRED and event.inferred and _belongs(event, action, actions)
    ]
    if blocked:
        findings.add(
            "nothing_reached",
            f"{action.name}() reported success although {blocked[0].name} kept every request away",
            actual="reported success",
            index=action.end,
        )
    return len(blocked[:1])


def _belongs(event: FaultEvent, action: Action, actions: Actions) -> bool:
    """Whether a firing was concluded from this action: during it, or before the next one."""
    return event.index > action.begin and not actions.begun_between(action.begin, event.index)
