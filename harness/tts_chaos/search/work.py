"""What an integration can be made to do while faults act: one row a piece of work.

Each piece stands alone: it brings the orders that it needs, so that any other can be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import msgspec

from tts_chaos.core.history import Json
from tts_chaos.engine.capabilities import needed_by
from tts_chaos.scenarios.model import ActionStep, PlatformStep, Step, WaitStep

__all__ = ["WORK", "Work", "calm_day", "offered", "steps_of"]

QUANTITIES = (7, 0, 3, 40)
WAITS_MS = (60_000, 900_000, 7_200_000)
"""A minute, a quarter of an hour, and longer than any patience with an outage."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work.

    Attributes:
        name: Row of `WORK`.
        number: Which of the row's forms; 0 is the simplest.
    """

    name: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    forms: int
    steps: Callable[[int], tuple[Step, ...]]


def _act(action: str, **arguments: Json) -> ActionStep:
    return ActionStep(action=action, arguments=arguments)


def _platform(command: str, **arguments: Json) -> PlatformStep:
    return PlatformStep(command=command, arguments=arguments)


# The newest order is the one placed last only if no other was placed in the same second.
_NEW_ORDER = (WaitStep(wait_ms=1_000), _platform("place_orders", count=1))
_SHIP_IT = _act("ship", order_id="$order:newest")
_SYNC = _act("sync_orders")
_CANCEL_IT = _platform("move_order", order="newest", event="cancel")
_HELD = (WaitStep(wait_ms=1_000), _platform("place_orders", count=1, hold=True))
_RELEASE_IT = _platform("move_order", order="newest", event="release_hold")
_MOVE_HOUSE = _platform("change_address", order="newest")
_QUOTE = _act("quote_checkout", lines=[{"sku_id": "$sku:0", "quantity": 1}])

WORK: dict[str, _Row] = {
    "sync": _Row(1, lambda _n: (_SYNC,)),
    "order": _Row(3, lambda n: (_platform("place_orders", count=n + 1),)),
    "push": _Row(
        len(QUANTITIES), lambda n: (_act("push_stock", changes={"$sku:0": QUANTITIES[n]}),)
    ),
    "ship": _Row(1, lambda _n: (*_NEW_ORDER, _SHIP_IT)),
    "ship_known": _Row(1, lambda _n: (*_NEW_ORDER, _SYNC, _SHIP_IT)),
    "ship_twice": _Row(1, lambda _n: (*_NEW_ORDER, _SHIP_IT, _SHIP_IT)),
    "release": _Row(1, lambda _n: (*_HELD, _RELEASE_IT)),
    "release_known": _Row(1, lambda _n: (*_HELD, _SYNC, _RELEASE_IT)),
    "cancel": _Row(1, lambda _n: (*_NEW_ORDER, _CANCEL_IT)),
    "cancel_known": _Row(1, lambda _n: (*_NEW_ORDER, _SYNC, _CANCEL_IT)),
    "address": _Row(1, lambda _n: (*_NEW_ORDER, _MOVE_HOUSE)),
    "flush": _Row(1, lambda _n: (_act("flush"),)),
    "quote": _Row(1, lambda _n: (_QUOTE,)),
    "restart": _Row(1, lambda _n: (_act("restart"),)),
    "wait": _Row(len(WAITS_MS), lambda n: (WaitStep(wait_ms=WAITS_MS[n]),)),
}
"""Every piece of work by name: how many forms it has, and the steps of each."""

_DAY = ("order", "sync", "push", "ship_known", "cancel_known", "quote", "sync")


def steps_of(work: Work) -> tuple[Step, ...]:
    """Return the steps of a piece of work."""
    return WORK[work.name].steps(work.number)


def offered(capabilities: Collection[str]) -> tuple[Work, ...]:
    """Return every piece of work, in every form, that an integration is able to do."""
    return tuple(
        Work(name=name, number=number)
        for name, row in WORK.items()
        if _is_able(row.steps(0), capabilities)
        for number in range(row.forms)
    )


def calm_day(capabilities: Collection[str]) -> tuple[Work, ...]:
    """Return some twenty calls' work that touches all an integration is able to do."""
    able = {work.name for work in offered(capabilities)}
    return tuple(Work(name=name) for name in _DAY if name in able)


def _is_able(steps: Sequence[Step], capabilities: Collection[str]) -> bool:
    return all(name in capabilities for step in steps for name in needed_by(step))
