"""Failures are told apart by rules and faults, each is shrunk once, and replays are counted."""

from __future__ import annotations

import pytest
from tests.proofs.planted_bugs import Correct, ForgetsLostWritesOnRenewal
from tests.support.search_player import direct_player

from tts_chaos.core.verdict import Outcome
from tts_chaos.faults.body import BodyEmpty
from tts_chaos.faults.credentials import TokenExpired
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.faults.outcomes import NotAppliedAnswerLost
from tts_chaos.faults.overload import PlatformDown
from tts_chaos.scenarios.model import Scenario
from tts_chaos.search.hunting import REPLAYS, Hunt, Known, is_explained
from tts_chaos.search.player import Played, Prepare, Sight, sight_of
from tts_chaos.search.schedule import Planned, Schedule, to_scenario
from tts_chaos.search.work import Work

PUSH = "product.202309.update_inventory"


def _planned(fault: Fault, operation: str | None = None, before: int = 0) -> Planned:
    only = fault.default_trigger.only
    trigger = Trigger(operation=operation, times=1, only=only)
    return Planned(fault=fault, trigger=trigger, before=before)


DOWN, EMPTY, EXPIRED = (_planned(fault()) for fault in (PlatformDown, BodyEmpty, TokenExpired))
WORK = (Work(name="sync"), Work(name="sync"))


def _never(scenario: Scenario, prepare: Prepare | None = None) -> Played:
    raise AssertionError("nothing is played here")


class Imagined(Hunt):
    """A hunt whose integration breaks one rule when down, and another when empty and expired."""

    looks = 0
    flaky = False

    def look(self, schedule: Schedule) -> Sight:
        self.looks += 1
        names = {planned.fault.name for planned in schedule.faults}
        rules: tuple[str, ...] = ()
        if "platform_down" in names:
            rules += ("orders_complete.order_lost",)
        if {"body_empty", "token_expired"} <= names:
            rules += ("stock_converges.push_lost",)
        if self.flaky and self.looks > 3 and self.looks % 2:
            rules = ()
        outcome = Outcome.SAFETY_VIOLATED if rules else Outcome.PASSED
        return Sight(outcome=outcome, rules=rules)


@pytest.fixture
def hunt() -> Imagined:
    return Imagined(_never, ("sync_orders", "orders"))


def test_each_failure_is_found_once_and_as_small_as_it_is(hunt: Imagined) -> None:
    for faults in ((DOWN, EMPTY), (EMPTY, DOWN), (EMPTY, EXPIRED), (EXPIRED, EMPTY)):
        hunt.take(Schedule(work=WORK, faults=faults))

    assert [failure.known for failure in hunt.failures] == [
        Known(rules=("orders_complete.order_lost",), faults=(("platform_down", ""),)),
        Known(
            rules=("stock_converges.push_lost",),
            faults=(("body_empty", ""), ("token_expired", "")),
        ),
    ]
    assert hunt.tally.explained == 2
    assert [failure.replays for failure in hunt.failures] == [REPLAYS, REPLAYS]


def test_what_was_known_before_is_not_found_again(hunt: Imagined) -> None:
    known = Known(rules=("orders_complete.order_lost",), faults=(("platform_down", ""),))
    hunt = Imagined(_never, ("sync_orders", "orders"), known=[known])

    hunt.take(Schedule(work=WORK, faults=(DOWN,)))

    assert hunt.failures == []
    assert hunt.tally.explained == 1


def test_a_schedule_is_played_once(hunt: Imagined) -> None:
    calm = Schedule(work=WORK, faults=(EMPTY,))

    assert hunt.take(calm) is not None
    assert hunt.take(calm) is None
    assert (hunt.tally.schedules, hunt.tally.repeated) == (1, 1)


def test_replays_that_show_nothing_are_counted(hunt: Imagined) -> None:
    hunt.flaky = True

    hunt.take(Schedule(work=WORK[:1], faults=(DOWN,)))

    assert 0 < hunt.failures[0].replays < REPLAYS


@pytest.mark.parametrize(
    ("faults", "rule", "explained"),
    [
        ((DOWN,), "orders_complete.order_lost", True),
        ((DOWN, EMPTY), "orders_complete.order_lost", True),
        ((EMPTY,), "orders_complete.order_lost", False),
        ((DOWN,), "orders_unique.order_doubled", False),
    ],
)
def test_a_failure_is_explained_by_faults_and_rule_together(
    faults: tuple[Planned, ...], rule: str, explained: bool
) -> None:
    known = Known(rules=("orders_complete.order_lost",), faults=(("platform_down", ""),))
    sight = Sight(outcome=Outcome.NOT_RECOVERED, rules=(rule,))

    assert is_explained(Schedule(work=WORK, faults=faults), sight, [known]) is explained


@pytest.mark.slow
def test_a_planted_bug_is_shrunk_to_the_two_faults_that_it_takes() -> None:
    # The token expires on the look that follows the lost write.
    late = Trigger(operation="product.202309.inventory_search", call=2, times=1)
    noisy = Schedule(
        work=(Work(name="sync"), Work(name="push"), Work(name="sync")),
        faults=(
            _planned(PlatformDown(), "order.202309.get_order_list"),
            _planned(NotAppliedAnswerLost(), PUSH, 1),
            Planned(fault=TokenExpired(), trigger=late, before=1),
        ),
        orders=2,
    )
    calm = to_scenario(Schedule(work=(Work(name="sync"),)), ())
    with direct_player(ForgetsLostWritesOnRenewal, seed="7") as play:
        hunt = Hunt(play, play(calm).capabilities)

        hunt.take(noisy)

    (failure,) = hunt.failures
    assert [name for name, _ in failure.known.faults] == [
        "not_applied_answer_lost",
        "token_expired",
    ]
    assert [work.name for work in failure.schedule.work] == ["push"]
    assert failure.replays == REPLAYS
    with direct_player(Correct, seed="7") as play:
        assert not sight_of(play(failure.scenario).result).is_broken
