"""Clocks disagree. The platform's clock is moved, so it works for an integration in any language.

Window: 5 minutes behind to 30 seconds ahead. Source: protocol facts, section 3 (documented).
"""

from __future__ import annotations

from typing import ClassVar, Literal

from tts_chaos.faults.effect import Effect, Moment, PlatformCommand
from tts_chaos.faults.fault import Fault, Trigger, register_fault

__all__ = ["ClockAhead", "ClockBehind", "ClockDrifting", "ClockJumping"]

Direction = Literal["ahead", "behind"]
"""Where the integration's clock goes, seen from the platform's."""

_SIGNS = {"ahead": -1, "behind": 1}


class _ClockFault(Fault, frozen=True, kw_only=True):
    """The two clocks disagree until lifted.

    Attributes:
        by_ms: How far the integration's clock is off.
    """

    family: ClassVar[str] = "clock"
    cause: ClassVar[str] = "clock"
    platform_sign: ClassVar[int]

    by_ms: int

    def begin(self) -> tuple[PlatformCommand, ...]:
        """Move the platform's clock the other way."""
        offset_ms = self.platform_sign * self.by_ms
        return (PlatformCommand(name="shift_clock", arguments={"offset_ms": offset_ms}),)

    def end(self) -> tuple[PlatformCommand, ...]:
        """Set the clocks equal again."""
        return (PlatformCommand(name="shift_clock", arguments={"offset_ms": 0}),)


@register_fault
class ClockAhead(_ClockFault, frozen=True, kw_only=True):
    """The integration's clock is ahead of the platform's."""

    name: ClassVar[str] = "clock_ahead"
    summary: ClassVar[str] = "the integration's clock is ahead"
    platform_sign: ClassVar[int] = -1


@register_fault
class ClockBehind(_ClockFault, frozen=True, kw_only=True):
    """The integration's clock is behind the platform's."""

    name: ClassVar[str] = "clock_behind"
    summary: ClassVar[str] = "the integration's clock is behind"
    platform_sign: ClassVar[int] = 1


class _MovingClock(Fault, frozen=True, kw_only=True):
    """The difference between the clocks changes from request to request.

    Attributes:
        direction: Where the integration's clock goes: `ahead` or `behind`.
    """

    family: ClassVar[str] = "clock"
    cause: ClassVar[str] = "clock"
    default_trigger: ClassVar[Trigger] = Trigger(host="api")

    direction: Direction = "ahead"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Move the platform's clock the other way."""
        offset_ms = _SIGNS[self.direction] * self.off_ms(moment)
        return (PlatformCommand(name="shift_clock", arguments={"offset_ms": offset_ms}),)

    def off_ms(self, moment: Moment) -> int:
        """Return how far the integration's clock is off at that moment."""
        raise AssertionError("a subclass says how far")

    def end(self) -> tuple[PlatformCommand, ...]:
        """Set the clocks equal again."""
        return (PlatformCommand(name="shift_clock", arguments={"offset_ms": 0}),)


@register_fault
class ClockDrifting(_MovingClock, frozen=True, kw_only=True):
    """The integration's clock runs too fast or too slow, until it is out of the window.

    Attributes:
        drift_ms: How far it gets off within each `within_ms`.
        within_ms: The time in which it does; an hour unless given.
    """

    name: ClassVar[str] = "clock_drifting"
    summary: ClassVar[str] = "the integration's clock drifts away"

    drift_ms: int
    within_ms: int = 3_600_000

    def off_ms(self, moment: Moment) -> int:
        """Let it grow with the time since the fault set in."""
        return moment.since_ms * self.drift_ms // max(1, self.within_ms)


@register_fault
class ClockJumping(_MovingClock, frozen=True, kw_only=True):
    """The integration's clock jumps away and back, as where two time services fight over it.

    Attributes:
        jump_ms: How far it jumps.
    """

    name: ClassVar[str] = "clock_jumping"
    summary: ClassVar[str] = "the integration's clock jumps away and back"

    jump_ms: int

    def off_ms(self, moment: Moment) -> int:
        """Be off at every other request that is hit, beginning with the first."""
        return 0 if moment.hits % 2 else self.jump_ms
