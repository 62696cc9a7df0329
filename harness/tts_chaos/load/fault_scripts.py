"""What goes wrong at the peak: faults with their place in time, as shares of the peak's length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tts_chaos.load.choosing import choose
from tts_chaos.scenarios.model import FaultStep
from tts_chaos.scenarios.shape import Place
from tts_chaos.scenarios.steps import parse_fault

__all__ = ["FAULT_SCRIPTS", "Act", "Band", "Script", "find_script", "read_script"]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that goes wrong.

    Attributes:
        begin: When, as a share of the peak: 0 is its begin, 1 its end.
        end: When it is over; a fault that ends by itself earlier does.
        fault: The fault, or None for a command.
        command: Command of the platform at the begin, with its arguments.
        undo: Command of the platform at the end.
    """

    begin: float
    end: float
    fault: FaultStep | None = None
    command: tuple[str, dict[str, Any]] | None = None
    undo: tuple[str, dict[str, Any]] | None = None

    @property
    def name(self) -> str:
        """What reports call it."""
        if self.fault is not None:
            return self.fault.fault.name
        return self.command[0] if self.command is not None else ""


@dataclass(frozen=True, slots=True)
class Band:
    """When an act was really at work, in seconds from the begin of the plan."""

    name: str
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Script:
    """A course of trouble.

    Attributes:
        summary: One sentence.
        acts: What goes wrong, and when.
        before: Commands of the platform before the load begins.
    """

    summary: str
    acts: tuple[Act, ...]
    before: tuple[tuple[str, dict[str, Any]], ...] = ()


_PLACE = Place("the bundled fault scripts")
_USUAL_PER_S = 20
"""Assumed: the platform documents that limits differ and change, and tells no number for live
shops. Enough for the bundled profiles, and half of it is not."""


def _fault(begin: float, end: float, **settings: Any) -> Act:
    return Act(begin, end, fault=parse_fault(settings, _PLACE))


FAULT_SCRIPTS: dict[str, Script] = {
    "slow-responses": Script(
        "every answer of the platform takes 300 to 500 ms longer",
        (_fault(0.2, 0.8, fault="answer_slow", delay_ms=300, jitter_ms=200, host="api"),),
    ),
    "rate-limit-halved": Script(
        "the platform halves its limit without notice",
        (
            Act(
                0.2,
                0.8,
                command=("set_rate_limit", {"per_s": _USUAL_PER_S // 2}),
                undo=("set_rate_limit", {"per_s": _USUAL_PER_S}),
            ),
        ),
        before=(("set_rate_limit", {"per_s": _USUAL_PER_S}),),
    ),
    "token-expiry": Script(
        "the access token expires in the middle of the peak",
        (_fault(0.3, 1.0, fault="token_expired", told_as="http"),),
    ),
    "outage": Script(
        "the platform is down for a third of the peak",
        (_fault(0.3, 0.6, fault="platform_down"),),
    ),
    "reset-storm": Script(
        "every second connection is reset before its answer",
        (_fault(0.3, 0.6, fault="connection_reset", when="before", every=2, times=None),),
    ),
}


def find_script(name: str, own: Mapping[str, Script] | None = None) -> Script:
    """Return the fault script of this name.

    Raises:
        UsageError: If there is none.
    """
    return choose("fault script", name, {**FAULT_SCRIPTS, **(own or {})})


def read_script(value: Any, place: Place) -> Script:
    """Return the script that a list of tables describes.

    Each table is a fault as scenarios write it, with `begin` and `end` as shares of the peak.

    Raises:
        UsageError: If it makes no sense.
    """
    if not isinstance(value, list) or not value:
        raise place.error('expected a list such as [{ fault = "platform_down", begin = 0.3 }]')
    acts = []
    for number, table in enumerate(value):
        here = place.at(number)
        if not isinstance(table, Mapping):
            raise here.error(f"expected a table, got {table!r}")
        begin, end = table.get("begin", 0.0), table.get("end", 1.0)
        if not all(isinstance(x, int | float) for x in (begin, end)) or not 0 <= begin < end <= 1:
            raise here.error(f"expected 0 <= begin < end <= 1, got begin {begin!r}, end {end!r}")
        rest = {key: each for key, each in table.items() if key not in ("begin", "end")}
        acts.append(Act(float(begin), float(end), fault=parse_fault(rest, here)))
    return Script("of the configuration", tuple(acts))
