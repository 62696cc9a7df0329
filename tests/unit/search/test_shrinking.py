"""A failing schedule becomes as small as what is planted, whatever stands around it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tts_chaos.faults.credentials import TokenExpired
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.faults.network import PortRefused
from tts_chaos.faults.outcomes import AppliedAnswerLost
from tts_chaos.faults.overload import PlatformDown
from tts_chaos.search.schedule import Planned, Schedule
from tts_chaos.search.shrinking import shrink
from tts_chaos.search.work import Work


def _planned(fault: Fault, before: int = 0, *, call: int = 1, times: int | None = 1) -> Planned:
    return Planned(fault=fault, trigger=Trigger(call=call, times=times), before=before)


LOUD = Schedule(
    work=tuple(Work(name=name) for name in ("sync", "order", "push", "ship", "sync", "flush")),
    faults=(
        _planned(PlatformDown(status=500), 0, times=2),
        _planned(AppliedAnswerLost(lost_as="closed"), 2, call=3, times=None),
        _planned(PortRefused(), 3),
        _planned(TokenExpired(told_as="ok"), 4, times=2),
    ),
    orders=3,
    products=2,
    shops=2,
)


def _has(*names: str) -> Callable[[Schedule], bool]:
    def fails(schedule: Schedule) -> bool:
        return {*names} <= {planned.fault.name for planned in schedule.faults}

    return fails


def test_what_is_left_are_the_faults_that_matter() -> None:
    small = shrink(LOUD, _has("applied_answer_lost", "token_expired"))

    assert [planned.fault.name for planned in small.faults] == [
        "applied_answer_lost",
        "token_expired",
    ]


def test_work_data_triggers_and_settings_become_plain() -> None:
    small = shrink(LOUD, _has("applied_answer_lost"))

    assert small == Schedule(
        work=(Work(name=small.work[0].name),), faults=(_planned(AppliedAnswerLost()),)
    )


def test_work_that_matters_stays_with_the_fault_before_it() -> None:
    def fails(schedule: Schedule) -> bool:
        """Fail where the expiry sets in after a push and before a flush."""
        names = [work.name for work in schedule.work]
        return "push" in names and any(
            planned.fault.name == "token_expired"
            and names.index("push") < planned.before
            and "flush" in names[planned.before :]
            for planned in schedule.faults
        )

    small = shrink(LOUD, fails)

    assert [work.name for work in small.work] == ["push", "flush"]
    assert [planned.before for planned in small.faults] == [1]


def test_nothing_more_can_be_left_out() -> None:
    fails = _has("platform_down", "port_refused")

    small = shrink(LOUD, fails)

    for index in range(len(small.faults)):
        rest = (*small.faults[:index], *small.faults[index + 1 :])
        assert not fails(Schedule(work=small.work, faults=rest))


def test_the_number_of_runs_is_bounded() -> None:
    runs = 0

    def fails(_schedule: Schedule) -> bool:
        nonlocal runs
        runs += 1
        return False

    assert shrink(LOUD, fails, most_runs=5) == LOUD
    assert runs == 5


@pytest.mark.parametrize("count", [1, 2, 3])
def test_no_schedule_is_played_twice(count: int) -> None:
    seen: list[Schedule] = []
    names = [planned.fault.name for planned in LOUD.faults[:count]]

    def fails(schedule: Schedule) -> bool:
        seen.append(schedule)
        return _has(*names)(schedule)

    shrink(LOUD, fails)

    assert len(seen) == len(set(seen))
