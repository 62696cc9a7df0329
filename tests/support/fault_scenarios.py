"""Which bundled scenario shows which fault in which world, and those scenarios cut short.

Cut short, a scenario no longer shows that an integration recovers; it shows that the fault is met.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec

from tts_chaos._data import data_folder
from tts_chaos.engine.ports import World
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario
from tts_chaos.scenarios.model import ActionStep, FaultStep, Scenario, Step, WaitStep

__all__ = ["WORLDS", "all_scenarios", "faults_of", "refusal", "shortened", "shown_by"]

WORLDS = ("simulated", "wire")
SHORT_MS = 50
ROUNDS = 3


@cache
def all_scenarios() -> tuple[Scenario, ...]:
    """Return every bundled scenario."""
    folder = data_folder("scenarios")
    return tuple(load_scenario(file, folder) for file in find_scenario_files(folder))


@cache
def _world(name: str) -> World:
    """Return a world that is never opened: it is asked only what it can realise."""
    return WireWorld() if name == "wire" else SimulatedWorld()


def _steps(fault: str) -> Iterator[tuple[Scenario, FaultStep]]:
    for scenario in all_scenarios():
        for step in scenario.method:
            if isinstance(step, FaultStep) and step.fault.name == fault:
                yield scenario, step


def faults_of(scenario: Scenario) -> tuple[str, ...]:
    """Return the names of the faults that a scenario arms, each once."""
    names = (step.fault.name for step in scenario.method if isinstance(step, FaultStep))
    return tuple(dict.fromkeys(names))


@cache
def shown_by(fault: str, world: str) -> Scenario | None:
    """Return the scenario with the fewest steps that shows a fault in a world; None for none."""
    able = [
        scenario
        for scenario, _ in _steps(fault)
        if all(
            _world(world).refusal(step.fault, step.trigger) is None
            for step in scenario.method
            if isinstance(step, FaultStep)
        )
    ]
    return min(able, key=lambda scenario: (len(scenario.method), scenario.id), default=None)


def refusal(fault: str, world: str) -> str:
    """Return why a world cannot realise a fault as the bundled scenarios arm it."""
    said = (_world(world).refusal(step.fault, step.trigger) for _, step in _steps(fault))
    return next((reason for reason in said if reason), "")


def shortened(scenario: Scenario) -> Scenario:
    """Return the scenario with hardly a pause, and with hardly any time to recover."""
    recovery = msgspec.structs.replace(
        scenario.recovery,
        rto_ms=2_000,
        wire_rto_ms=400,
        tick_ms=1_000,
        wire_tick_ms=200,
        canary=False,
    )
    limits = msgspec.structs.replace(scenario.limits, wire_action_ms=15_000)
    return msgspec.structs.replace(
        scenario,
        needs=(),
        limits=limits,
        method=tuple(map(_short, scenario.method)),
        rollback=(),
        recovery=recovery,
    )


def _short(step: Step) -> Step:
    if isinstance(step, WaitStep):
        return WaitStep(wait_ms=min(step.wait_ms, SHORT_MS))
    if isinstance(step, ActionStep):
        return msgspec.structs.replace(step, every_ms=0, repeat=min(step.repeat, ROUNDS))
    return step


assert FAULTS, "importing the catalogue registers every fault"
