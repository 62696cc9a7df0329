"""Which of several failures gives a run its outcome, and what recovery waits for."""

from __future__ import annotations

import pytest
from tests.support.engine_parts import Bench

from tts_chaos.core.history import Completed, Observed, OpKind, PhaseEntered, Truth, Waiting
from tts_chaos.core.verdict import Outcome, Phase
from tts_chaos.engine.judgement import Ending, Judgement
from tts_chaos.scenarios.model import Alert, Expect, Probe, Scenario
from tts_chaos.typing import ACTIONS, OBSERVATIONS

ORDER = {
    "id": "1",
    "shop_id": "s1",
    "status": "AWAITING_SHIPMENT",
    "currency": "GBP",
    "total_amount": "9.90",
    "created_at_s": 1,
    "updated_at_s": 1,
    "paid_at_s": 1,
    "buyer_email": "",
    "recipient_phone": "",
    "lines": [{"id": "l", "sku_id": "k", "seller_sku": "", "sale_price": "9.90", "status": ""}],
}
TRUTH = Truth(ledger={"shops": {"s1": {"orders": [ORDER], "stock": {}}}})


EVERYTHING = frozenset({*ACTIONS, *OBSERVATIONS})


def _of(scenario: Scenario, world: str) -> Judgement:
    return Judgement(scenario, Bench().gateway, world, capabilities=EVERYTHING)


def _judge(
    *,
    expect: Expect | None = None,
    knows_orders: bool = True,
    never_ends: bool = False,
    silent_fault: bool = False,
    recovered: bool = True,
    steady_state: tuple[Probe, ...] = (),
    capabilities: frozenset[str] = EVERYTHING,
    not_offered: tuple[str, ...] = (),
) -> Judgement:
    """Return the judgement of a run of which these things are true."""
    bench = Bench()
    kind, error = (OpKind.INFO, "hung") if never_ends else (OpKind.OK, "")
    bench.recorder.add(Completed(op=1, action="sync_orders", kind=kind, error=error))
    bench.recorder.add(PhaseEntered(phase=Phase.RECOVERY))
    bench.recorder.add(Waiting(reason="" if recovered else "not yet"))
    bench.recorder.add(Observed(name="orders", value=[ORDER] if knows_orders else []))
    bench.recorder.add(TRUTH)
    if silent_fault:
        bench.arm("quiet")
    scenario = Scenario(
        id="a/b",
        path="a/b.toml",
        title="t",
        description="d",
        why="w",
        expect=expect or Expect(oracles=("orders_complete",)),
        steady_state=steady_state,
    )
    return Judgement(
        scenario,
        bench.gateway,
        "simulated",
        capabilities=capabilities,
        not_offered=not_offered,
    )


BLIND = {"expect": Expect(alert=Alert(cause="network")), "capabilities": EVERYTHING - {"alerts"}}
HARNESS = Ending(Outcome.HARNESS_ERROR, "broken")
ABORTED = Ending(Outcome.ABORTED, "no baseline")
LATE = Ending(Outcome.NOT_RECOVERED, "2 orders missing")
WELL = Ending(None)
UNSEEN = Expect(oracles=("orders_complete", "webhooks_once"))
STOCK = Expect(oracles=("orders_complete", "stock_converges"))

OUTCOMES = {
    "all is well": (WELL, {}, (), Outcome.PASSED),
    "a rule of liveness is broken": (WELL, {"knows_orders": False}, (), Outcome.NOT_RECOVERED),
    "a rule of safety is broken": (WELL, {"never_ends": True}, (), Outcome.SAFETY_VIOLATED),
    "a fault never fired": (WELL, {"silent_fault": True}, (), Outcome.NOT_EXERCISED),
    "an expected oracle saw nothing": (WELL, {"expect": UNSEEN}, (), Outcome.INCONCLUSIVE),
    "recovery took too long": (LATE, {}, (), Outcome.NOT_RECOVERED),
    "safety weighs more than liveness": (
        WELL,
        {"never_ends": True, "knows_orders": False},
        (),
        Outcome.SAFETY_VIOLATED,
    ),
    "safety weighs more than a late recovery": (
        LATE,
        {"never_ends": True},
        (),
        Outcome.SAFETY_VIOLATED,
    ),
    "liveness weighs more than a silent fault": (
        WELL,
        {"knows_orders": False, "silent_fault": True},
        (),
        Outcome.NOT_RECOVERED,
    ),
    "a silent fault weighs more than an unseen rule": (
        WELL,
        {"silent_fault": True, "expect": UNSEEN},
        (),
        Outcome.NOT_EXERCISED,
    ),
    "a baseline that never held weighs more than safety": (
        ABORTED,
        {"never_ends": True},
        (),
        Outcome.ABORTED,
    ),
    "a defect of the harness weighs more than all": (
        HARNESS,
        {"never_ends": True},
        (),
        Outcome.HARNESS_ERROR,
    ),
    "what the integration lacks says nothing about it": (
        Ending(Outcome.NOT_EXERCISED, "no ship()"),
        {"never_ends": True},
        ("ship",),
        Outcome.NOT_EXERCISED,
    ),
    "an observation is not offered": (WELL, BLIND, (), Outcome.NOT_EXERCISED),
    "an observation is knowingly not offered": (
        WELL,
        {**BLIND, "not_offered": ("alerts",)},
        (),
        Outcome.PASSED,
    ),
    "what can be seen weighs more than what cannot": (
        WELL,
        {**BLIND, "never_ends": True},
        (),
        Outcome.SAFETY_VIOLATED,
    ),
    "what the integration does not show is not judged": (
        WELL,
        {"expect": STOCK, "capabilities": EVERYTHING - {"stock"}},
        (),
        Outcome.NOT_EXERCISED,
    ),
    "what it knowingly does not show is left out": (
        WELL,
        {"expect": STOCK, "capabilities": EVERYTHING - {"stock"}, "not_offered": ("stock",)},
        (),
        Outcome.PASSED,
    ),
    "a broken rule weighs more than one that could not be judged": (
        WELL,
        {"expect": STOCK, "capabilities": EVERYTHING - {"stock"}, "never_ends": True},
        (),
        Outcome.SAFETY_VIOLATED,
    ),
    "a rule nobody asked for may see nothing": (WELL, {}, (), Outcome.PASSED),
}


@pytest.mark.parametrize("case", OUTCOMES, ids=lambda case: case.replace(" ", "-"))
def test_the_gravest_thing_gives_the_outcome(case: str) -> None:
    ending, facts, missing, expected = OUTCOMES[case]

    outcome, _, _ = _judge(**facts).conclude(ending, missing)  # type: ignore[arg-type]

    assert outcome is expected


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"silent_fault": True}, "armed and never fired: quiet; the run says nothing about them"),
        ({"expect": UNSEEN}, "webhooks_once: no webhook was accepted"),
        ({"never_ends": True}, "sync_orders() had to be ended by the harness: hung"),
        ({"knows_orders": False}, "1 of 1 orders are not known: 1"),
        ({}, ""),
    ],
    ids=["a-silent-fault", "an-unseen-rule", "safety", "liveness", "a-pass"],
)
def test_the_reason_says_why(facts: dict[str, object], reason: str) -> None:
    _, told, _ = _judge(**facts).conclude(WELL, ())  # type: ignore[arg-type]

    assert told == reason


def test_a_defect_of_the_harness_is_not_judged() -> None:
    _, reason, reports = _judge().conclude(HARNESS, ())

    assert (reason, reports) == ("broken", ())


def test_broken_rules_come_first_and_safety_before_liveness() -> None:
    _, _, reports = _judge(never_ends=True, knows_orders=False).conclude(WELL, ())

    assert [report.oracle for report in reports][:2] == ["actions_end", "orders_complete"]


def test_a_broken_liveness_rule_comes_before_those_that_hold() -> None:
    expect = Expect(oracles=("orders_unique", "orders_complete"))

    _, _, reports = _judge(knows_orders=False, expect=expect).conclude(WELL, ())

    assert reports[0].oracle == "orders_complete"


def test_the_rules_that_always_hold_are_judged_after_those_expected() -> None:
    _, _, reports = _judge().conclude(WELL, ())

    names = [report.oracle for report in reports]
    assert names[:2] == ["orders_complete", "recovered_in_time"]
    assert "no_secret_leaks" in names
    assert len(names) == len(set(names))


def test_recovery_waits_for_liveness_but_neither_for_itself_nor_for_alerts() -> None:
    expect = Expect(oracles=("orders_complete", "no_oversell"), alert=Alert(cause="clock"))

    judgement = _judge(expect=expect)

    assert judgement.expected == (
        "orders_complete",
        "no_oversell",
        "recovered_in_time",
        "alert_raised",
    )
    assert judgement.awaited() == ("orders_complete",)


def test_a_pending_reason_ends_when_what_is_awaited_holds() -> None:
    assert _judge(knows_orders=False).pending_reason() == "1 of 1 orders are not known: 1"
    assert _judge().pending_reason() == ""


def test_without_probes_a_scenario_presumes_what_it_expects_of_orders() -> None:
    assert _judge(knows_orders=False).broken_hypothesis().startswith("orders_complete: 1 of 1")
    assert _judge().broken_hypothesis() == ""


def test_a_probe_of_its_own_replaces_what_is_presumed() -> None:
    judgement = _judge(knows_orders=False, steady_state=(Probe(oracle="actions_end"),))

    assert judgement.broken_hypothesis() == ""


@pytest.mark.parametrize(("world", "rto_ms"), [("simulated", 1_800_000), ("wire", 20_000)])
def test_each_world_has_its_own_objective(world: str, rto_ms: int) -> None:
    scenario = Scenario(id="a", path="a.toml", title="t", description="d", why="w")

    assert _of(scenario, world).settings.rto_ms == rto_ms
