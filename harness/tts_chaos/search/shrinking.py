"""Makes a failing schedule small: the fewest faults first, then the least work, then plain data.

What is left cannot be made smaller by any single step: without any one of its faults, or any one
piece of its work, the failure is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.search.schedule import Planned, Schedule

__all__ = ["shrink"]

Fails = Callable[[Schedule], bool]


def shrink(schedule: Schedule, fails: Fails, *, most_runs: int = 200) -> Schedule:
    """Return the smallest schedule reached from `schedule` that still fails.

    Args:
        schedule: One that fails.
        fails: Plays a schedule and says whether it still fails in the same way.
        most_runs: Runs at most; what is reached by then is returned.
    """
    tried: dict[Schedule, bool] = {schedule: True}

    def still_fails(candidate: Schedule) -> bool:
        if candidate not in tried:
            if len(tried) > most_runs:
                return False
            tried[candidate] = fails(candidate)
        return tried[candidate]

    smaller: Schedule | None = schedule
    while smaller is not None:
        schedule = smaller
        smaller = next((each for each in _smaller(schedule) if still_fails(each)), None)
    return schedule


def _smaller(schedule: Schedule) -> Iterator[Schedule]:
    """Yield schedules that are smaller in one respect, the boldest steps first."""
    yield from _fewer_faults(schedule)
    yield from _less_work(schedule)
    yield from _plainer_data(schedule)
    for index, planned in enumerate(schedule.faults):
        for plainer in _plainer_faults(planned):
            faults = (*schedule.faults[:index], plainer, *schedule.faults[index + 1 :])
            yield msgspec.structs.replace(schedule, faults=faults)


def _fewer_faults(schedule: Schedule) -> Iterator[Schedule]:
    faults = schedule.faults
    if len(faults) > 2:
        for planned in faults:
            yield msgspec.structs.replace(schedule, faults=(planned,))
    # Many at once first: most of a schedule drawn has nothing to do with its failure.
    size = max(1, len(faults) // 2)
    while size:
        for start in range(0, len(faults), size):
            kept = (*faults[:start], *faults[start + size :])
            yield msgspec.structs.replace(schedule, faults=kept)
        size //= 2


def _less_work(schedule: Schedule) -> Iterator[Schedule]:
    """Leave out the longest stretches first."""
    count = len(schedule.work)
    size = count // 2
    while size:
        for start in range(0, count - size + 1, size):
            if size < count:
                yield _without(schedule, start, start + size)
        size //= 2


def _without(schedule: Schedule, start: int, end: int) -> Schedule:
    """Leave out some work; faults keep their place among the rest."""

    def moved(index: int) -> int:
        return index if index < start else max(start, index - (end - start))

    work = (*schedule.work[:start], *schedule.work[end:])
    faults = tuple(
        msgspec.structs.replace(
            planned,
            before=min(moved(planned.before), len(work) - 1),
            until=None if planned.until is None else moved(planned.until),
        )
        for planned in schedule.faults
    )
    return msgspec.structs.replace(schedule, work=work, faults=faults)


def _plainer_data(schedule: Schedule) -> Iterator[Schedule]:
    for key, least in (("orders", 1), ("products", 1), ("shops", 1)):
        value = getattr(schedule, key)
        for fewer in dict.fromkeys((least, value - 1)):
            if least <= fewer < value:
                yield msgspec.structs.replace(schedule, **{key: fewer})
    for index, work in enumerate(schedule.work):
        if work.number:
            plain = msgspec.structs.replace(work, number=0)
            yield msgspec.structs.replace(
                schedule, work=(*schedule.work[:index], plain, *schedule.work[index + 1 :])
            )


def _plainer_faults(planned: Planned) -> Iterator[Planned]:
    """Yield the fault acting earlier, fewer times, without a window, and with its defaults."""
    trigger = planned.trigger
    for plainer in _plainer_triggers(trigger, planned.fault.default_trigger):
        yield msgspec.structs.replace(planned, trigger=plainer)
    if planned.until is not None:
        yield msgspec.structs.replace(planned, until=None)
    if planned.before:
        yield msgspec.structs.replace(planned, before=0)
    for fault in _plainer_settings(planned.fault):
        yield msgspec.structs.replace(planned, fault=fault)


def _plainer_triggers(trigger: Trigger, usual: Trigger) -> Iterator[Trigger]:
    if trigger.times is None or trigger.times > 1:
        yield msgspec.structs.replace(trigger, times=1)
    if trigger.call > 1:
        yield msgspec.structs.replace(trigger, call=1)
    for key in ("after_ms", "for_ms", "every"):
        if getattr(trigger, key) != getattr(usual, key):
            yield msgspec.structs.replace(trigger, **{key: getattr(usual, key)})


def _plainer_settings(fault: Fault) -> Iterator[Fault]:
    for field in msgspec.structs.fields(type(fault)):
        if not field.required and getattr(fault, field.name) != field.default:
            plain = msgspec.structs.replace(fault, **{field.name: field.default})
            if not list(plain.mistakes()):
                yield plain
