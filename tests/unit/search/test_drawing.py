"""The seed decides every schedule that is drawn, and nothing else does."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from tts_chaos.core.entropy import Entropy
from tts_chaos.faults.credentials import TokenExpired
from tts_chaos.faults.effect import Moment
from tts_chaos.faults.outcomes import AppliedAnswerLost
from tts_chaos.faults.overload import PlatformDown
from tts_chaos.search.drawing import StopDrawing, draw_lists, draw_machine
from tts_chaos.search.menu import Menu, Place
from tts_chaos.search.schedule import Schedule
from tts_chaos.search.sites import RequestSite
from tts_chaos.search.work import Work
from tts_chaos.wire.message import ApiRequest, make_json_response

TIERS = pytest.mark.parametrize("draw", [draw_lists, draw_machine])


def _site(operation: str, method: str, path: str) -> RequestSite:
    moment = Moment(
        request=ApiRequest(method=method, path=path),
        operation=operation,
        shop="",
        now_ms=0,
        hits=0,
        entropy=Entropy(1),
    )
    return RequestSite(call=1, nth=1, moment=moment, response=make_json_response({"code": 0}))


SEARCH = _site("order.202309.get_order_list", "POST", "/order/202309/orders/search")
PUSH = _site(
    "product.202309.update_inventory", "POST", "/product/202309/products/1/inventory/update"
)
MENU = Menu(
    work=tuple(Work(name=name) for name in ("sync", "order", "push", "wait")),
    places={
        "credentials": (Place(fault=TokenExpired(), site=SEARCH),),
        "ambiguous outcomes": (Place(fault=AppliedAnswerLost(), site=PUSH),),
        "overload": tuple(
            Place(fault=PlatformDown(status=status), site=SEARCH) for status in (500, 503)
        ),
    },
    callers={SEARCH.operation: ("sync",), PUSH.operation: ("push",)},
)


def _drawn(draw: object, seed: str, count: int = 40) -> list[Schedule]:
    taken: list[Schedule] = []
    draw(MENU, taken.append, count=count, seed=seed)  # type: ignore[operator]
    return taken


@TIERS
def test_equal_seeds_draw_equal_schedules(draw: object) -> None:
    assert _drawn(draw, "7") == _drawn(draw, "7")
    assert _drawn(draw, "7") != _drawn(draw, "8")


@TIERS
def test_the_text_of_a_project_does_not_change_what_is_drawn(
    draw: object, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    before = _drawn(draw, "7")
    file = tmp_path / "numbers.py"  # type: ignore[operator]
    file.write_text("\n".join(f"n{n} = {n}" for n in range(200)))
    module = ModuleType("numbers_of_a_project")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, module.__name__, module)

    assert _drawn(draw, "7") == before


@TIERS
def test_every_family_and_several_faults_are_drawn(draw: object) -> None:
    schedules = _drawn(draw, "7", 80)

    assert {planned.fault.family for each in schedules for planned in each.faults} == set(
        MENU.places
    )
    assert max(len(each.faults) for each in schedules) >= 3


def test_a_fault_is_armed_before_work_that_meets_it() -> None:
    for schedule in _drawn(draw_lists, "7"):
        for planned in schedule.faults:
            met = schedule.work[planned.before].name
            assert met in MENU.callers[planned.trigger.operation or ""]


@TIERS
def test_who_takes_them_ends_the_drawing(draw: object) -> None:
    taken: list[Schedule] = []

    def take(schedule: Schedule) -> None:
        taken.append(schedule)
        if len(taken) == 3:
            raise StopDrawing

    with pytest.raises(StopDrawing):
        draw(MENU, take, count=40, seed="7")  # type: ignore[operator]

    assert len(taken) == 3


@TIERS
def test_an_error_of_who_takes_them_comes_out_at_once(draw: object) -> None:
    taken: list[Schedule] = []

    def take(schedule: Schedule) -> None:
        taken.append(schedule)
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        draw(MENU, take, count=40, seed="7")  # type: ignore[operator]

    assert len(taken) == 1
