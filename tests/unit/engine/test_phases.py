"""A run from baseline to judgement, over a real twin, in a world whose time is moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from tests.support.engine_parts import ManualWorld

from tts_chaos.core.history import (
    Completed,
    FaultEvent,
    Invoked,
    Observed,
    PhaseEntered,
    Searched,
    StepTaken,
    Truth,
    Waiting,
)
from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.ports import World
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.errors import FaultNotSupportedError
from tts_chaos.scenarios.loader import parse_scenario
from tts_chaos.subjects.in_process import InProcessSubject
from tts_chaos.typing import TwinConnection
from tts_chaos.wire.delivery import Fate
from tts_chaos.wire.message import ApiRequest

HEAD = 'title = "t"\ndescription = "d"\nwhy = "w"\n[twin]\norders = 2\nproducts = 2\n'
SYNC = '[[method]]\naction = "sync_orders"\n'
PLACE = '[[method]]\nplatform = "place_orders"\n'
IP = '[[method]]\nfault = "scope_missing"\n'


class Shop:
    """Knows what the ledger knows after each sync, as long as it wants to."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.known: list[Any] = []
        self.syncs = 0
        self.before_sync: Callable[[Shop], None] = lambda _: None

    @property
    def connection(self) -> TwinConnection:
        assert self.run.connection is not None
        return self.run.connection

    def sync_orders(self) -> None:
        self.syncs += 1
        self.before_sync(self)
        shops = self.run.twin.ledger()["shops"].values()
        self.known = [order for shop in shops for order in shop["orders"]]

    def orders(self) -> Any:
        return self.known


def _play(
    text: str,
    before_sync: Callable[[Shop], None] = lambda _: None,
    *,
    world: ManualWorld | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[RunResult, Shop]:
    scenario = parse_scenario(HEAD + text, id="area/name", path="a.toml")
    with Run(scenario, cast("World", world or ManualWorld()), seed=7, progress=progress) as run:
        shop = Shop(run)
        shop.before_sync = before_sync
        return run.play(InProcessSubject(shop)), shop


def _fail_between(first: int, last: int) -> Callable[[Shop], None]:
    def before_sync(shop: Shop) -> None:
        if first <= shop.syncs <= last:
            raise RuntimeError("not now")

    return before_sync


def _phases(result: RunResult) -> list[str]:
    return [record.phase.value for record in result.history.of(PhaseEntered)]


ALL = ["baseline", "turbulence", "heal", "recovery", "judge"]


def test_a_run_that_passes_goes_through_all_phases() -> None:
    result, _ = _play(PLACE + SYNC)

    assert _phases(result) == ALL
    assert (result.outcome, result.reason) == (Outcome.PASSED, "")


def test_progress_is_told_as_it_is_made() -> None:
    told: list[str] = []

    _play(SYNC, progress=told.append)

    assert told == ALL


def test_a_baseline_that_does_not_hold_ends_the_run() -> None:
    result, shop = _play(SYNC, _fail_between(1, 99))

    assert _phases(result) == ["baseline"]
    assert result.outcome is Outcome.ABORTED
    assert result.reason.endswith("sync_orders() had failed: RuntimeError: not now")
    assert shop.syncs == 1


def test_what_the_integration_lacks_is_told_before_anything_is_played() -> None:
    ship = '[[method]]\naction = "ship"\narguments = { order_id = "$order:newest" }\n'

    result, shop = _play(ship)

    assert (result.outcome, result.missing) == (Outcome.NOT_EXERCISED, ("ship",))
    assert result.reason == "the integration does not offer ship()"
    assert shop.syncs == 0


def test_what_the_integration_does_not_show_is_told_after_a_run_that_went_well() -> None:
    result, shop = _play(SYNC + '[expect]\noracles = ["orders_complete", "stock_converges"]\n')

    assert (result.outcome, result.missing) == (Outcome.NOT_EXERCISED, ("stock",))
    assert result.reason.startswith("all that could be judged passed, but ")
    assert shop.syncs > 1


def test_recovery_is_measured_from_the_heal_to_the_first_whole_round() -> None:
    result, _ = _play(PLACE + SYNC, _fail_between(2, 4))

    assert result.recovery_ms == 180_000
    assert [bool(waiting.reason) for waiting in result.history.of(Waiting)] == [True, True, False]


def test_recovery_that_takes_longer_than_the_objective_is_none() -> None:
    result, _ = _play(PLACE + SYNC + "[recovery]\nrto_ms = 120000\n", _fail_between(2, 99))

    assert (result.outcome, result.recovery_ms) == (Outcome.NOT_RECOVERED, None)
    assert len(result.history.of(Waiting)) == 2
    assert _phases(result) == ALL


def test_a_canary_order_that_does_not_arrive_is_no_recovery() -> None:
    result, _ = _play(SYNC, _fail_between(4, 99))

    assert result.outcome is Outcome.NOT_RECOVERED
    assert result.reason.startswith("the canary order did not arrive: ")


def test_without_a_canary_the_first_whole_round_is_the_last() -> None:
    result, shop = _play(SYNC + "[recovery]\ncanary = false\n", _fail_between(4, 99))

    assert result.outcome is Outcome.PASSED
    assert shop.syncs == 3


def test_the_operator_acts_after_every_fault_is_lifted() -> None:
    rollback = '[[rollback]]\nplatform = "allow_ip"\n'

    result, _ = _play(IP + SYNC + rollback)

    story = [
        (type(record).__name__, getattr(record, "kind", getattr(record, "moment", "")))
        for record in result.history
        if isinstance(record, FaultEvent | StepTaken)
    ]
    assert story[:3] == [
        ("FaultEvent", "armed"),
        ("FaultEvent", "lifted"),
        ("StepTaken", "rollback"),
    ]


def test_a_fault_is_lifted_where_the_method_says() -> None:
    lift = '[[method]]\nlift = "scope_missing"\n'

    result, _ = _play(IP + SYNC + lift + SYNC)

    records = list(result.history)
    lifted = next(r.index for r in records if isinstance(r, FaultEvent) and r.moment == "lifted")
    heal = next(r.index for r in records if isinstance(r, PhaseEntered) and r.phase == "heal")
    assert lifted < heal


def test_a_fault_that_never_fired_leaves_nothing_proved() -> None:
    result, _ = _play(IP + SYNC)

    assert result.outcome is Outcome.NOT_EXERCISED
    assert result.reason.startswith("armed and never fired: scope_missing")


def test_an_action_is_repeated_with_pauses_and_in_parallel() -> None:
    text = '[[method]]\naction = "sync_orders"\nrepeat = 2\nparallel = 3\nevery_ms = 5000\n'

    result, shop = _play(text + "[recovery]\ncanary = false\n")

    begun = result.history.of(Invoked)
    assert shop.syncs == 1 + 6 + 1
    assert {op.op for op in begun} == set(range(1, 9))
    assert [op.at_ms - begun[0].at_ms for op in begun[1:7]] == [0, 0, 0, 5000, 5000, 5000]


def test_waiting_lets_time_pass() -> None:
    result, _ = _play(SYNC + "[[method]]\nwait_ms = 7000\n[recovery]\ncanary = false\n")

    assert result.covered_ms == 7000 + 60_000


def test_the_integration_is_observed_beside_the_truth_after_each_action() -> None:
    result, _ = _play(SYNC + "[recovery]\ncanary = false\n")

    observed = result.history.of(Observed)
    assert len(observed) == len(result.history.of(Truth)) == 4
    assert {record.name for record in observed} == {"orders"}


def test_a_shop_in_a_trigger_is_the_one_of_this_run() -> None:
    text = '[[method]]\nfault = "scope_missing"\nshop = "$shop:1"\n' + SYNC

    result, _ = _play("shops = 2\n" + text)

    assert result.receipts[0].fired == 0
    assert result.outcome is Outcome.NOT_EXERCISED


def test_a_secret_in_an_exception_is_searched_for_and_not_kept() -> None:
    def tell(shop: Shop) -> None:
        if shop.syncs == 2:
            raise RuntimeError(f"refused: {shop.connection.access_token}")

    result, _ = _play(SYNC, tell)

    (searched,) = [s for s in result.history.of(Searched) if s.channel == "exception"]
    failed = next(c for c in result.history.of(Completed) if c.error)
    assert searched.leaks
    assert "{access_token:1}" in failed.error
    assert result.outcome is Outcome.SAFETY_VIOLATED


# -- what goes wrong around it ---------------------------------------------------------------


def test_a_fault_the_world_cannot_realise_is_refused_before_anything_runs() -> None:
    world = ManualWorld()
    world.refusal = lambda fault, trigger: "no sockets here"  # type: ignore[method-assign]

    with pytest.raises(FaultNotSupportedError, match=r"area/name cannot run .*: no sockets here"):
        _play(IP + SYNC, world=world)


def test_a_fault_that_will_not_go_is_an_error_of_the_harness() -> None:
    world = ManualWorld("wire")
    world.proxied = frozenset({"scope_missing"})
    world.will_not_lift = True

    result, _ = _play(IP + SYNC, world=world)

    assert (result.outcome, result.reason) == (
        Outcome.HARNESS_ERROR,
        "scope_missing is still there",
    )


def test_a_fault_on_the_line_that_ended_by_itself_is_looked_at_all_the_same() -> None:
    world = ManualWorld("wire")
    world.proxied = frozenset({"port_refused"})
    fault = '[[method]]\nfault = "port_refused"\nfor_ms = 1000\n'

    _play(fault + SYNC + "[[method]]\nwait_ms = 2000\n", world=world)

    assert world.lifted == ["port_refused"]


def _send_at_first(shop: Shop) -> None:
    if shop.syncs == 1:
        shop.run.gateway.open(ApiRequest(method="GET", path="/")).conclude(Fate.ANSWERED)


@pytest.mark.parametrize(
    ("before_sync", "fired"),
    [
        pytest.param(_send_at_first, 1, id="of-an-action-that-sends-requests"),
        pytest.param(lambda _: None, 0, id="but-not-of-one-that-never-does"),
    ],
)
def test_silence_while_a_port_is_closed_is_taken_for_the_fault(
    before_sync: Callable[[Shop], None], fired: int
) -> None:
    world = ManualWorld("wire")
    world.proxied = frozenset({"port_refused"})

    result, _ = _play('[[method]]\nfault = "port_refused"\n' + SYNC, before_sync, world=world)

    (receipt,) = result.receipts
    assert receipt.fired == fired
    assert any(event.inferred for event in result.history.of(FaultEvent)) is bool(fired)


def test_a_defect_of_the_harness_asks_for_a_report_with_the_seed() -> None:
    world = ManualWorld()
    world.call = _explode  # type: ignore[method-assign, assignment]

    result, _ = _play(SYNC, world=world)

    assert result.outcome is Outcome.HARNESS_ERROR
    assert result.reason == (
        "ZeroDivisionError: a bug. This is a defect of the harness; please report it with seed 7"
    )


def _explode(*_: object, **__: object) -> None:
    raise ZeroDivisionError("a bug")


def test_an_interrupt_lifts_every_fault_and_goes_on_its_way() -> None:
    world = ManualWorld("wire")
    world.proxied = frozenset({"port_refused"})

    def interrupt(shop: Shop) -> None:
        if shop.syncs == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _play('[[method]]\nfault = "port_refused"\n' + SYNC, interrupt, world=world)

    assert world.lifted == ["port_refused"]
    assert world.is_closed


def test_a_run_is_closed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = parse_scenario(HEAD + SYNC, id="a", path="a.toml")
    world = ManualWorld()
    run = Run(scenario, cast("World", world), seed=1)
    run.close()
    assert not world.is_closed

    run.open()
    run.close()
    world.is_closed = False
    run.close()

    assert not world.is_closed


def test_one_seed_plays_the_same_history_twice() -> None:
    first, _ = _play(PLACE + SYNC, _fail_between(2, 3))
    second, _ = _play(PLACE + SYNC, _fail_between(2, 3))

    assert first.history.to_json_lines() == second.history.to_json_lines()
