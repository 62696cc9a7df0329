"""Killed in its work: a program by SIGKILL, Python in this process by an exception."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support import small_shop

from tts_chaos.core.history import PROGRAM_KILLED, Completed, History, Observed, OpKind
from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.errors import FaultNotSupportedError
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.scenarios.loader import parse_scenario
from tts_chaos.scenarios.model import Scenario
from tts_chaos.subjects.external.loader import load_configuration
from tts_chaos.subjects.external.subject import ExternalSubject
from tts_chaos.subjects.in_process import InProcessSubject

HEAD = """
title = "Killed"
description = "Killed."
why = "It happens."
[twin]
orders = 60
products = 2
[recovery]
wire_rto_ms = 1500
wire_tick_ms = 20
canary = false
[[method]]
platform = "place_orders"
count = 3
"""
MID_CALL = f"""{HEAD}
[[method]]
fault = "program_killed"
operation = "order.get_order_detail"
call = 2
when = "WHEN"
[[method]]
action = "sync_orders"
[[method]]
action = "restart"
[[method]]
action = "sync_orders"
"""
BETWEEN = f"""{HEAD}
[[method]]
action = "sync_orders"
[[method]]
kill = true
[[method]]
action = "sync_orders"
[[method]]
action = "restart"
"""
NOTES_TOO_EARLY = """def sync() -> None:
    note = os.environ["DATABASE"] + ".done"
    if os.path.exists(note):
        with open(note) as file:
            since = {"create_time_ge": int(file.read())}
    else:
        since = {}
    with open(note, "w") as file:
        file.write(str(int(time.time())))
"""


def _scenario(text: str, when: str = "after") -> Scenario:
    return parse_scenario(text.replace("WHEN", when), id="killed/it", path="it.toml")


# -- a program ------------------------------------------------------------------------------------


def _play_program(scenario: Scenario, folder: Path, program: str) -> RunResult:
    (folder / "shop.py").write_text(program, encoding="utf-8")
    file = folder / "tts-chaos.toml"
    file.write_text(f"{small_shop.CONFIGURATION}restart = true\n", encoding="utf-8")
    workspace = folder / "work"
    workspace.mkdir()
    with Run(scenario, WireWorld(tests_program=True), seed=5, searched_paths=[workspace]) as run:
        assert run.connection is not None
        with ExternalSubject(load_configuration(file), run.connection, workspace) as subject:
            return run.play(subject)


def _killed(history: History) -> list[str]:
    return [
        f"{row.action} {row.kind.value}"
        for row in history.of(Completed)
        if PROGRAM_KILLED in row.error
    ]


def _text() -> str:
    return Path(small_shop.__file__).read_text(encoding="utf-8")


@pytest.mark.proves_fault("program_killed", "wire")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_program_is_killed_in_the_middle_of_a_request(tmp_path: Path, when: str) -> None:
    result = _play_program(_scenario(MID_CALL, when), tmp_path, _text())

    (hit,) = [x for x in result.history.exchanges() if x.faults]
    assert (hit.fate, hit.committed) == ("client_killed", when == "after")
    assert _killed(result.history) == ["sync_orders info"]
    assert [receipt.fired for receipt in result.receipts] == [1]
    assert (result.outcome, result.reason) == (Outcome.PASSED, "")


@pytest.mark.proves_fault("program_killed", "wire")
def test_one_that_notes_how_far_it_came_too_early_loses_what_it_had_not_kept(
    tmp_path: Path,
) -> None:
    broken = _text().replace("def sync() -> None:\n", NOTES_TOO_EARLY, 1)
    broken = broken.replace('/search", query, {})', '/search", query, since)')

    # A second later, so that the note is later than the orders.
    late = MID_CALL.replace("call = 2", "").replace(
        "count = 3\n", "count = 3\n[[method]]\nwait_ms = 1100\n"
    )

    result = _play_program(_scenario(late), tmp_path, broken)

    findings = {finding.rule for report in result.reports for finding in report.findings}
    assert result.outcome is Outcome.NOT_RECOVERED
    assert "order_lost" in findings


def test_a_program_is_killed_between_two_steps_and_is_asked_nothing_while_it_is_dead(
    tmp_path: Path,
) -> None:
    result = _play_program(_scenario(BETWEEN), tmp_path, _text())

    assert _killed(result.history) == ["sync_orders fail"]
    assert [row.error for row in result.history.of(Observed) if row.error] == []
    assert (result.outcome, result.reason) == (Outcome.PASSED, "")


# -- an integration in this process ---------------------------------------------------------------

URL = "https://open-api.tiktokglobalshop.com"


class _Calls:
    """Makes two requests that the platform refuses, and catches whatever is an `Exception`."""

    def __init__(self) -> None:
        self.cleaned_up: list[str] = []
        self.swallowed: list[str] = []
        self.starts = 0

    def restart(self) -> None:
        self.starts += 1

    def orders(self) -> list[Any]:
        return []

    def sync_orders(self) -> None:
        try:
            for path in ("/first", "/second"):
                httpx.get(URL + path)
        except Exception as error:  # noqa: BLE001 - as many integrations do
            self.swallowed.append(str(error))
        finally:
            self._clean_up()

    def _clean_up(self) -> None:
        with contextlib.suppress(Exception):
            httpx.get(URL + "/give-back-a-lease")
        self.cleaned_up.append("and still alive")


class _InThreads(_Calls):
    def sync_orders(self) -> None:
        work = super().sync_orders
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


class _Async(_Calls):
    async def sync_orders(self) -> None:  # type: ignore[override]
        async with httpx.AsyncClient() as client:
            try:
                await asyncio.gather(client.get(f"{URL}/first"), client.get(f"{URL}/second"))
            except Exception as error:  # noqa: BLE001 - as many integrations do
                self.swallowed.append(str(error))


DIES = """
title = "Killed"
description = "Killed."
why = "It happens."
[twin]
orders = 0
[[method]]
fault = "program_killed"
when = "WHEN"
[[method]]
action = "sync_orders"
[[method]]
action = "sync_orders"
[[method]]
action = "restart"
[[method]]
action = "sync_orders"
[recovery]
rto_ms = 1000
tick_ms = 1000
canary = false
[expect]
oracles = []
"""


def _play_dying(kind: type[_Calls], when: str = "after") -> tuple[RunResult, _Calls]:
    scenario = _scenario(DIES, when)
    with Run(scenario, SimulatedWorld(), seed=5) as run:
        assert run.connection is not None
        calls = kind()
        return run.play(InProcessSubject(calls)), calls


@pytest.mark.proves_fault("program_killed", "simulated")
def test_no_except_exception_catches_it_and_nothing_more_reaches_the_platform() -> None:
    result, calls = _play_dying(_Calls)

    fates = [(x.path, x.fate) for x in result.history.exchanges()]
    died = fates.index(("/first", "client_killed"))
    actions = [(row.action, row.kind) for row in result.history.of(Completed)]
    # Before it died there was one whole round; after, nothing until it was restarted.
    assert [path for path, _ in fates[:died]] == ["/first", "/second", "/give-back-a-lease"]
    assert fates[died + 1 : died + 4] == [
        (path, "answered") for path in ("/first", "/second", "/give-back-a-lease")
    ]
    assert actions[1:5] == [
        ("sync_orders", OpKind.INFO),
        ("sync_orders", OpKind.INFO),
        ("restart", OpKind.OK),
        ("sync_orders", OpKind.OK),
    ]
    assert (calls.swallowed, calls.starts) == ([], 1)
    assert (
        len(calls.cleaned_up) == len([kind for name, kind in actions if name == "sync_orders"]) - 2
    )


@pytest.mark.parametrize("kind", [_InThreads, _Async])
def test_threads_and_tasks_end_as_well(
    kind: type[_Calls], capsys: pytest.CaptureFixture[str]
) -> None:
    result, calls = _play_dying(kind)

    fates = [x.fate for x in result.history.exchanges()]
    assert fates.count("client_killed") == 1
    assert calls.swallowed == []
    assert [row.kind for row in result.history.of(Completed) if row.action == "restart"] == [
        OpKind.OK
    ]
    assert "Traceback" not in capsys.readouterr().err


def test_on_real_sockets_python_in_this_process_is_not_killed_and_the_run_says_why() -> None:
    with pytest.raises(FaultNotSupportedError, match="has to be a program of its own"):
        Run(_scenario(DIES), WireWorld(), seed=5).open()
    with pytest.raises(FaultNotSupportedError, match="a step kills the integration, which on real"):
        Run(_scenario(BETWEEN), WireWorld(), seed=5).open()


def test_a_scenario_may_ask_for_a_program_of_its_own() -> None:
    scenario = _scenario(MID_CALL.replace("[twin]", 'needs = ["own-process"]\n[twin]', 1))

    for world in (SimulatedWorld(), WireWorld()):
        with pytest.raises(FaultNotSupportedError, match="needs an integration that is a program"):
            Run(scenario, world, seed=5).open()


def test_one_that_cannot_restart_is_not_put_to_the_test() -> None:
    class Mayfly(_Calls):
        restart = None  # type: ignore[assignment]

    result, _ = _play_dying(Mayfly)

    assert result.outcome is Outcome.NOT_EXERCISED
    assert "restart()" in result.reason
