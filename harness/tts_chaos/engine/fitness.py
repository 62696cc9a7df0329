"""Whether a scenario can be played in a world."""

from __future__ import annotations

from tts_chaos.engine.ports import World
from tts_chaos.scenarios.model import FaultStep, Need, Scenario

__all__ = ["why_unfit"]

_LACKS = {"wire": (Need.VIRTUAL_TIME, "virtual time"), "simulated": (Need.REAL_SOCKETS, "sockets")}


def why_unfit(scenario: Scenario, world: World) -> str | None:
    """Return why `scenario` cannot be played in `world`, opened or not; None where it can."""
    need, word = _LACKS[world.name]
    if need in scenario.needs:
        return f"it needs {word}"
    for step in (*scenario.method, *scenario.rollback):
        if isinstance(step, FaultStep):
            refusal = world.refusal(step.fault, step.trigger)
            if refusal:
                return refusal
    return None
