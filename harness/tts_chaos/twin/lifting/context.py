"""What every lifter works with, and the register of them.

A lifter takes one successful exchange of an operation and stores what it tells, or what it
presumes: that a package could be shipped says that it was there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from tts_chaos.core.registry import Registry
from tts_chaos.twin.handler import TwinEnv

__all__ = ["LIFTERS", "Lifter", "Told", "amount_of", "first_of", "lifts"]


@dataclass(frozen=True, slots=True)
class Told:
    """One successful exchange, read.

    Attributes:
        env: The twin's environment.
        shop_id: The shop it is about.
        path: Values of the path's placeholders.
        query: Decoded parameters.
        body: The request's JSON body, {} for none.
        data: `$.data` of the answer.
    """

    env: TwinEnv
    shop_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    data: Mapping[str, Any]
    now_s: int = field(default=0)


Lifter: TypeAlias = Callable[[Told], None]

LIFTERS: Registry[Lifter] = Registry("lifter")
"""By operation name, version left out."""


def lifts(*names: str) -> Callable[[Lifter], Lifter]:
    """Register the decorated function for operations, by their names without version."""

    def register(lifter: Lifter) -> Lifter:
        for name in names:
            LIFTERS.add(name, lifter)
        return lifter

    return register


def first_of(rows: Any) -> dict[str, Any]:
    """Return the first of some recorded objects, {} where there is none."""
    first: dict[str, Any] = next(iter(rows or ()), {})
    return first


def amount_of(text: object) -> Decimal:
    """Return a recorded amount; 0 for what is none."""
    try:
        return Decimal(str(text)) if text not in (None, "") else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
