"""Every fault of the catalogue in every form in which it is tried.

A form is the fault with its defaults, or with one setting changed: each word that a setting takes,
and the numbers of `_GIVEN` where a default says too little or does not exist.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.faults.fault import Fault
from tts_chaos.scenarios.model import ActionStep, PlatformStep, Step

__all__ = ["LEFT_OUT", "Variant", "operator_steps", "variants"]

_BY_PATH = "it needs the path of a field; --tts-reader-map tries every field of every answer"

LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "enum_value_new",
            "field_new",
            "field_null",
            "field_removed",
            "field_renamed",
            "field_retyped",
            "items_wrapped",
            "request_rule_new",
            "unit_changed",
            "webhook_field_drifted",
        ),
        _BY_PATH,
    ),
    "program_killed": "it ends a program, which only a step of its own starts again",
    "version_retired": "it needs the name of a version; the bundled scenarios retire those in use",
    "body_huge": "megabytes in each of many runs show what body/huge shows once",
    "webhooks_oversize": "megabytes in each of many runs show what webhooks/oversize shows once",
}
"""Faults that are not tried, and why."""

_GIVEN: Mapping[str, tuple[dict[str, Any], ...]] = {
    "answer_slow": ({"delay_ms": 2_000}, {"delay_ms": 120_000}),
    "clock_ahead": ({"by_ms": 20_000}, {"by_ms": 180_000}),
    "clock_behind": ({"by_ms": 240_000}, {"by_ms": 900_000}),
    "clock_drifting": ({"drift_ms": 900_000},),
    "clock_jumping": ({"jump_ms": 900_000},),
    "call_refused": ({"code": 36009003},),
    "rate_limited": ({"retry_after_s": 30},),
    "webhooks_late": ({"delay_ms": 5_000},),
}
"""Settings that no default gives, or that act otherwise than it."""

_NEW_PAIR = ActionStep(
    action="reconfigure",
    arguments={"access_token": "$access_token", "refresh_token": "$refresh_token"},
)
_OPERATOR: Mapping[str, tuple[Step, ...]] = {
    "app_removed": (PlatformStep(command="issue_tokens"), _NEW_PAIR),
    "refresh_token_expired": (PlatformStep(command="issue_tokens"), _NEW_PAIR),
    "keys_rotated": (ActionStep(action="reconfigure", arguments={"app_secret": "$app_secret"}),),
}
"""What an operator does afterwards where no integration can heal alone."""


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """A fault in one form.

    Attributes:
        fault: The fault with its settings.
        number: Its place among all.
    """

    fault: Fault
    number: int

    @property
    def family(self) -> str:
        """Its family in the catalogue."""
        return self.fault.family

    @property
    def needs_operator(self) -> bool:
        """Whether somebody has to repair things once it is lifted."""
        return self.fault.name in _OPERATOR

    @property
    def label(self) -> str:
        """Name and settings that are not the default, for people."""
        return describe(self.fault)


def describe(fault: Fault) -> str:
    """Return a fault's name with what is set otherwise than by default.

    >>> describe(FAULTS["platform_down"](status=500))
    'platform_down(status=500)'
    """
    told = ", ".join(
        f"{field.name}={getattr(fault, field.name)}"
        for field in msgspec.structs.fields(type(fault))
        if getattr(fault, field.name) != field.default
    )
    return f"{fault.name}({told})" if told else fault.name


def operator_steps(fault: Fault) -> tuple[Step, ...]:
    """Return what an operator does once the fault is lifted; () where nobody is needed."""
    return _OPERATOR.get(fault.name, ())


@cache
def variants() -> tuple[Variant, ...]:
    """Return all forms of all faults that are tried, by name."""
    numbers = itertools.count()
    return tuple(
        Variant(fault=fault, number=next(numbers))
        for name in sorted(FAULTS)
        if name not in LEFT_OUT
        for fault in _forms(FAULTS[name])
    )


def _forms(kind: type[Fault]) -> Iterator[Fault]:
    given = _GIVEN.get(kind.name, ())
    # Where a setting has no default, the first given ones stand for it.
    base = given[0] if any(f.required for f in msgspec.structs.fields(kind)) else {}
    seen: list[Fault] = []
    for settings in ({}, *given, *_one_changed(kind)):
        fault = kind(**{**base, **settings})
        if fault not in seen and not list(fault.mistakes()):
            seen.append(fault)
            yield fault


def _one_changed(kind: type[Fault]) -> Iterator[dict[str, Any]]:
    hints = get_type_hints(kind)
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        if get_origin(hint) is Literal:
            yield from ({field.name: word} for word in get_args(hint))
        elif hint is bool:
            yield from ({field.name: word} for word in (False, True))
