"""What makes a scenario one that can prove something. Checked when loaded, never in mid-run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import matches_operation
from tts_chaos.core.registry import nearest
from tts_chaos.errors import UsageError
from tts_chaos.faults.fault import CAUSES
from tts_chaos.oracles.catalogue import GUARDS, ORACLES
from tts_chaos.oracles.oracle import JudgeSettings
from tts_chaos.scenarios.drift_paths import check_drift
from tts_chaos.scenarios.model import (
    ActionStep,
    FaultStep,
    KillStep,
    LiftStep,
    Need,
    PlatformStep,
    Scenario,
    Step,
    TwinSetup,
    WaitStep,
)
from tts_chaos.scenarios.placeholders import placeholders_in
from tts_chaos.scenarios.reachable import check_reachable
from tts_chaos.scenarios.shadowing import check_shadowed
from tts_chaos.scenarios.shape import Place, refuse_unknown_keys
from tts_chaos.twin import catalogue as _catalogue  # noqa: F401 - registers every command
from tts_chaos.twin.commands import check_command
from tts_chaos.twin.handler import COMMANDS
from tts_chaos.twin.regions import REGIONS
from tts_chaos.typing import ACTION_ARGUMENTS

__all__ = ["REAL_TIME_LIMIT_MS", "validate"]

REAL_TIME_LIMIT_MS = 15_000
"""A scenario that plans more waiting than this would stop a person's day on real sockets."""

MOST_ROUNDS = 10_000
"""Rounds of the integration's schedule during recovery; more is a tick in the wrong unit."""


def validate(scenario: Scenario) -> None:
    """Check everything that needs the catalogues.

    Raises:
        ScenarioError: For the first thing that is wrong.
    """
    place = Place(scenario.path)
    _check_needs(scenario, place.at("needs"))
    _check_regions(scenario.twin, place.at("twin").at("regions"))
    _check_oracles(scenario, place)
    _check_method(scenario.method, place.at("method"))
    _check_rollback(scenario.rollback, place.at("rollback"))
    _check_faults(scenario, place.at("method"))
    _check_restarts(scenario, place.at("method"))
    _check_placeholders(scenario, place)
    _check_time(scenario, place)
    _check_recovery(scenario, place.at("recovery"))


def _check_needs(scenario: Scenario, place: Place) -> None:
    if {Need.VIRTUAL_TIME, Need.OWN_PROCESS} <= set(scenario.needs):
        raise place.error("a program of its own knows no virtual time; leave one out")
    if {Need.VIRTUAL_TIME, Need.REAL_SOCKETS} <= set(scenario.needs):
        raise place.error("no world has both virtual time and real sockets; leave one out")


def _check_regions(setup: TwinSetup, place: Place) -> None:
    for index, region in enumerate(setup.regions):
        if region not in REGIONS:
            _refuse_word(region, REGIONS, "region", place.at(index))


def _check_oracles(scenario: Scenario, place: Place) -> None:
    probes = place.at("steady-state-hypothesis").at("probe")
    for index, probe in enumerate(scenario.steady_state):
        _check_oracle(probe.oracle, probes.at(index).at("oracle"))
    expect = place.at("expect")
    for index, name in enumerate(scenario.expect.oracles):
        _check_oracle(name, expect.at("oracles").at(index))
    _check_options(scenario, expect.at("options"))
    alert = scenario.expect.alert
    if alert is not None and alert.cause not in CAUSES:
        _refuse_word(alert.cause, CAUSES, "cause", expect.at("alert").at("cause"))


def _check_options(scenario: Scenario, place: Place) -> None:
    judged = (*scenario.expect.oracles, *GUARDS)
    for name, given in scenario.expect.options.items():
        here = place.at(name)
        _check_oracle(name, here)
        if name not in judged:
            raise here.error(f"{name} does not judge this scenario; add it to expect.oracles")
        if not isinstance(given, Mapping):
            raise here.error(f"expected a table of settings, got {given!r}")
        refuse_unknown_keys(given, ORACLES[name].options, here)
        try:
            JudgeSettings(options=scenario.expect.options).chosen(name, ORACLES[name].options)
        except UsageError as error:
            raise here.error(str(error)) from None


def _check_oracle(name: str, place: Place) -> None:
    if name not in ORACLES:
        raise place.error(ORACLES.describe_unknown(name))


def _refuse_word(word: str, valid: Iterable[str], noun: str, place: Place) -> None:
    close = nearest(word, valid)
    hint = f" Did you mean {close!r}?" if close else f" Known: {', '.join(valid)}."
    raise place.error(f"there is no {noun} {word!r}.{hint}")


def _check_method(steps: tuple[Step, ...], place: Place) -> None:
    armed: dict[str, int] = {}
    lifted: set[str] = set()
    last_stimulus = -1
    for index, step in enumerate(steps):
        here = place.at(index)
        _check_step(step, here)
        if isinstance(step, ActionStep | PlatformStep | WaitStep):
            last_stimulus = index
        if isinstance(step, FaultStep):
            if step.id in armed:
                raise here.at("id").error(
                    f"the id {step.id!r} is used by step {armed[step.id]} already; "
                    "give this one another"
                )
            armed[step.id] = index
        if isinstance(step, LiftStep):
            _check_lift(step.id, armed, lifted, here.at("lift"))
            lifted.add(step.id)
    if last_stimulus < 0:
        raise place.error("the method makes the integration do nothing; add an action step")
    for id, index in armed.items():
        _check_can_fire(steps, id, index, place.at(index))


def _check_lift(id: str, armed: Iterable[str], lifted: set[str], place: Place) -> None:
    if id not in armed:
        known = ", ".join(armed) or "none so far"
        close = nearest(id, armed)
        hint = f". Did you mean {close!r}?" if close else ""
        raise place.error(f"no fault {id!r} is armed before this; armed: {known}{hint}")
    if id in lifted:
        raise place.error(f"the fault {id!r} is lifted already by a step before this")


def _check_can_fire(steps: tuple[Step, ...], id: str, index: int, place: Place) -> None:
    """Refuse a fault under which nothing happens: before it is lifted, or before the end."""
    for step in steps[index + 1 :]:
        if isinstance(step, ActionStep | PlatformStep | WaitStep):
            return
        if isinstance(step, LiftStep) and step.id == id:
            raise place.error(
                f"the fault {id!r} is lifted before anything happens and can never fire; "
                "put the action that it shall hit in between"
            )
    raise place.error(
        f"the fault {id!r} is armed after the last action and can never fire; "
        "move it before the action that it shall hit"
    )


def _check_faults(scenario: Scenario, place: Place) -> None:
    """Refuse faults that nothing meets, and faults that others hide."""
    for index, step in enumerate(scenario.method):
        if isinstance(step, FaultStep):
            check_reachable(scenario.method, index, scenario.limits, place.at(index))
            check_shadowed(scenario.method, index, place.at(index))


def _check_restarts(scenario: Scenario, place: Place) -> None:
    """Refuse to leave the integration dead: nothing could recover then."""
    if "restart" in scenario.recovery.actions:
        return
    steps = (*scenario.method, *scenario.rollback)
    for index, step in enumerate(scenario.method):
        kills = isinstance(step, KillStep) or (
            isinstance(step, FaultStep) and "restart" in step.fault.needs
        )
        if kills and not any(map(_restarts, steps[index + 1 :])):
            key = "kill" if isinstance(step, KillStep) else "fault"
            raise (
                place.at(index)
                .at(key)
                .error(
                    "the integration is killed and nothing starts it again; "
                    'add a step with action = "restart" after this one'
                )
            )


def _restarts(step: Step) -> bool:
    return isinstance(step, ActionStep) and step.action == "restart"


def _check_rollback(steps: tuple[Step, ...], place: Place) -> None:
    for index, step in enumerate(steps):
        if isinstance(step, FaultStep | LiftStep):
            kind = "armed" if isinstance(step, FaultStep) else "lifted"
            raise place.at(index).error(
                f"the rollback is what an operator does once every fault is lifted, so none is "
                f"{kind} there; move this step to the method"
            )
        _check_step(step, place.at(index))


def _check_step(step: Step, place: Place) -> None:
    if isinstance(step, FaultStep):
        _check_operation(step, place)
        check_drift(step, place)
    elif isinstance(step, PlatformStep):
        if step.command not in COMMANDS:
            raise place.at("platform").error(COMMANDS.describe_unknown(step.command))
        try:
            check_command(step.command, step.arguments)
        except UsageError as error:
            raise place.error(str(error)) from None


def _check_placeholders(scenario: Scenario, place: Place) -> None:
    limits = {"sku": scenario.twin.products, "shop": scenario.twin.shops}
    for key, steps in (("method", scenario.method), ("rollback", scenario.rollback)):
        for index, step in enumerate(steps):
            here = place.at(key).at(index)
            for placeholder, where in placeholders_in(_arguments_of(step), here):
                limit = limits.get(placeholder.name)
                if limit is not None and placeholder.number >= limit:
                    raise where.error(
                        f"${placeholder.name}:{placeholder.number} may not exist; with the "
                        f"[twin] of this scenario, $sku:0 to $sku:{limits['sku'] - 1} and $shop:0 "
                        f"to $shop:{limits['shop'] - 1} do for every seed"
                    )


def _arguments_of(step: Step) -> Mapping[str, object]:
    match step:
        case ActionStep():
            return {"arguments": step.arguments}
        case PlatformStep():
            return step.arguments
        case FaultStep():
            return {"shop": step.trigger.shop}
        case _:
            return {}


def _check_operation(step: FaultStep, place: Place) -> None:
    operations = load_contracts().operations
    for key, pattern in (
        ("operation", step.trigger.operation),
        ("retired", getattr(step.fault, "retired", None)),
    ):
        if pattern is None or any(matches_operation(pattern, id) for id in operations):
            continue
        names = {operation.name for operation in operations.values()} | set(operations)
        names |= {f"{id.partition('.')[0]}.*" for id in operations}
        close = nearest(pattern, names)
        hint = f" Did you mean {close!r}?" if close else ""
        raise place.at(key).error(
            f"no operation matches {pattern!r}; a fault that never fires looks like a client "
            f"that survived it.{hint}"
        )


def _check_time(scenario: Scenario, place: Place) -> None:
    planned_ms = sum(_planned_ms(step) for step in (*scenario.method, *scenario.rollback))
    if planned_ms > REAL_TIME_LIMIT_MS and Need.VIRTUAL_TIME not in scenario.needs:
        raise place.at("needs").error(
            f"the steps plan {planned_ms} ms of waiting, more than the {REAL_TIME_LIMIT_MS} ms "
            'that real sockets allow; add needs = ["virtual-time"], or wait less'
        )


def _planned_ms(step: Step) -> int:
    if isinstance(step, WaitStep):
        return step.wait_ms
    if isinstance(step, ActionStep):
        return step.every_ms * (step.repeat - 1)
    return 0


def _check_recovery(scenario: Scenario, place: Place) -> None:
    recovery = scenario.recovery
    for rto, tick in (("rto_ms", "tick_ms"), ("wire_rto_ms", "wire_tick_ms")):
        rto_ms, tick_ms = getattr(recovery, rto), getattr(recovery, tick)
        if tick_ms > rto_ms:
            raise place.at(rto).error(
                f"a round every {tick_ms} ms ({tick}) cannot recover within {rto_ms} ms; "
                "both are milliseconds"
            )
        if rto_ms // tick_ms > MOST_ROUNDS:
            raise place.at(tick).error(
                f"a round every {tick_ms} ms makes {rto_ms // tick_ms} rounds within {rto_ms} ms "
                f"({rto}), more than {MOST_ROUNDS}; both are milliseconds"
            )
    for index, action in enumerate(recovery.actions):
        _check_scheduled(action, place.at("actions").at(index))


def _check_scheduled(action: str, place: Place) -> None:
    able = [name for name, arguments in ACTION_ARGUMENTS.items() if arguments == ()]
    if action in ACTION_ARGUMENTS and action not in able:
        raise place.error(
            f"{action} needs arguments, and a schedule has none; expected {', '.join(able)}"
        )
    if action not in able:
        _refuse_word(action, able, "action", place)
