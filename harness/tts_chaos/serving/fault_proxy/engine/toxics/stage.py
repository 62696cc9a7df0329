"""What every toxic is made of: a stage in the chain of one direction of one connection.

Bytes enter by `feed` and end by `end`; a stage hands them to `next`, later, changed, or never.
Stages are plain state machines on the event loop's timers: they run on the loop's thread only and
never block. Instants are in the loop's seconds and end in `_s`; attributes are in milliseconds and
keep the names of the wire.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from tts_chaos.core.entropy import Entropy

__all__ = ["Outlet", "Stage", "StageContext", "StageLink"]


class Outlet(Protocol):
    """Where a stage sends what it lets through."""

    def feed(self, data: bytes, at_s: float, /) -> None:
        """Take bytes that are considered received at `at_s`."""
        ...

    def end(self) -> None:
        """Take note that no more bytes follow."""
        ...


class StageLink(Protocol):
    """What a stage may ask of the link it belongs to."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop whose timers it uses."""
        ...

    def pause(self, holder: object) -> None:
        """Stop reading from the source until every holder has resumed."""
        ...

    def resume(self, holder: object) -> None:
        """Withdraw a pause; unknown holders are ignored."""
        ...

    def make_abortive(self) -> None:
        """Let both sides of the connection end in a reset instead of an orderly close."""
        ...


@dataclass(frozen=True, slots=True)
class StageContext:
    """Where a stage stands.

    Attributes:
        link: Its link.
        attributes: The toxic's attributes; they change under the stage when the toxic is updated.
        entropy: Chance of this toxic on this connection, the same in every run with the same seed.
        is_from_start: Whether the toxic was there when the connection began.
        count_hit: Notes that the toxic has acted on this connection; may be called repeatedly.
    """

    link: StageLink
    attributes: Mapping[str, int]
    entropy: Entropy
    is_from_start: bool
    count_hit: Callable[[], None]


class Stage:
    """Passes everything on; base of all toxics.

    Class attributes:
        attributes: Name of each attribute and its integer type on the wire.
        wire_structure: Name of the toxic in refusals of the control interface.
    """

    attributes: ClassVar[Mapping[str, str]] = {}
    wire_structure: ClassVar[str] = "NoopToxic"

    def __init__(self, context: StageContext) -> None:
        self.context = context
        self.next: Outlet
        self.is_closed = False

    def start(self) -> None:
        """Begin, once `next` is set."""

    def feed(self, data: bytes, at_s: float, /) -> None:
        """Take bytes from the stage before."""
        if not self.is_closed:
            self.next.feed(data, at_s)

    def end(self) -> None:
        """Take note that the stage before sends no more."""
        self.close()

    def close(self) -> None:
        """Send no more; the link then closes the side it writes to."""
        if not self.is_closed:
            self.is_closed = True
            self.next.end()

    def update(self) -> None:
        """Take note that the attributes have changed."""

    def remove(self) -> None:
        """Let go of everything held: the toxic leaves a connection that goes on."""

    def dispose(self) -> None:
        """Drop timers: the connection is gone."""
