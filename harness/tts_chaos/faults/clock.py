"""Clocks disagree. The platform's clock is moved, so it works for an integration in any language.

Window: 5 minutes behind to 30 seconds ahead. Source: protocol facts, section 3 (documented).
"""

from __future__ import annotations

from typing import ClassVar

from tts_chaos.faults.effect import PlatformCommand
from tts_chaos.faults.fault import Fault, register_fault

__all__ = ["ClockAhead", "ClockBehind"]


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
