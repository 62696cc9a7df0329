"""Which scenarios a world can play, and what is said of those that none can."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.engine_parts import ManualWorld, Scripted

from tts_chaos.engine.fitness import refuse_unplayable, why_unfit
from tts_chaos.errors import ScenarioError
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.scenarios.model import FaultStep, KillStep, LiftStep, Need, Scenario, Step

ARMED = FaultStep(id="f", fault=Scripted(), trigger=Trigger())


class Refusing(ManualWorld):
    """A world that realises no fault, or cannot kill."""

    def __init__(self, name: str, *, refuses: str | None = None, spares: str | None = None) -> None:
        super().__init__(name)
        self._refuses, self._spares = refuses, spares

    def refusal(self, fault: Fault, trigger: Trigger) -> str | None:
        return self._refuses

    def kill_refusal(self) -> str | None:
        return self._spares


def scenario(*method: Step, rollback: tuple[Step, ...] = (), needs: tuple[Need, ...] = ()) -> Any:
    return Scenario(
        id="a/b",
        path="a/b.yaml",
        title="t",
        description="d",
        why="w",
        method=method,
        rollback=rollback,
        needs=needs,
    )


@pytest.mark.parametrize(
    ("played", "world", "reason"),
    [
        pytest.param(scenario(), ManualWorld(), None, id="nothing-in-the-way"),
        pytest.param(scenario(ARMED), ManualWorld(), None, id="a-fault-it-realises"),
        pytest.param(
            scenario(LiftStep(id="f"), ARMED),
            Refusing("simulated", refuses="no sockets here"),
            "no sockets here",
            id="a-fault-it-does-not-realise",
        ),
        pytest.param(
            scenario(rollback=(ARMED,)),
            Refusing("simulated", refuses="no sockets here"),
            "no sockets here",
            id="a-fault-of-the-operator",
        ),
        pytest.param(
            scenario(KillStep(), ARMED),
            Refusing("simulated", refuses="no sockets here"),
            "no sockets here",
            id="a-kill-it-can-do-hides-no-fault",
        ),
        pytest.param(
            scenario(KillStep()),
            Refusing("simulated", spares="nothing to kill"),
            "nothing to kill",
            id="a-kill-it-cannot-do",
        ),
        pytest.param(
            scenario(ARMED),
            Refusing("simulated", spares="nothing to kill"),
            None,
            id="no-kill-is-asked-for",
        ),
        pytest.param(
            scenario(needs=(Need.VIRTUAL_TIME,)),
            ManualWorld("wire"),
            "it needs virtual time",
            id="virtual-time-on-sockets",
        ),
        pytest.param(
            scenario(needs=(Need.VIRTUAL_TIME,)), ManualWorld(), None, id="virtual-time-there-is"
        ),
        pytest.param(
            scenario(needs=(Need.REAL_SOCKETS,)),
            ManualWorld(),
            "it needs sockets",
            id="sockets-in-process",
        ),
        pytest.param(
            scenario(needs=(Need.OWN_PROCESS,)),
            ManualWorld(),
            "it needs an integration that is a program of its own",
            id="a-program-of-its-own",
        ),
    ],
)
def test_why_a_world_cannot_play_a_scenario(
    played: Scenario, world: ManualWorld, reason: str | None
) -> None:
    assert why_unfit(played, world) == reason


def test_a_program_of_its_own_is_played_where_there_is_one() -> None:
    world = ManualWorld("wire")
    world.tests_program = True

    assert why_unfit(scenario(needs=(Need.OWN_PROCESS,)), world) is None
    assert why_unfit(scenario(), ManualWorld("wire")) is None


SOCKETS, TIME = Refusing("wire", refuses="no"), Refusing("simulated", refuses="never")


@pytest.mark.parametrize(
    ("played", "worlds"),
    [
        pytest.param(scenario(ARMED), (ManualWorld(), SOCKETS), id="one-of-two"),
        pytest.param(scenario(LiftStep(id="f")), (SOCKETS, TIME), id="no-fault"),
        pytest.param(scenario(rollback=(ARMED,)), (SOCKETS, TIME), id="no-fault-in-the-method"),
    ],
)
def test_what_one_world_can_realise_is_let_through(
    played: Scenario, worlds: tuple[ManualWorld, ...]
) -> None:
    refuse_unplayable(played, worlds)


@pytest.mark.parametrize(
    ("needs", "worlds", "message"),
    [
        pytest.param(
            (),
            (SOCKETS, TIME),
            r"no world can realise this fault as it is armed \(wire: no; simulated: never\)",
            id="none-of-two",
        ),
        pytest.param(
            (Need.REAL_SOCKETS,),
            (SOCKETS, ManualWorld()),
            r"no world that has real-sockets can realise this fault as it is armed \(wire: no\)",
            id="the-other-cannot-play-it-at-all",
        ),
    ],
)
def test_a_fault_that_no_world_realises_is_refused(
    needs: tuple[Need, ...], worlds: tuple[ManualWorld, ...], message: str
) -> None:
    with pytest.raises(ScenarioError, match=message) as refused:
        refuse_unplayable(scenario(LiftStep(id="x"), ARMED, needs=needs), worlds)

    assert "$.method[1].fault" in str(refused.value)
