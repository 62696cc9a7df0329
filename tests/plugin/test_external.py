"""A program of its own as the integration: found, started, played against, ended, named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import small_shop
from tests.support.chaos_project import ChaosProject

import tts_chaos.subjects.external.subject  # noqa: F401 - loaded once: see conftest.py

OUTAGE = """
title = "A short outage"
description = "One answer is a 503."
why = "It happens."
tags = ["quick"]
[twin]
orders = 3
products = 1
[[method]]
fault = "platform_down"
times = 1
[[method]]
action = "sync_orders"
[recovery]
wire_tick_ms = 20
"""


@pytest.fixture
def shop(project: ChaosProject) -> ChaosProject:
    """A project with a program, its configuration and one scenario."""
    project.scenario(text=OUTAGE)
    project.write("shop.py", Path(small_shop.__file__).read_text(encoding="utf-8"))
    project.write("tts-chaos.toml", small_shop.CONFIGURATION)
    return project


def test_a_program_is_played_against_and_named(shop: ChaosProject) -> None:
    done = shop.run()

    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(
        [
            "*world wire*",
            "*tested is the program configured in tts-chaos.toml",
            "integration: the program configured in tts-chaos.toml",
            "passed *",
        ]
    )


def test_a_fixture_wins_and_the_header_says_so(shop: ChaosProject) -> None:
    shop.integration()

    done = shop.run()

    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(
        ["*tested is the fixture tts_integration of conftest.py; tts-chaos.toml is not used"]
    )


def test_a_fixture_found_while_collecting_wins_too(shop: ChaosProject) -> None:
    shop.integration(where="deep/er/conftest.py")
    shop.write("deep/er/test_it.py", "")

    done = shop.run(".")

    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(
        ["*tested is the fixture tts_integration of deep/er/conftest.py; tts-chaos.toml is not*"]
    )


@pytest.mark.parametrize("world", ["simulated", "both"])
def test_a_program_cannot_run_in_virtual_time(shop: ChaosProject, world: str) -> None:
    done = shop.run("--tts-world", world)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"*runs in the wire world only, not in {world}; leave*"])


def test_look_ups_of_a_program_are_not_said_to_go_wrong(shop: ChaosProject) -> None:
    shop.scenario(
        "stranger",
        text=OUTAGE.replace('"platform_down"\ntimes = 1', '"name_elsewhere"\nhost = "api"'),
    )

    done = shop.run()

    done.stdout.fnmatch_lines(["*1 scenario cannot run in the wire world: stranger"])


LEAKS = {
    "stdout": ("print(os.environ['ACCESS_TOKEN'], flush=True)", "in stdout 'the program'"),
    "a log": ("open('shop.log', 'a').write(os.environ['APP_SECRET'])", "in file 'shop.log'"),
    "the workspace": (
        "open(os.environ['DATABASE'] + '.txt', 'w').write(os.environ['APP_SECRET'])",
        "in file 'shop.db.txt'",
    ),
    "a database in UTF-16": (
        "connection = sqlite3.connect(os.environ['DATABASE'] + '.wide');"
        "connection.executescript('pragma encoding = \"UTF-16\"; create table t (a text)');"
        "connection.execute('insert into t values (?)', [os.environ['APP_SECRET']]);"
        "connection.commit(); connection.close()",
        "in file 'shop.db.wide, its values'",
    ),
    "an address": ("known = lambda: [{'id': os.environ['APP_SECRET']}]", "in url 'GET /orders'"),
}


@pytest.mark.parametrize("where", LEAKS)
def test_a_secret_is_found_wherever_the_program_leaves_it(shop: ChaosProject, where: str) -> None:
    leak, told = LEAKS[where]
    text = Path(small_shop.__file__).read_text(encoding="utf-8")
    shop.write("shop.py", text.replace('if __name__ == "__main__":', f"{leak}\nif True:"))
    search = '\n[integration.search]\nfiles = ["*.log"]\nurls = ["GET /orders"]\n'
    shop.write("tts-chaos.toml", small_shop.CONFIGURATION + search)

    done = shop.run()

    if where != "an address":
        done.stdout.fnmatch_lines(["*secret_in_*"])
    assert told in done.stdout.str()


def test_one_that_cannot_be_started_stops_the_session(shop: ChaosProject) -> None:
    shop.scenario("second", OUTAGE)
    shop.write("shop.py", "raise SystemExit('no licence')")

    done = shop.run()

    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(
        ["*integration.start: * did not come up: it ended with status 1; its last lines:",
         "*no licence", "*the integration could not be started*"]
    )  # fmt: skip
