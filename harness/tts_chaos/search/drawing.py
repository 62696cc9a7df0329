"""Draws schedules by chance. The only module that needs Hypothesis, and the seed decides all of it.

Two ways: `lists` draws some work and some faults, each for itself; `machine` lets a state machine
write a schedule step by step, which arms, lifts and works in turn and knows what makes sense next.
Hypothesis only draws, and never the same twice: a failure found is shrunk elsewhere, by leaving out
what means something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import hypothesis
import hypothesis.strategies as st
import msgspec
from hypothesis import HealthCheck, Phase
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tts_chaos.core.entropy import Entropy
from tts_chaos.search.menu import Menu, Place
from tts_chaos.search.schedule import Planned, Schedule
from tts_chaos.search.sites import trigger_at
from tts_chaos.search.work import Work

__all__ = ["StopDrawing", "draw_lists", "draw_machine"]

MOST_FAULTS = 7
MOST_BETWEEN = 2
MOST_STEPS = 12

Take = Callable[[Schedule], object]


class StopDrawing(BaseException):
    """Raised by who takes schedules, to have no more of them.

    No `Exception`, which Hypothesis would take for a failure.
    """


class _TakeFailed(BaseException):
    """Carries an error past Hypothesis, which would play the same again to see it fail twice."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        super().__init__()


def _carrying(take: Take) -> Take:
    def take_or_carry(schedule: Schedule) -> None:
        try:
            take(schedule)
        except Exception as error:
            raise _TakeFailed(error) from error

    return take_or_carry


@contextmanager
def _blind_to_modules() -> Iterator[None]:
    """Keep Hypothesis from reading all modules of a project for numbers that may be worth drawing.

    There are none for choices from a list; it takes seconds, and what is drawn would depend on the
    text of the project besides the seed.
    """
    real = getattr(providers, "_get_local_constants", None)
    if real is None:
        yield
        return
    vars(providers)["_get_local_constants"] = Constants
    try:
        yield
    finally:
        vars(providers)["_get_local_constants"] = real


def _settings(count: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=count,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        stateful_step_count=MOST_STEPS,
        suppress_health_check=list(HealthCheck),
    )


def _number(seed: str, tier: str) -> int:
    return Entropy(f"{seed}/search/{tier}").integer(0, 2**63)


def draw_lists(menu: Menu, take: Take, *, count: int, seed: str) -> None:
    """Draw up to `count` schedules and hand each to `take`.

    Args:
        menu: What may be drawn.
        take: Is given each schedule; raises `StopDrawing` to end.
        count: How many at most.
        seed: Decides all of them.

    Raises:
        StopDrawing: Where `take` does.
        Exception: Whatever else `take` raises.
    """
    handed = _carrying(take)

    @hypothesis.seed(_number(seed, "lists"))
    @_settings(count)
    @hypothesis.given(schedules(menu))
    def probe(schedule: Schedule) -> None:
        handed(schedule)

    try:
        with _blind_to_modules():
            probe()
    except _TakeFailed as carried:
        raise carried.error from None


@st.composite
def schedules(draw: st.DrawFn, menu: Menu) -> Schedule:
    """Draw faults, each with work that meets it, more work around them, and some data."""
    work: list[Work] = []
    faults: list[Planned] = []
    # A uniform number, as lists of Hypothesis are mostly short.
    for _ in range(draw(st.sampled_from(_COUNTS))):
        place = draw(_place(menu))
        meeting = menu.meeting(place)
        before = len(work) - 1
        # Half of those that can meet the same piece of work as the one before do so.
        if before < 0 or work[before] not in meeting or draw(st.booleans()):
            work += draw(_between(menu))
            before = len(work)
            work.append(draw(st.sampled_from(meeting)))
        faults.append(_plan(place, before, draw(st.sampled_from(_TIMES))))
    orders, products, shops = draw(st.sampled_from(_DATA))
    return Schedule(
        work=(*work, *draw(_between(menu))),
        faults=tuple(faults),
        orders=orders,
        products=products,
        shops=min(shops, menu.most_shops),
    )


# Single faults are tried one by one by exhaustive search. A run with six faults tries fifteen pairs
# and twenty triples of them in little more time than one with two tries a single pair, and what
# fails is shrunk to those that it takes.
_COUNTS = (2, 3, 4, 5, 6, MOST_FAULTS)
_DATA = tuple(
    (orders, products, shops)
    for shops in (1, 1, 1, 2)
    for products in (1, 2)
    for orders in (1, 2, 3)
)
# Mostly the next call: what comes after the third call of its kind comes seldom.
# One that goes on to the end hides whatever comes after it at the same place, so that is seldom.
_TIMES = tuple((call, times) for call in (1, 1, 1, 2, 3) for times in (1, 1, 1, 1, 2, 2, None))
"""From which match on a fault acts, and how often; None goes on to the end."""


def _between(menu: Menu) -> st.SearchStrategy[list[Work]]:
    return st.lists(st.sampled_from(menu.work), max_size=MOST_BETWEEN)


@st.composite
def _place(draw: st.DrawFn, menu: Menu) -> Place:
    # By family first: some have thirty forms, and others that matter as much have two.
    family = draw(st.sampled_from(menu.families))
    return draw(st.sampled_from(menu.places[family]))


def _plan(place: Place, before: int, times: tuple[int, int | None]) -> Planned:
    trigger = trigger_at(place.fault, place.site, call=times[0], times=times[1])
    assert trigger is not None, "the menu has only places that fit"
    return Planned(fault=place.fault, trigger=trigger, before=before)


def draw_machine(menu: Menu, take: Take, *, count: int, seed: str) -> None:
    """Let a state machine write up to `count` schedules, and hand each to `take`.

    Arguments as for `draw_lists`.
    """
    machine = hypothesis.seed(_number(seed, "machine"))(_machine_of(menu, _carrying(take)))
    try:
        with _blind_to_modules():
            run_state_machine_as_test(machine, settings=_settings(count))
    except _TakeFailed as carried:
        raise carried.error from None


def _machine_of(menu: Menu, take: Take) -> type[RuleBasedStateMachine]:
    works = st.sampled_from(menu.work)

    class Writer(RuleBasedStateMachine):
        """Writes one schedule: each rule appends to it, and its end plays it."""

        def __init__(self) -> None:
            super().__init__()
            self.work: list[Work] = []
            self.faults: list[Planned] = []
            self.data = _DATA[0]

        @initialize(data=st.sampled_from(_DATA))
        def set_up(self, data: tuple[int, int, int]) -> None:
            self.data = data

        @rule(work=works)
        def work_on(self, work: Work) -> None:
            self.work.append(work)

        @precondition(lambda self: len(self.faults) < MOST_FAULTS + 2)
        @rule(data=st.data(), place=_place(menu), times=st.sampled_from(_TIMES))
        def arm_and_work(
            self, data: st.DataObject, place: Place, times: tuple[int, int | None]
        ) -> None:
            """Arm a fault, and do something that may meet it."""
            self.faults.append(_plan(place, len(self.work), times))
            self.work.append(data.draw(st.sampled_from(menu.meeting(place))))

        @precondition(lambda self: any(each.until is None for each in self.faults))
        @rule(data=st.data(), work=works)
        def lift_and_work(self, data: st.DataObject, work: Work) -> None:
            """Lift one that is armed, and see what the integration makes of the calm."""
            armed = [n for n, each in enumerate(self.faults) if each.until is None]
            chosen = data.draw(st.sampled_from(armed))
            lifted = msgspec.structs.replace(self.faults[chosen], until=len(self.work))
            self.faults[chosen] = lifted
            self.work.append(work)

        def teardown(self) -> None:
            if not self.faults:
                return
            orders, products, shops = self.data
            take(
                Schedule(
                    work=tuple(self.work),
                    faults=tuple(self.faults),
                    orders=orders,
                    products=products,
                    shops=min(shops, menu.most_shops),
                )
            )

    return Writer
