"""The generator watches itself: a load that was not sent as planned judges nobody.

Three signs: requests sent late although somebody was free to send them; seconds in which the
generator's loop stood still, so that an answer was seen late; seconds in which it used up its core.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from tts_chaos.load.samples import Sample

__all__ = ["Health", "Watch", "examine"]

LATE_RATIO_MAX = 0.01
"""A percentile of 95 leaves 5 % to the integration; a fifth of that may be the generator's."""

STILL_RATIO_MAX = 0.02
"""An answer that comes while the generator stands still is seen late: so many of them at most."""

BUSY_RATIO_MAX = 0.1
BUSY_CPU = 0.9
"""Share of a core; Locust itself warns from here on."""

ALLOWANCE_MS_MIN = 5.0
ALLOWANCE_RATIO = 0.1
"""What is late by less than this share of the tightest limit changes no verdict by more."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """One second of one generator process.

    Attributes:
        worker: Its number.
        at_s: End of the second, from the begin of the plan.
        cpu_ratio: Processor time used, as a share of one core.
        stills_ms: How long its loop stood still, each time that it did for long enough to matter.
        for_s: How long this second was.
        users: Users at work.
        memory_bytes: Resident memory; 0 where the system does not tell.
    """

    worker: int
    at_s: float
    cpu_ratio: float
    stills_ms: tuple[float, ...] = ()
    for_s: float = 1.0
    users: int = 0
    memory_bytes: int = 0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What the watch saw; `problems` is empty where verdicts may be given.

    Attributes:
        late_ratio: Share of the requests sent late by more than the allowance, though a user was
            free.
        waited_ratio: Share that waited for a user, all being busy with slow answers; no fault of
            the generator, and part of the latency.
        worst_late_ms: The latest of the former.
        still_ratio: Share of the time in standstills longer than the allowance.
        busy_ratio: Share of seconds with more than nine tenths of a core used.
        cpu_ratio_max: Most processor time in a second, as a share of one core.
        allowance_ms: The allowance.
        memory_bytes_max: Most memory of a process.
        problems: Sentences.
    """

    late_ratio: float
    waited_ratio: float
    worst_late_ms: float
    still_ratio: float
    busy_ratio: float
    cpu_ratio_max: float
    allowance_ms: float
    memory_bytes_max: int = 0
    problems: tuple[str, ...] = ()

    @property
    def is_fit(self) -> bool:
        """Whether its measurements can be believed."""
        return not self.problems


def examine(
    samples: Sequence[Sample], watches: Iterable[Watch], *, tightest_ms: float, duration_s: float
) -> Health:
    """Return what the generator's own watch says.

    Args:
        samples: All judged requests.
        watches: All seconds of all processes.
        tightest_ms: The lowest limit that is judged.
        duration_s: Length of the plan; what is watched after it judges nothing.
    """
    allowance_ms = max(ALLOWANCE_MS_MIN, ALLOWANCE_RATIO * tightest_ms)
    seen = [watch for watch in watches if 0 < watch.at_s <= duration_s + 1]
    late = [s.late_s * 1000 for s in samples if s.late_s * 1000 > allowance_ms]
    health = Health(
        late_ratio=len(late) / (len(samples) or 1),
        waited_ratio=sum(s.late_s < 0 for s in samples) / (len(samples) or 1),
        worst_late_ms=max((s.late_s * 1000 for s in samples if s.late_s > 0), default=0.0),
        still_ratio=_still_share(seen, allowance_ms),
        busy_ratio=_share(watch.cpu_ratio > BUSY_CPU for watch in seen),
        cpu_ratio_max=max((watch.cpu_ratio for watch in seen), default=0.0),
        memory_bytes_max=max((watch.memory_bytes for watch in seen), default=0),
        allowance_ms=allowance_ms,
    )
    return msgspec.structs.replace(health, problems=tuple(_problems(health, bool(seen))))


def _problems(health: Health, is_watched: bool) -> Iterable[str]:
    more = "give it more processes (--workers) or machines, or a lower --rate"
    if not is_watched:
        yield "the generator did not watch itself; nothing is known about its own lateness"
    if health.late_ratio > LATE_RATIO_MAX:
        yield (
            f"{health.late_ratio * 100:.1f} % of the requests were sent more than "
            f"{health.allowance_ms:g} ms late by the generator itself; {more}"
        )
    if health.still_ratio > STILL_RATIO_MAX:
        yield (
            f"the generator stood still for more than {health.allowance_ms:g} ms at a time in "
            f"{health.still_ratio * 100:.1f} % of the time; {more}, or a quieter machine"
        )
    if health.busy_ratio > BUSY_RATIO_MAX:
        yield (
            f"the generator used up its core in {health.busy_ratio * 100:.0f} % of the seconds; "
            f"{more}"
        )


def _still_share(watches: Sequence[Watch], allowance_ms: float) -> float:
    lost_ms = sum(s for watch in watches for s in watch.stills_ms if s > allowance_ms)
    return lost_ms / 1000 / (sum(watch.for_s for watch in watches) or 1.0)


def _share(flags: Iterable[bool]) -> float:
    seen = list(flags)
    return sum(seen) / len(seen) if seen else 0.0
