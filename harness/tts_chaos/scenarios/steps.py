"""Reads one step of a scenario: a fault, an action, a command of the platform, a wait, a lift."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tts_chaos.core.registry import nearest
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.scenarios.model import (
    ActionStep,
    FaultStep,
    LiftStep,
    PlatformStep,
    Step,
    WaitStep,
)
from tts_chaos.scenarios.shape import Place, convert, refuse_unknown_keys
from tts_chaos.typing import ACTIONS

__all__ = ["parse_fault", "parse_step"]

_TRIGGER_KEYS = tuple(field.encode_name for field in msgspec.structs.fields(Trigger))
_LONGEST_MS = 400 * 86_400_000
"""More than a year of one wait or window is a unit mistaken, not an experiment."""


def parse_step(value: Any, place: Place) -> Step:
    """Return the step that `value`, a table, describes.

    Raises:
        ScenarioError: If it is none of the kinds, or wrong inside.
    """
    if not isinstance(value, Mapping):
        raise place.error(f"expected a table, got {value!r}")
    kinds = [kind for kind in _PARSERS if kind in value]
    if len(kinds) == 1:
        return _PARSERS[kinds[0]](value, place)
    names = ", ".join(_PARSERS)
    if kinds:
        raise place.error(f"a step is one thing, but this has {' and '.join(kinds)}; split it")
    for key in value:
        close = nearest(key, _PARSERS)
        if close:
            raise place.at(key).error(f"unknown key {key!r}. Did you mean {close!r}?")
    raise place.error(f"a step needs one of the keys {names}")


def parse_fault(value: Mapping[str, Any], place: Place) -> FaultStep:
    """Return the fault that a table describes: its name, settings and trigger in one flat table.

    Raises:
        ScenarioError: If fault, setting or trigger is unknown or wrong.
    """
    name = value.get("fault")
    if not isinstance(name, str) or name not in FAULTS:
        raise place.at("fault").error(FAULTS.describe_unknown(str(name)))
    kind = FAULTS[name]
    settings = [field.encode_name for field in msgspec.structs.fields(kind)]
    refuse_unknown_keys(value, ["fault", "id", *settings, *_TRIGGER_KEYS], place)
    fault = convert({k: v for k, v in value.items() if k in settings}, kind, place)
    given = {k: v for k, v in value.items() if k in _TRIGGER_KEYS}
    default = msgspec.structs.asdict(kind.default_trigger)
    trigger = convert({**default, **given}, Trigger, place)
    _check_settings(fault, place)
    _check_trigger(trigger, place)
    id = value.get("id", name)
    if not isinstance(id, str) or not id:
        raise place.at("id").error(f"expected a name, got {id!r}")
    return FaultStep(id=id, fault=fault, trigger=trigger)


def _check_settings(fault: Fault, place: Place) -> None:
    for key, value in msgspec.structs.asdict(fault).items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if value < 0:
            raise place.at(key).error(f"expected 0 or more, got {value!r}")
        if key.endswith("_ms") and value > _LONGEST_MS:
            raise place.at(key).error(f"{value} ms is more than a year; the unit is milliseconds")
        if key.endswith("_ratio") and value > 1:
            raise place.at(key).error(f"expected a ratio from 0 to 1, got {value!r}")


def _check_trigger(trigger: Trigger, place: Place) -> None:
    if trigger.call < 1:
        raise place.at("call").error(f"calls are counted from 1, got {trigger.call}")
    if trigger.every < 1:
        raise place.at("every").error(f"expected 1 or more, got {trigger.every}")
    if trigger.times is not None and trigger.times < 1:
        raise place.at("times").error(
            f"a fault that hits {trigger.times} requests never fires; leave the key out for all"
        )
    if trigger.host not in (None, "api", "auth"):
        raise place.at("host").error(f"expected 'api' or 'auth', got {trigger.host!r}")
    for key in ("after_ms", "for_ms"):
        value = getattr(trigger, key)
        if value is not None and not 0 <= value <= _LONGEST_MS:
            raise place.at(key).error(f"expected 0 to {_LONGEST_MS} milliseconds, got {value}")


def _parse_action(value: Mapping[str, Any], place: Place) -> ActionStep:
    step = convert(value, ActionStep, place)
    if step.action not in ACTIONS:
        close = nearest(step.action, ACTIONS)
        hint = f" Did you mean {close!r}?" if close else f" Known: {', '.join(ACTIONS)}."
        raise place.at("action").error(f"there is no action {step.action!r}.{hint}")
    for key in ("repeat", "parallel"):
        if not 1 <= getattr(step, key) <= 1000:
            raise place.at(key).error(f"expected 1 to 1000, got {getattr(step, key)}")
    return step


def _parse_platform(value: Mapping[str, Any], place: Place) -> PlatformStep:
    command = value["platform"]
    if not isinstance(command, str):
        raise place.at("platform").error(f"expected the name of a command, got {command!r}")
    arguments = {key: argument for key, argument in value.items() if key != "platform"}
    return PlatformStep(command=command, arguments=arguments)


def _parse_wait(value: Mapping[str, Any], place: Place) -> WaitStep:
    step = convert(value, WaitStep, place)
    if not 1 <= step.wait_ms <= _LONGEST_MS:
        raise place.at("wait_ms").error(f"expected 1 to {_LONGEST_MS}, got {step.wait_ms}")
    return step


def _parse_lift(value: Mapping[str, Any], place: Place) -> LiftStep:
    refuse_unknown_keys(value, ["lift"], place)
    if not isinstance(value["lift"], str):
        raise place.at("lift").error(f"expected the id of an armed fault, got {value['lift']!r}")
    return LiftStep(id=value["lift"])


_PARSERS: dict[str, Callable[[Mapping[str, Any], Place], Step]] = {
    "fault": parse_fault,
    "action": _parse_action,
    "platform": _parse_platform,
    "wait_ms": _parse_wait,
    "lift": _parse_lift,
}
