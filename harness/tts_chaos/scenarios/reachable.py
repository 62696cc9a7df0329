"""A fault that no request of the scenario can meet is refused: it would look like one survived.

What a particular integration calls nobody knows; what an action of its kind may sensibly call is a
table (`typing.ACTION_REACH`), wide enough to refuse only what makes no sense.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import CipherRule, Operation, is_write, matches_operation
from tts_chaos.faults.fault import Trigger
from tts_chaos.scenarios.model import (
    ActionStep,
    FaultStep,
    LiftStep,
    Limits,
    PlatformStep,
    Step,
    WaitStep,
)
from tts_chaos.scenarios.shape import Place
from tts_chaos.typing import ACTION_REACH
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["check_meetable", "check_reachable", "steps_under"]

_HOSTS = {"api": API_HOST, "auth": AUTH_HOST}
_WHILE_TIME_PASSES = ("deliver_webhook", "sync_orders", "flush")
"""Webhooks arrive, and programs with a schedule of their own go on."""


def steps_under(steps: Sequence[Step], index: int) -> list[Step]:
    """Return the steps during which the fault armed at `index` is armed."""
    armed = steps[index]
    assert isinstance(armed, FaultStep)
    under: list[Step] = []
    for step in steps[index + 1 :]:
        if isinstance(step, LiftStep) and step.id == armed.id:
            break
        under.append(step)
    return under


def check_reachable(steps: Sequence[Step], index: int, limits: Limits, place: Place) -> None:
    """Check the fault armed at `index`.

    Raises:
        ScenarioError: If no request can meet it; names the key of the trigger and what to change.
    """
    step = steps[index]
    assert isinstance(step, FaultStep)
    check_meetable(step, limits, place)
    if step.fault.target == "requests" and step.trigger.operation is not None:
        meant = _meant(step.trigger)
        _check_actions(step.trigger, meant, steps_under(steps, index), place)


def check_meetable(step: FaultStep, limits: Limits, place: Place) -> None:
    """Check whether any request at all, or webhook, can meet a fault.

    Raises:
        ScenarioError: If none can; names the key of the trigger and what to change.
    """
    _check_numbers(step.trigger, limits, place)
    _check_webhook(step.trigger, place)
    if step.fault.target == "requests":
        _check_conditions(step.trigger, _meant(step.trigger), place)


def _check_numbers(trigger: Trigger, limits: Limits, place: Place) -> None:
    if trigger.call > limits.calls:
        raise place.at("call").error(
            f"request {trigger.call} is never sent, as a run ends after {limits.calls} requests "
            "(limits.calls); count from 1 since the fault was armed"
        )
    if trigger.after_ms + (trigger.for_ms or 0) > limits.fault_ms:
        key = "after_ms" if trigger.after_ms > limits.fault_ms else "for_ms"
        raise place.at(key).error(
            f"every fault ends {limits.fault_ms} ms after it was armed (limits.fault_ms), before "
            "this one is over; raise the limit or shorten the fault"
        )


def _check_webhook(trigger: Trigger, place: Place) -> None:
    known = load_contracts().webhooks
    if trigger.on_webhook is not None and trigger.on_webhook not in known:
        numbers = ", ".join(str(type) for type in sorted(known))
        raise place.at("on_webhook").error(
            f"there is no webhook type {trigger.on_webhook}; expected one of {numbers}"
        )


def _meant(trigger: Trigger) -> list[Operation]:
    return [
        operation
        for operation in load_contracts().operations.values()
        if trigger.operation is None or matches_operation(trigger.operation, operation.id)
    ]


def _check_conditions(trigger: Trigger, meant: Sequence[Operation], place: Place) -> None:
    """Refuse conditions that no operation fulfils together."""
    what = f"{trigger.operation!r}" if trigger.operation else "what is called there"
    if trigger.host is not None:
        meant = [row for row in meant if row.host == _HOSTS[trigger.host]]
        if not meant:
            other = "auth" if trigger.host == "api" else "api"
            raise place.at("host").error(
                f"{what} is not on the host {trigger.host!r}; write {other!r}, or leave host out"
            )
    if trigger.shop is not None:
        meant = [row for row in meant if _names_a_shop(row)]
        if not meant:
            raise place.at("shop").error(
                f"calls of {what} name no shop, so that the fault would meet none; leave shop out"
            )
    if trigger.operation is not None and not meant:
        raise place.at("operation").error(
            f"no operation matches {what}, so that the fault would meet none"
        )
    if trigger.only is not None and not any(_kind_of(row) == trigger.only for row in meant):
        raise place.at("only").error(f"none of {what} is among the {trigger.only}; leave only out")


def _names_a_shop(operation: Operation) -> bool:
    return not operation.is_token_call and operation.cipher is not CipherRule.REFUSED


def _kind_of(operation: Operation) -> str:
    changes = operation.is_token_call or is_write(operation.method, operation.path)
    return "writes" if changes else "reads"


def _check_actions(
    trigger: Trigger, meant: Sequence[Operation], under: Sequence[Step], place: Place
) -> None:
    """Refuse an operation that nothing calls while the fault is armed."""
    actions = list(dict.fromkeys(action for step in under for action in _acting(step)))
    if any(_may_call(action, operation) for action in actions for operation in meant):
        return
    able = [
        action
        for action in ACTION_REACH
        if any(_may_call(action, operation) for operation in meant)
    ]
    hint = f"; {' or '.join(able)} may" if able else "; no action of an integration does"
    raise place.at("operation").error(
        f"nothing calls {trigger.operation!r} while the fault is armed: "
        f"{', '.join(actions)} {'does' if len(actions) == 1 else 'do'} not{hint}"
    )


def _acting(step: Step) -> Iterator[str]:
    match step:
        case ActionStep():
            yield step.action
        case PlatformStep():
            yield "deliver_webhook"
        case WaitStep():
            yield from _WHILE_TIME_PASSES


def _may_call(action: str, operation: Operation) -> bool:
    return operation.domain in ACTION_REACH[action]
