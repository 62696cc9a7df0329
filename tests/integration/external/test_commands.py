"""A program that is nothing but commands, each started anew and printing one line of JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support import small_shop
from tests.support.programs import make_subject

from tts_chaos.core.history import PROGRAM_KILLED, Completed, OpKind
from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.errors import ConfigError
from tts_chaos.injectors.real_calls import RealCalls
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.scenarios.loader import parse_scenario
from tts_chaos.subjects.external import command_call
from tts_chaos.subjects.external.failures import CommandError, ShapeError
from tts_chaos.subjects.external.loader import load_configuration
from tts_chaos.subjects.external.subject import ExternalSubject

COMMANDS = """
[integration.env]
API_URL = "{api_url}"
APP_KEY = "{app_key}"
APP_SECRET = "{app_secret}"
ACCESS_TOKEN = "{access_token}"
SHOP_CIPHER = "{shop_cipher}"
DATABASE = "{workspace}/shop.db"

[integration.capabilities]
sync_orders = { command = ["{python}", "shop.py", "sync"] }
orders = { command = ["{python}", "shop.py", "orders"], at = "orders" }
health = { command = ["{python}", "shop.py", "health"] }
restart = true
"""
CALLED = """
if __name__ == "__main__":
    print("connecting ...")
    done = {
        "sync": sync,
        "orders": lambda: {"orders": known()},
        "health": lambda: {"status": "ok"},
    }[sys.argv[1]]()
    print(json.dumps(done))
"""
SCENARIO = """
title = "An outage, and a kill in mid-call"
description = "One answer is a 503; the next sync is killed."
why = "It happens."
[twin]
orders = 3
products = 1
[[method]]
fault = "platform_down"
times = 1
[[method]]
action = "sync_orders"
[[method]]
platform = "place_orders"
[[method]]
fault = "program_killed"
[[method]]
action = "sync_orders"
[[method]]
action = "sync_orders"
[[method]]
action = "restart"
[recovery]
wire_rto_ms = 3000
wire_tick_ms = 20
"""


def _program(called: str = CALLED) -> str:
    text = Path(small_shop.__file__).read_text(encoding="utf-8")
    return text.partition('if __name__ == "__main__":')[0] + called


def _play(folder: Path, program: str) -> RunResult:
    (folder / "shop.py").write_text(program, encoding="utf-8")
    file = folder / "tts-chaos.toml"
    file.write_text(COMMANDS, encoding="utf-8")
    workspace = folder / "work"
    workspace.mkdir()
    scenario = parse_scenario(SCENARIO, id="a/b", path="b.toml")
    with Run(scenario, WireWorld(tests_program=True), seed=3, searched_paths=[workspace]) as run:
        assert run.connection is not None
        with ExternalSubject(load_configuration(file), run.connection, workspace) as subject:
            return run.play(subject)


def test_it_is_played_killed_in_mid_call_and_passes(tmp_path: Path) -> None:
    result = _play(tmp_path, _program())

    ends = [
        (row.kind, PROGRAM_KILLED in row.error)
        for row in result.history.of(Completed)
        if row.action == "sync_orders"
    ]
    assert (result.outcome, result.reason) == (Outcome.PASSED, "")
    assert [receipt.fired for receipt in result.receipts] == [1, 1]
    assert ends[1:4] == [(OpKind.OK, False), (OpKind.INFO, True), (OpKind.FAIL, True)]


def test_one_that_reports_success_whatever_happens_is_found_out(tmp_path: Path) -> None:
    hushed = CALLED.replace("sync,", "lambda: hush(sync),", 1)
    hush = "def hush(work):\n    try:\n        work()\n    except Exception:\n        pass\n"
    program = _program(hush + hushed).replace("tries: int = 3", "tries: int = 1")

    result = _play(tmp_path, program)

    rules = {finding.rule for report in result.reports for finding in report.findings}
    assert result.outcome is Outcome.SAFETY_VIOLATED
    assert "error_swallowed" in rules


def _ask(folder: Path, program: str, name: str = "orders") -> Any:
    configuration = (
        f'[integration.capabilities]\n{name} = {{ command = ["{{python}}", "shop.py"] }}\n'
    )
    with make_subject(folder, configuration, {"shop.py": program}) as subject:
        return subject.call(name, {})


BAD = {
    "nothing": ("pass", ShapeError, "printed nothing; expected one line of JSON"),
    "no JSON": ("print('42 orders')", ShapeError, "printed '42 orders' last; expected one line"),
    "JSON over several lines": (
        "import json; print(json.dumps([{}], indent=2))",
        ShapeError,
        r"printed '\]' last; expected one line of JSON",
    ),
    "two lines of JSON": (
        "print('[1]'); print('[2]')",
        ShapeError,
        r"printed '\[1\]' and then '\[2\]'; expected one line of JSON, all of the answer in it",
    ),
    "another shape": ("print('{}')", ShapeError, "expected a list of orders, got an empty object"),
    "a number that is none": ("print('[NaN]')", ShapeError, "expected one line of JSON"),
    "an error": (
        "import sys; print('[]'); sys.exit('no connection to the shop')",
        CommandError,
        "ended with status 1; its last lines:\n.*no connection to the shop",
    ),
    "an end by a signal": (
        "import os; os.kill(os.getpid(), 6)",
        CommandError,
        "ended by SIGABRT; it wrote nothing",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_answer_is_named(tmp_path: Path, case: str) -> None:
    program, kind, told = BAD[case]

    with pytest.raises(kind, match=f"(?s){told}"):
        _ask(tmp_path, program)


def test_words_before_the_answer_are_chatter(tmp_path: Path) -> None:
    assert _ask(tmp_path, "print('connecting ...'); print(3); print('[]')") == []


def test_an_action_may_print_what_it_likes(tmp_path: Path) -> None:
    assert _ask(tmp_path, "print('[1]'); print('done')", "flush") is None


def test_a_command_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_call, "LONGEST_S", 0.3)

    with pytest.raises(CommandError, match=r"did not end within 0\.3 s"):
        _ask(tmp_path, "import time; time.sleep(300)")


def test_a_command_is_bounded_by_the_scenarios_limit(tmp_path: Path) -> None:
    program = "import time; time.sleep(300)"
    done = RealCalls().run(lambda: _ask(tmp_path, program, "flush"), limit_ms=500)

    assert done.kind is OpKind.INFO
    assert "still running after 500 ms" in done.error


def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    configuration = '[integration.capabilities]\norders = { command = ["no-such-tool"] }\n'
    with (
        make_subject(tmp_path, configuration) as subject,
        pytest.raises(ConfigError, match="no program 'no-such-tool' in the folders of PATH"),
    ):
        subject.call("orders", {})
