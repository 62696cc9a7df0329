"""Whether a scenario can be played in a world, or in any."""

from __future__ import annotations

from collections.abc import Collection

from tts_chaos.engine.ports import World
from tts_chaos.errors import ScenarioError
from tts_chaos.scenarios.model import FaultStep, KillStep, Need, Scenario

__all__ = ["refuse_unplayable", "why_unfit"]

_LACKS = {"wire": (Need.VIRTUAL_TIME, "virtual time"), "simulated": (Need.REAL_SOCKETS, "sockets")}


def refuse_unplayable(scenario: Scenario, worlds: Collection[World]) -> None:
    """Refuse a scenario with a fault that no world where it could be played can realise.

    Raises:
        ScenarioError: Naming file and key, and what each world says.
    """
    able = [world for world in worlds if _LACKS[world.name][0] not in scenario.needs]
    for index, step in enumerate(scenario.method):
        if not isinstance(step, FaultStep):
            continue
        said = {world.name: world.refusal(step.fault, step.trigger) for world in able}
        if all(said.values()):
            reasons = "; ".join(f"{name}: {reason}" for name, reason in said.items())
            needs = f" that has {', '.join(scenario.needs)}" if scenario.needs else ""
            raise ScenarioError(
                f"no world{needs} can realise this fault as it is armed ({reasons})",
                path=scenario.path,
                key=f"$.method[{index}].fault",
            )


def why_unfit(scenario: Scenario, world: World) -> str | None:
    """Return why `scenario` cannot be played in `world`, opened or not; None where it can."""
    need, word = _LACKS[world.name]
    if need in scenario.needs:
        return f"it needs {word}"
    if Need.OWN_PROCESS in scenario.needs and not world.tests_program:
        return "it needs an integration that is a program of its own"
    for step in (*scenario.method, *scenario.rollback):
        if isinstance(step, KillStep) and world.kill_refusal():
            return world.kill_refusal()
        if isinstance(step, FaultStep):
            refusal = world.refusal(step.fault, step.trigger)
            if refusal:
                return refusal
    return None
