"""Reads one step of a scenario: a fault, an action, a command of the platform, a wait, a lift."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tts_chaos.core.registry import nearest
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.scenarios.model import (
    LONGEST_MS,
    ActionStep,
    FaultStep,
    KillStep,
    LiftStep,
    PlatformStep,
    PostStep,
    Step,
    WaitStep,
)
from tts_chaos.scenarios.placeholders import read_placeholder
from tts_chaos.scenarios.shape import Place, convert, refuse_unknown_keys
from tts_chaos.typing import ACTION_ARGUMENTS, ACTIONS

__all__ = ["STEPS", "TRIGGER_BOUNDS", "bounds_of", "parse_fault", "parse_step"]

_TRIGGER_KEYS = tuple(field.encode_name for field in msgspec.structs.fields(Trigger))
_LONGEST_S = LONGEST_MS // 1000


def parse_step(value: Any, place: Place) -> Step:
    """Return the step that `value`, a table, describes.

    Raises:
        ScenarioError: If it is none of the kinds, or wrong inside.
    """
    if not isinstance(value, Mapping):
        raise place.error(f"expected a table, got {value!r}")
    kinds = [kind for kind in STEPS if kind in value]
    if len(kinds) == 1:
        return STEPS[kinds[0]](value, place)
    names = ", ".join(STEPS)
    if kinds:
        raise place.error(f"a step is one thing, but this has {' and '.join(kinds)}; split it")
    for key in value:
        close = nearest(key, STEPS)
        if close:
            raise place.at(key).error(f"unknown key {key!r}. Did you mean {close!r}?")
    found = f", but this has only {', '.join(value)}" if value else ", but this is empty"
    raise place.error(f"a step needs one of the keys {names}{found}")


def parse_fault(value: Mapping[str, Any], place: Place) -> FaultStep:
    """Return the fault that a table describes: its name, settings and trigger in one flat table.

    Raises:
        ScenarioError: If fault, setting or trigger is unknown or wrong.
    """
    name = value.get("fault")
    if not isinstance(name, str):
        raise place.at("fault").error(f"expected the name of a fault, got {name!r}")
    if name not in FAULTS:
        raise place.at("fault").error(FAULTS.describe_unknown(name))
    kind = FAULTS[name]
    settings = [field.encode_name for field in msgspec.structs.fields(kind)]
    refuse_unknown_keys(value, ["fault", "id", *settings, *_TRIGGER_KEYS], place)
    fault = convert({k: v for k, v in value.items() if k in settings}, kind, place)
    given = {k: v for k, v in value.items() if k in _TRIGGER_KEYS}
    _check_target(kind, given, place)
    default = msgspec.structs.asdict(kind.default_trigger)
    trigger = convert({**default, **given}, Trigger, place)
    _check_settings(fault, place)
    _check_trigger(trigger, place)
    id = value.get("id", name)
    if not isinstance(id, str) or not id:
        raise place.at("id").error(f"expected a name, got {id!r}")
    return FaultStep(id=id, fault=fault, trigger=trigger)


def bounds_of(key: str) -> tuple[float, float | None]:
    """Return the least and the largest number that a setting of a fault may have, by its unit."""
    if key.endswith("_ms"):
        return 0, LONGEST_MS
    if key.endswith("_s") and not key.endswith("_per_s"):
        return 0, _LONGEST_S
    return 0, 1 if key.endswith("_ratio") else None


def _check_settings(fault: Fault, place: Place) -> None:
    for key, value in msgspec.structs.asdict(fault).items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        least, most = bounds_of(key)
        if not value >= least:
            raise place.at(key).error(f"expected {least:g} or more, got {value!r}")
        if most is not None and value > most:
            raise place.at(key).error(_say_too_much(key, value))
    for key, problem in fault.mistakes():
        raise place.at(key).error(problem)


def _say_too_much(key: str, value: float) -> str:
    if key.endswith("_ratio"):
        return f"expected a ratio from 0 to 1, got {value!r}"
    unit, name = ("ms", "milliseconds") if key.endswith("_ms") else ("s", "seconds")
    return f"{value} {unit} is more than a year; the unit is {name}"


TRIGGER_BOUNDS: dict[str, tuple[int, int | None, str]] = {
    "call": (1, None, "expected 1 or more, got {}; calls are counted from 1"),
    "every": (1, None, "expected 1 or more, got {}; 1 hits each of them"),
    "times": (
        1,
        None,
        "a fault that hits {} requests never fires; leave the key out for all",
    ),
    "after_ms": (0, LONGEST_MS, f"expected 0 to {LONGEST_MS} milliseconds, got {{}}"),
    "for_ms": (1, LONGEST_MS, f"expected 1 to {LONGEST_MS} milliseconds, got {{}}"),
}
"""Least and largest number of each condition of a trigger, and what is said of others."""


def _check_trigger(trigger: Trigger, place: Place) -> None:
    for key, (least, most, told) in TRIGGER_BOUNDS.items():
        value = getattr(trigger, key)
        if value is not None and (value < least or (most is not None and value > most)):
            raise place.at(key).error(told.format(value))
    if trigger.host not in (None, "api", "auth"):
        raise place.at("host").error(f"expected 'api' or 'auth', got {trigger.host!r}")
    if trigger.shop is not None:
        _check_shop(trigger.shop, place.at("shop"))


def _check_shop(shop: str, place: Place) -> None:
    if not shop.startswith("$") or read_placeholder(shop, place).name != "shop":
        raise place.error(
            f"ids of shops depend on the seed, so that {shop!r} would hit nothing; "
            "write '$shop' for the main shop, '$shop:1' for the next"
        )


def _check_target(kind: type[Fault], given: Mapping[str, Any], place: Place) -> None:
    """Refuse conditions on requests for a fault of webhooks, which would not look at them."""
    if kind.target != "webhooks":
        return
    for key in ("operation", "host", "shop", "only"):
        if key in given:
            raise place.at(key).error(
                f"{kind.name} acts on webhooks, which have no such thing; "
                "of the trigger it takes call, times, every, after_ms and for_ms"
            )


def _parse_action(value: Mapping[str, Any], place: Place) -> ActionStep:
    step = convert(value, ActionStep, place)
    if step.action not in ACTIONS:
        close = nearest(step.action, ACTIONS)
        hint = f" Did you mean {close!r}?" if close else f" Known: {', '.join(ACTIONS)}."
        raise place.at("action").error(f"there is no action {step.action!r}.{hint}")
    _check_arguments(step, place.at("arguments"))
    return step


def _check_arguments(step: ActionStep, place: Place) -> None:
    known = ACTION_ARGUMENTS[step.action]
    if known is None:
        if not step.arguments:
            raise place.error(f"{step.action} needs at least one setting")
    else:
        refuse_unknown_keys(step.arguments, known, place)
        missing = [name for name in known if name not in step.arguments]
        if missing:
            raise place.error(f"{step.action} needs {' and '.join(map(repr, missing))}")


def _parse_platform(value: Mapping[str, Any], place: Place) -> PlatformStep:
    command = value["platform"]
    if not isinstance(command, str):
        raise place.at("platform").error(f"expected the name of a command, got {command!r}")
    arguments = {key: argument for key, argument in value.items() if key != "platform"}
    return PlatformStep(command=command, arguments=arguments)


def _parse_wait(value: Mapping[str, Any], place: Place) -> WaitStep:
    return convert(value, WaitStep, place)


def _parse_post(value: Mapping[str, Any], place: Place) -> PostStep:
    return convert(value, PostStep, place)


def _parse_lift(value: Mapping[str, Any], place: Place) -> LiftStep:
    refuse_unknown_keys(value, ["lift"], place)
    if not isinstance(value["lift"], str):
        raise place.at("lift").error(f"expected the id of an armed fault, got {value['lift']!r}")
    return LiftStep(id=value["lift"])


def _parse_kill(value: Mapping[str, Any], place: Place) -> KillStep:
    refuse_unknown_keys(value, ["kill"], place)
    if value["kill"] is not True:
        raise place.at("kill").error(f"expected true, got {value['kill']!r}; leave the step out")
    return KillStep()


STEPS: dict[str, Callable[[Mapping[str, Any], Place], Step]] = {
    "fault": parse_fault,
    "action": _parse_action,
    "platform": _parse_platform,
    "wait_ms": _parse_wait,
    "post_ms": _parse_post,
    "lift": _parse_lift,
    "kill": _parse_kill,
}
"""The key that says what kind of step a table is, and what reads it."""
