"""Is this machine's clock within the platform's window?

Source: protocol facts, section 3 (5 minutes behind to 30 seconds ahead); the article, row 11. The
header `Date` has whole seconds, so the offset is known to half a second and half a round trip.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tts_chaos.diagnosis.check import Remark, check, error, note, warning
from tts_chaos.diagnosis.observed import Answer, Observed

__all__ = ["ClockOffset", "look", "measured_offset"]

BEHIND_S = 300
AHEAD_S = 30
NOTICEABLE_S = 5
"""Less than this is no reason to speak: one side's whole seconds, and a slow answer."""
_FIX = "set it by a time server (on Linux: timedatectl set-ntp true), and watch it"


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How far this machine's clock is ahead of the platform's.

    Attributes:
        seconds: Positive where it is ahead.
        uncertain_s: How far the figure may be off.
        round_trip_ms: Time between asking and the answer.
    """

    seconds: float
    uncertain_s: float
    round_trip_ms: int


def measured_offset(answers: Iterable[Answer]) -> ClockOffset | None:
    """Return the offset by the answer with the shortest round trip, None where none has a Date."""
    dated = [answer for answer in answers if answer.date_s is not None]
    if not dated:
        return None
    best = min(dated, key=lambda answer: answer.received_ms - answer.sent_ms)
    assert best.date_s is not None
    round_trip_ms = best.received_ms - best.sent_ms
    middle_s = (best.sent_ms + best.received_ms) / 2000
    # `Date` is cut to whole seconds: on average half a second later than told.
    return ClockOffset(middle_s - (best.date_s + 0.5), 0.5 + round_trip_ms / 2000, round_trip_ms)


def _without_date(seen: Observed) -> str:
    if not seen.answers:
        return "no call was made"
    return "" if measured_offset(seen.answers) else "no answer had a readable Date"


@check(
    name="clock_right",
    family="clock",
    asks="is this machine's clock within the platform's window?",
    unless=_without_date,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield an offset that is refused, or will be."""
    offset = measured_offset(seen.answers)
    if offset is None:
        return
    ahead = offset.seconds > 0
    limit_s = AHEAD_S if ahead else BEHIND_S
    size_s = abs(offset.seconds)
    told = (
        f"this machine's clock is {size_s:.1f} s {'ahead' if ahead else 'behind'} "
        f"(known to {offset.uncertain_s:.1f} s; round trip {offset.round_trip_ms} ms); the "
        f"platform takes {BEHIND_S} s behind to {AHEAD_S} s ahead"
    )
    if size_s - offset.uncertain_s > limit_s:
        yield error(f"{told}: every call is refused", _FIX)
    elif size_s + offset.uncertain_s > limit_s / 2:
        yield warning(told, _FIX)
    elif size_s - offset.uncertain_s > NOTICEABLE_S:
        yield note(told, _FIX)
