"""A schedule is a scenario, and its file is read back to the same one."""

from __future__ import annotations

import pytest

from tts_chaos._data import data_folder
from tts_chaos.errors import InternalError
from tts_chaos.faults.body import BodyEmpty
from tts_chaos.faults.fault import Trigger
from tts_chaos.faults.network import ConnectionReset
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario, parse_scenario
from tts_chaos.scenarios.model import FaultStep
from tts_chaos.search.schedule import Planned, Schedule, to_scenario
from tts_chaos.search.variants import LEFT_OUT, variants
from tts_chaos.search.work import WORK, Work
from tts_chaos.search.writing import to_toml
from tts_chaos.typing import ACTIONS, OBSERVATIONS

EVERYTHING = (*ACTIONS, *OBSERVATIONS)
BUNDLED = data_folder("scenarios")


@pytest.mark.parametrize("file", list(find_scenario_files(BUNDLED)), ids=lambda file: file.stem)
def test_every_bundled_scenario_is_written_as_it_is_read(file: object) -> None:
    scenario = load_scenario(file, BUNDLED)  # type: ignore[arg-type]

    assert parse_scenario(to_toml(scenario), id=scenario.id, path=scenario.path) == scenario


@pytest.mark.parametrize("name", WORK)
def test_every_piece_of_work_stands_alone_in_a_file(name: str) -> None:
    work = tuple(Work(name=name, number=number) for number in range(WORK[name].forms))
    schedule = Schedule(work=(*work, Work(name="sync")))

    scenario = to_scenario(schedule, EVERYTHING)

    assert parse_scenario(to_toml(scenario), id=scenario.id, path=scenario.path) == scenario


def test_every_form_of_every_fault_is_written_as_it_is_read() -> None:
    for variant in variants():
        trigger = variant.fault.default_trigger
        planned = Planned(fault=variant.fault, trigger=trigger)
        work = tuple(Work(name=name) for name in ("sync", "push", "ship", "sync"))
        scenario = to_scenario(Schedule(work=work, faults=(planned,)), EVERYTHING)

        read = parse_scenario(to_toml(scenario), id=scenario.id, path=scenario.path)

        assert read == scenario, variant.label


def test_what_a_file_cannot_say_is_no_silent_change() -> None:
    never_once = Trigger(times=None)
    schedule = Schedule(
        work=(Work(name="sync"),), faults=(Planned(fault=ConnectionReset(), trigger=never_once),)
    )

    with pytest.raises(InternalError, match="times is not 1"):
        to_toml(to_scenario(schedule, EVERYTHING))


def test_equal_schedules_have_one_name_and_others_another() -> None:
    one = Schedule(work=(Work(name="sync"),), orders=1)
    two = Schedule(work=(Work(name="sync"),), orders=2)

    assert to_scenario(one, EVERYTHING).id == to_scenario(one, EVERYTHING).id
    assert to_scenario(one, EVERYTHING).id != to_scenario(two, EVERYTHING).id


def test_a_fault_is_lifted_before_the_work_that_shall_be_calm() -> None:
    planned = Planned(fault=BodyEmpty(), trigger=BodyEmpty.default_trigger, before=0, until=1)
    schedule = Schedule(work=(Work(name="sync"), Work(name="sync")), faults=(planned,))

    steps = to_scenario(schedule, ("sync_orders", "orders")).method

    assert [getattr(step, "id", "") or getattr(step, "action", "") for step in steps] == [
        "body_empty-1",
        "sync_orders",
        "body_empty-1",
        "sync_orders",
    ]
    assert isinstance(steps[0], FaultStep)


def test_every_fault_that_is_left_out_says_why() -> None:
    assert all(len(reason.split()) > 5 for reason in LEFT_OUT.values())
