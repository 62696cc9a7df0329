"""A plan says beforehand when every request is due."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tests.support.load_rows import sample

from tts_chaos.load.pacing import OwnPace, Tickets
from tts_chaos.load.plan import AREAS, Plan, Stage, Target
from tts_chaos.load.profiles import PROFILES, read_profile
from tts_chaos.load.verdicts import missing_by_area
from tts_chaos.scenarios.shape import Place

NOWHERE = Target(base_url="", operations={})


def _plan(*stages: Stage, **more: object) -> Plan:
    return Plan(profile="own", stages=stages, target=NOWHERE, **more)  # type: ignore[arg-type]


def test_a_steady_rate_gives_as_many_requests_as_it_says() -> None:
    plan = _plan(Stage(name="plateau", for_s=10, rate=100))

    assert {area: plan.arrivals(area).count for area in AREAS} == {
        "checkout": 300, "inventory": 500, "orders": 200,
    }  # fmt: skip


def test_instants_come_in_order_and_one_in_each_slot() -> None:
    arrivals = _plan(Stage(name="plateau", for_s=10, rate=10)).arrivals("inventory")

    instants = [arrivals.instant(number) for number in range(arrivals.count)]

    assert all(early < late for early, late in pairwise(instants))
    assert [int(instant / 0.2) for instant in instants] == list(range(50))


def test_a_ramp_sends_three_quarters_in_its_second_half() -> None:
    arrivals = _plan(Stage(name="ramp", for_s=100, rate=0, end_rate=40)).arrivals("inventory")

    assert (arrivals.count, arrivals.count_until(50)) == (1000, 250)


def test_another_seed_gives_other_instants_and_the_same_seed_the_same() -> None:
    first, same, other = (
        _plan(Stage(name="plateau", for_s=1, rate=10), seed=seed).arrivals("orders").instant(1)
        for seed in ("a", "a", "b")
    )

    assert first == same
    assert first != other


def test_workers_by_turns_send_what_one_alone_sends() -> None:
    arrivals = _plan(Stage(name="plateau", for_s=3, rate=50)).arrivals("checkout")

    def taken(turn: int, of: int) -> list[float]:
        tickets = Tickets(arrivals, turn=turn, of=of)
        return list(iter(tickets.take, None))

    assert sorted(taken(0, 3) + taken(1, 3) + taken(2, 3)) == taken(0, 1)


def test_ones_own_pace_does_not_wait_for_slow_answers() -> None:
    clock = iter([5.0])
    pace = OwnPace(2.0, lambda: next(clock), first_s=1.0)

    assert [pace.take() for _ in range(3)] == [6.0, 8.0, 10.0]


def test_what_was_due_and_has_no_sample_is_missing() -> None:
    plan = _plan(Stage(name="plateau", for_s=10, rate=10))
    arrivals = plan.arrivals("checkout")
    seen = [sample("checkout.quote", due_s=arrivals.instant(n)) for n in range(20)]

    assert missing_by_area(plan, seen) == {"checkout": 10, "inventory": 50, "orders": 20}


def test_a_warm_up_is_neither_judged_nor_missed() -> None:
    plan = _plan(
        Stage(name="warm-up", for_s=5, rate=10, judged=False),
        Stage(name="plateau", for_s=5, rate=10),
    )

    assert missing_by_area(plan, []) == {"checkout": 15, "inventory": 25, "orders": 10}


def test_what_was_due_after_an_early_end_is_not_missed() -> None:
    plan = _plan(Stage(name="plateau", for_s=10, rate=10))

    assert missing_by_area(plan, [], until_s=2.0) == {"checkout": 6, "inventory": 10, "orders": 4}


@pytest.mark.parametrize("name", PROFILES)
def test_a_bundled_profile_has_its_peak_and_takes_any_rate_and_length(name: str) -> None:
    profile = PROFILES[name]
    stages = profile.stretched(rate=200, duration_s=50)

    assert profile.peak in {stage.name for stage in stages}
    assert sum(stage.for_s for stage in stages) == pytest.approx(50)
    assert max(max(s.rate, s.last_rate) for s in stages) >= 200


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"peak": "summit"}, r"peak: there is no stage 'summit'", id="no-such-peak"),
        pytest.param({"rate": 0}, "expected a rate above 0", id="no-rate"),
        pytest.param({"model": "closed"}, "needs its number of users", id="closed-without-users"),
        pytest.param({"stages": []}, "at least one stage", id="no-stage"),
        pytest.param({"modle": "open"}, "Did you mean 'model'", id="misspelt"),
        pytest.param(
            {"stages": [{"name": "plateau", "for_s": -1, "rate": 1}]}, "for_s above 0", id="no-time"
        ),
        pytest.param(
            {"stages": [{"name": "plateau", "for_s": 1, "rate": 1, "judged": False}]},
            "proves nothing",
            id="nothing-judged",
        ),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(change: dict[str, object], told: str) -> None:
    good = {
        "summary": "mine",
        "stages": [{"name": "plateau", "for_s": 5, "rate": 1}],
        "rate": 10,
        "peak": "plateau",
    }

    read_profile(good, Place("file", "load"))
    with pytest.raises(Exception, match=told):
        read_profile({**good, **change}, Place("file", "load"))
