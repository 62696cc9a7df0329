"""What makes a scenario one that can prove something. Checked when loaded, never in mid-run."""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.core.registry import nearest
from tts_chaos.errors import UsageError
from tts_chaos.faults.fault import CAUSES
from tts_chaos.faults.plane import matches_operation
from tts_chaos.oracles.catalogue import ORACLES
from tts_chaos.scenarios.model import (
    ActionStep,
    FaultStep,
    LiftStep,
    Need,
    PlatformStep,
    Scenario,
    Step,
    WaitStep,
)
from tts_chaos.scenarios.shape import Place
from tts_chaos.twin import catalogue as _catalogue  # noqa: F401 - registers every command
from tts_chaos.twin.commands import check_command

__all__ = ["REAL_TIME_LIMIT_MS", "validate"]

REAL_TIME_LIMIT_MS = 15_000
"""A scenario that plans more waiting than this would stop a person's day on real sockets."""


def validate(scenario: Scenario) -> None:
    """Check everything that needs the catalogues.

    Raises:
        ScenarioError: For the first thing that is wrong.
    """
    place = Place(scenario.path)
    _check_oracles(scenario, place)
    _check_method(scenario.method, place.at("method"))
    for index, step in enumerate(scenario.rollback):
        _check_step(step, place.at("rollback").at(index))
    _check_time(scenario, place)
    _check_recovery(scenario, place.at("recovery"))


def _check_oracles(scenario: Scenario, place: Place) -> None:
    probes = place.at("steady-state-hypothesis").at("probe")
    for index, probe in enumerate(scenario.steady_state):
        _check_oracle(probe.oracle, probes.at(index).at("oracle"))
    expect = place.at("expect")
    for index, name in enumerate(scenario.expect.oracles):
        _check_oracle(name, expect.at("oracles").at(index))
    for name in scenario.expect.options:
        _check_oracle(name, expect.at("options").at(name))
    alert = scenario.expect.alert
    if alert is not None and alert.cause not in CAUSES:
        _refuse_word(alert.cause, CAUSES, "cause", expect.at("alert").at("cause"))


def _check_oracle(name: str, place: Place) -> None:
    if name not in ORACLES:
        raise place.error(ORACLES.describe_unknown(name))


def _refuse_word(word: str, valid: Iterable[str], noun: str, place: Place) -> None:
    close = nearest(word, valid)
    hint = f" Did you mean {close!r}?" if close else f" Known: {', '.join(valid)}."
    raise place.error(f"there is no {noun} {word!r}.{hint}")


def _check_method(steps: tuple[Step, ...], place: Place) -> None:
    armed: dict[str, int] = {}
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
        if isinstance(step, LiftStep) and step.id not in armed:
            known = ", ".join(armed) or "none so far"
            raise here.at("lift").error(
                f"no fault {step.id!r} is armed before this; armed: {known}"
            )
    if last_stimulus < 0:
        raise place.error("the method makes the integration do nothing; add an action step")
    for id, index in armed.items():
        if index > last_stimulus:
            raise place.at(index).error(
                f"the fault {id!r} is armed after the last action and can never fire; "
                "move it before the action that it shall hit"
            )


def _check_step(step: Step, place: Place) -> None:
    if isinstance(step, FaultStep):
        _check_operation(step, place)
    elif isinstance(step, PlatformStep):
        try:
            check_command(step.command, step.arguments)
        except UsageError as error:
            raise place.error(str(error)) from None


def _check_operation(step: FaultStep, place: Place) -> None:
    operations = load_contracts().operations
    for key, pattern in (
        ("operation", step.trigger.operation),
        ("retired", getattr(step.fault, "retired", None)),
    ):
        if pattern is None or any(matches_operation(pattern, id) for id in operations):
            continue
        names = {operation.name for operation in operations.values()} | set(operations)
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
    for key in ("rto_ms", "wire_rto_ms", "tick_ms", "wire_tick_ms"):
        if getattr(recovery, key) <= 0:
            raise place.at(key).error(
                f"expected more than 0 milliseconds, got {getattr(recovery, key)}"
            )
    if recovery.tick_ms > recovery.rto_ms:
        raise place.at("tick_ms").error(
            f"a round every {recovery.tick_ms} ms cannot recover within {recovery.rto_ms} ms"
        )
