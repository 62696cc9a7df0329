"""Answers come late, in drips, or stop half-way. The platform has done its work each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from tts_chaos.faults.effect import Effect, Moment, SlowAnswer, Toxic
from tts_chaos.faults.fault import Fault, Trigger, register_fault

__all__ = ["AnswerDripping", "AnswerSlow", "AnswerStalled", "BandwidthNarrow"]

_LEAST_RATE = 1_000
_PIECE_MS = 100
"""How often a piece passes a narrow line; short against every sensible time-out."""


class _Slowness(Fault, frozen=True, kw_only=True):
    family: ClassVar[str] = "slowness"
    cause: ClassVar[str] = "slowness"


@register_fault
class AnswerSlow(_Slowness, frozen=True, kw_only=True):
    """Each answer is late.

    Attributes:
        delay_ms: Wait before the first byte.
        jitter_ms: Up to this much is added, drawn anew for each answer.
    """

    name: ClassVar[str] = "answer_slow"
    summary: ClassVar[str] = "answers come late"

    delay_ms: int
    jitter_ms: int = 0

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Delay the answer."""
        jitter_ms = moment.entropy.integer(0, self.jitter_ms) if self.jitter_ms else 0
        return (SlowAnswer(delay_ms=self.delay_ms + jitter_ms),)

    def toxics(self) -> tuple[Toxic, ...]:
        """Delay the stream of answers; Toxiproxy's jitter goes both ways and has no seed."""
        half_ms = self.jitter_ms // 2
        attributes = {"latency": self.delay_ms + half_ms, "jitter": half_ms}
        return (Toxic(kind="latency", attributes=attributes),)


@register_fault
class AnswerDripping(_Slowness, frozen=True, kw_only=True):
    """The body trickles in: never silent long enough for a time-out between bytes.

    Attributes:
        piece_bytes: Size of each piece.
        interval_ms: Wait before each piece.
    """

    name: ClassVar[str] = "answer_dripping"
    summary: ClassVar[str] = "the body of the answer trickles in"

    piece_bytes: int = 256
    interval_ms: int = 500

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Send the body in drips."""
        return (SlowAnswer(drip_bytes=self.piece_bytes, drip_interval_ms=self.interval_ms),)


@register_fault
class AnswerStalled(_Slowness, frozen=True, kw_only=True):
    """The body stops in the middle, and the connection stays open.

    Attributes:
        after_bytes: Bytes of the body that still arrive.
    """

    name: ClassVar[str] = "answer_stalled"
    summary: ClassVar[str] = "the answer stops half-way and nothing more comes"
    default_trigger: ClassVar[Trigger] = Trigger(times=1)

    after_bytes: int = 64

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Stall the body."""
        return (SlowAnswer(stall_after_bytes=self.after_bytes),)


@register_fault
class BandwidthNarrow(_Slowness, frozen=True, kw_only=True):
    """The line is narrow: an answer takes the longer, the longer it is.

    Attributes:
        rate_bytes_per_s: Bytes of answers that pass in a second; a thousand or more.
    """

    name: ClassVar[str] = "bandwidth_narrow"
    summary: ClassVar[str] = "the line lets little through"

    rate_bytes_per_s: int = 20_000

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Refuse a rate that a proxy cannot express."""
        if self.rate_bytes_per_s < _LEAST_RATE:
            yield (
                "rate_bytes_per_s",
                f"expected {_LEAST_RATE} or more, got {self.rate_bytes_per_s}; a line that lets "
                "nothing through is the fault port_black_holed",
            )

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Send the body in pieces as the line takes them."""
        piece_bytes = max(1, self.rate_bytes_per_s * _PIECE_MS // 1000)
        return (SlowAnswer(drip_bytes=piece_bytes, drip_interval_ms=_PIECE_MS),)

    def toxics(self) -> tuple[Toxic, ...]:
        """Narrow the stream of answers; Toxiproxy counts in thousands of bytes."""
        rate = max(1, self.rate_bytes_per_s // 1000)
        return (Toxic(kind="bandwidth", attributes={"rate": rate}),)
