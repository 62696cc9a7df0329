"""What a scenario needs of an integration, before anything is played."""

from __future__ import annotations

from tts_chaos.oracles.catalogue import ORACLES
from tts_chaos.scenarios.model import ActionStep, FaultStep, PlatformStep, Scenario, Step

__all__ = ["needed_capabilities"]


def needed_capabilities(scenario: Scenario) -> tuple[str, ...]:
    """Return the actions and observations a scenario cannot do without, in order of first need.

    Without them a run would say nothing: an integration that takes no webhooks is not proof
    against forged ones.
    """
    needed = [name for step in (*scenario.method, *scenario.rollback) for name in _needed_by(step)]
    for oracle in scenario.expect.oracles:
        needed.extend(ORACLES[oracle].observes)
    if scenario.expect.alert is not None:
        needed.extend(ORACLES["alert_raised"].observes)
    return tuple(dict.fromkeys(needed))


def _needed_by(step: Step) -> tuple[str, ...]:
    match step:
        case ActionStep():
            return (step.action,)
        case FaultStep() if step.fault.target == "webhooks":
            return ("deliver_webhook",)
        case PlatformStep(command="subscribe_webhooks"):
            return ("deliver_webhook",)
        case _:
            return ()
