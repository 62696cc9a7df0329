"""What a scenario needs of an integration: to be played at all, and to be judged in full."""

from __future__ import annotations

from collections.abc import Collection

from tts_chaos.oracles.catalogue import NOT_AWAITED, ORACLES
from tts_chaos.scenarios.model import (
    ActionStep,
    FaultStep,
    KillStep,
    PlatformStep,
    PostStep,
    Scenario,
    Step,
)

__all__ = ["expected_oracles", "hypothesis_of", "needed_by", "needed_to_play", "unseen"]


def expected_oracles(scenario: Scenario) -> tuple[str, ...]:
    """Return the oracles that must be VALID: those named, recovery in time, and a wanted alert."""
    implied = ["recovered_in_time"]
    if scenario.expect.alert is not None:
        implied.append("alert_raised")
    return tuple(dict.fromkeys((*scenario.expect.oracles, *implied)))


def hypothesis_of(scenario: Scenario) -> tuple[str, ...]:
    """Return the oracles of the steady-state hypothesis.

    Without probes of its own, a scenario presumes what it expects of orders.
    """
    probes = tuple(probe.oracle for probe in scenario.steady_state)
    return probes or tuple(
        name
        for name in expected_oracles(scenario)
        if name.startswith("orders_")
        and ORACLES[name].kind == "liveness"
        and name not in NOT_AWAITED
    )


def needed_to_play(scenario: Scenario) -> tuple[str, ...]:
    """Return the actions and observations without which a run would say nothing.

    An integration that takes no webhooks is not proof against forged ones, and without its orders
    nobody knows whether it worked before anything was broken. In order of first need.
    """
    needed = [name for step in (*scenario.method, *scenario.rollback) for name in needed_by(step)]
    for oracle in hypothesis_of(scenario):
        needed.extend(ORACLES[oracle].observes)
    return tuple(dict.fromkeys(needed))


def unseen(scenario: Scenario, capabilities: Collection[str]) -> tuple[str, ...]:
    """Return the observations that expected oracles need and the integration does not offer.

    The scenario is played all the same; what the others see may be telling enough.
    """
    needed = (name for oracle in expected_oracles(scenario) for name in ORACLES[oracle].observes)
    return tuple(name for name in dict.fromkeys(needed) if name not in capabilities)


def needed_by(step: Step) -> tuple[str, ...]:
    """Return the capabilities that one step needs."""
    match step:
        case ActionStep():
            return (step.action,)
        case FaultStep() if step.fault.target == "webhooks":
            return ("deliver_webhook",)
        case FaultStep():
            return step.fault.needs
        case KillStep():
            return ("restart",)
        case PlatformStep(command="subscribe_webhooks") | PostStep():
            return ("deliver_webhook",)
        case _:
            return ()
