"""A fault that another always hides is refused: where no answer comes, none can be altered.

    one that             hides, on the same requests, another that
    breaks connections   does anything to requests or answers, or to the platform while it is armed
    answers instead      answers instead as well (the first armed counts), rewrites or repeats
                         requests, or changes the platform while it is armed

Only a fault that acts on every request of its trigger, without chance and without a limit of times,
hides others. What a fault leaves behind when it is lifted (an expired token) is met afterwards, so
nothing hides it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import Operation, is_write, matches_operation
from tts_chaos.core.entropy import Entropy
from tts_chaos.faults.effect import (
    AlterAnswer,
    AnswerInstead,
    ApplyLater,
    BreakConnection,
    Effect,
    Moment,
    PlatformCommand,
    RepeatRequest,
    RewriteRequest,
    SlowAnswer,
)
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.scenarios.model import FaultStep, LiftStep, Step
from tts_chaos.scenarios.reachable import steps_under
from tts_chaos.scenarios.shape import Place
from tts_chaos.wire.message import API_HOST, AUTH_HOST, ApiRequest

__all__ = ["check_hidden", "check_shadowed"]

_SAMPLES = 16
"""Draws of chance after which a fault that always did the same counts as one that always does."""

_BEFORE_THE_PLATFORM = (RewriteRequest, RepeatRequest, ApplyLater, PlatformCommand)
_BEHIND_A_BREAK = (*_BEFORE_THE_PLATFORM, AnswerInstead, AlterAnswer, SlowAnswer, BreakConnection)
_BEHIND_AN_ANSWER = (*_BEFORE_THE_PLATFORM, AnswerInstead)


def check_shadowed(steps: Sequence[Step], index: int, place: Place) -> None:
    """Check whether another fault hides the one armed at `index` as long as it is armed.

    Raises:
        ScenarioError: Naming the other.
    """
    hidden = steps[index]
    assert isinstance(hidden, FaultStep)
    if hidden.fault.target != "requests":
        return
    for other_index, other in enumerate(steps):
        if not isinstance(other, FaultStep) or other_index == index:
            continue
        if _covers_in_time(steps, other_index, index) and _hides(
            other, hidden, is_first=other_index < index
        ):
            raise place.at("fault").error(
                f"step {other_index} ({other.id!r}) {_does(other.fault)} on each request that "
                f"{hidden.id!r} could act on, as long as it is armed, so that this one never "
                "shows; lift the other first, or limit it by operation, call, times or for_ms"
            )


def check_hidden(hidden: FaultStep, armed: Sequence[FaultStep], place: Place) -> None:
    """Check whether one of the faults armed before hides another, as long as both are armed.

    Raises:
        ScenarioError: Naming the one that hides it.
    """
    other = next((other for other in armed if _hides(other, hidden, is_first=True)), None)
    if other is not None:
        raise place.at("fault").error(
            f"{other.id!r} {_does(other.fault)} on each request that {hidden.fault.name!r} could "
            "act on, as long as it is armed, so that this one never shows; lift it first, or limit "
            "it by operation, call, times or for_ms"
        )


def _covers_in_time(steps: Sequence[Step], other: int, hidden: int) -> bool:
    """Whether one fault is armed during every step that does something under the other."""
    own = [
        step for step in steps_under(steps, hidden) if not isinstance(step, FaultStep | LiftStep)
    ]
    others = steps_under(steps, other)
    return all(any(step is one for one in others) for step in own)


def _hides(other: FaultStep, hidden: FaultStep, *, is_first: bool) -> bool:
    if {other.fault.target, hidden.fault.target} != {"requests"} or not _acts_always(other.trigger):
        return False
    if not _covers_requests(other.trigger, hidden.trigger) or _lasts(hidden.fault):
        return False
    always = _always(other.fault)
    asked = _ever(hidden.fault)
    if not asked or always is None:
        return False
    if always is BreakConnection:
        breaks = any(issubclass(kind, BreakConnection) for kind in asked)
        # Of two that break connections the first counts.
        return all(issubclass(kind, _BEHIND_A_BREAK) for kind in asked) and (is_first or not breaks)
    return all(issubclass(kind, _BEHIND_AN_ANSWER) for kind in asked) and is_first


def _acts_always(trigger: Trigger) -> bool:
    return (
        trigger.times is None
        and trigger.call == 1
        and trigger.every == 1
        and trigger.after_ms == 0
        and trigger.for_ms is None
        and trigger.on_webhook is None
    )


def _covers_requests(wide: Trigger, narrow: Trigger) -> bool:
    """Whether each request of one trigger is one of the other, as far as that is certain."""
    if wide.shop is not None and wide.shop != narrow.shop:
        return False
    meant = [row for row in load_contracts().operations.values() if _concerns(narrow, row)]
    if narrow.operation is None and (wide.operation is not None or wide.only is not None):
        # It acts on requests as well that are no operation at all.
        return False
    return all(_concerns(wide, row) for row in meant)


def _concerns(trigger: Trigger, operation: Operation) -> bool:
    host = {None: None, "api": API_HOST, "auth": AUTH_HOST}[trigger.host]
    changes = operation.is_token_call or is_write(operation.method, operation.path)
    return (
        host in (None, operation.host)
        and trigger.only in (None, "writes" if changes else "reads")
        and (trigger.operation is None or matches_operation(trigger.operation, operation.id))
    )


def _lasts(fault: Fault) -> bool:
    """Whether the fault changes the platform in a way that lifting does not undo."""
    return bool(fault.begin()) and not fault.end()


def _sampled(fault: Fault) -> list[tuple[Effect, ...]]:
    request = ApiRequest(method="GET", path="/")
    return [
        fault.effects(
            Moment(
                request=request,
                operation="",
                shop="",
                now_ms=0,
                hits=hits,
                entropy=Entropy(f"{fault.name}/{hits}"),
            )
        )
        for hits in range(_SAMPLES)
    ]


def _always(fault: Fault) -> type | None:
    """Return what the fault does to each request that ends its way; None where it lets some by."""
    kinds = {_ends(effects) for effects in _sampled(fault)}
    return kinds.pop() if len(kinds) == 1 else None


def _ends(effects: tuple[Effect, ...]) -> type | None:
    for effect in effects:
        if isinstance(effect, BreakConnection) and not effect.after_commit:
            return BreakConnection
    return AnswerInstead if any(isinstance(e, AnswerInstead) for e in effects) else None


def _ever(fault: Fault) -> set[type]:
    """Return every kind of effect that the fault may have on a request or the platform."""
    kinds: set[type] = {type(effect) for effects in _sampled(fault) for effect in effects}
    kinds.update(type(command) for command in fault.begin())
    return kinds


def _does(fault: Fault) -> str:
    return "breaks the connection" if _always(fault) is BreakConnection else "answers by itself"
