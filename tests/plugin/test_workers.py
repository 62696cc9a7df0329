"""The same run on several processes: same outcomes, one seed, one whole report."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.chaos_project import QUICK, ChaosProject

pytestmark = pytest.mark.slow

ASYNC = ("pytest_asyncio.plugin", "anyio.pytest_plugin")
SHIP = '[[method]]\naction = "ship"\narguments = { order_id = "$order:newest" }\n'


@pytest.fixture
def catalogue(project: ChaosProject) -> ChaosProject:
    """Three scenarios of different ends."""
    project.scenario("a")
    project.scenario("b", QUICK + SHIP)
    project.scenario("c", QUICK + '[expect]\noracles = ["webhooks_once"]\n')
    project.integration(where="tests/conftest.py")
    project.write("tests/test_own.py", "def test_own():\n    pass\n")
    return project


def _run_on_two(project: ChaosProject, *arguments: str, seed: str = "7") -> pytest.RunResult:
    return project.run_apart("-n", "2", *arguments, seed=seed, plugins=("xdist",))


def _essence(project: ChaosProject, folder: str) -> Any:
    return json.loads((project.path / folder / "report.json").read_text())


def test_two_workers_report_what_one_process_reports(catalogue: ChaosProject) -> None:
    alone = catalogue.run("--tts-report", "alone")

    together = _run_on_two(catalogue, "--tts-report", "together")

    assert together.ret == alone.ret == 13
    assert _essence(catalogue, "together") == _essence(catalogue, "alone")
    assert len(list((catalogue.path / "together/histories").iterdir())) == 3


def test_two_workers_share_the_seed_that_was_drawn(catalogue: ChaosProject) -> None:
    result = _run_on_two(catalogue, "--tts-report", "out", seed="")

    seed = next(line for line in result.outlines if line.startswith("seed: ")).split()[1]
    assert {run["seed"] for run in catalogue.report()["runs"]} == {seed}


def test_two_workers_name_the_integration_and_every_outcome(catalogue: ChaosProject) -> None:
    result = _run_on_two(catalogue)

    result.stdout.fnmatch_lines(
        [
            "integration: tests/conftest.py",
            "passed *a [[]simulated]*",
            "not_exercised *b [[]simulated]*",
            "inconclusive *c [[]simulated]*",
        ]
    )


def test_a_fixture_that_cannot_work_stops_every_worker(catalogue: ChaosProject) -> None:
    catalogue.write(
        "tests/conftest.py",
        "import pytest\n\n\n@pytest.fixture\ndef tts_integration():\n    return None\n",
    )

    result = _run_on_two(catalogue)

    result.stdout.fnmatch_lines(
        ["harness_error *the fixture tts_integration returned None; end it with *"]
    )
    assert result.ret == 15


def test_histories_are_the_same_bytes_on_one_process_and_on_two(catalogue: ChaosProject) -> None:
    catalogue.run("--tts-report", "alone")

    _run_on_two(catalogue, "--tts-report", "together")

    alone = {f.name: f.read_bytes() for f in (catalogue.path / "alone/histories").iterdir()}
    together = {f.name: f.read_bytes() for f in (catalogue.path / "together/histories").iterdir()}
    assert together == alone


def test_workers_random_order_timeouts_and_two_async_plugins_go_together(
    catalogue: ChaosProject,
) -> None:
    alone = catalogue.run("--tts-report", "alone")
    plugins = (
        "xdist",
        "pytest_randomly",
        "pytest_timeout",
        "pytest_asyncio.plugin",
        "anyio.pytest_plugin",
    )
    catalogue.ini["asyncio_default_fixture_loop_scope"] = "function"

    together = catalogue.run_apart(
        "-n", "2", "--timeout", "600", "--tts-report", "together", plugins=plugins
    )

    assert together.ret == alone.ret
    assert _essence(catalogue, "together") == _essence(catalogue, "alone")


def test_an_async_integration_is_played_beside_async_plugins(project: ChaosProject) -> None:
    project.scenario()
    project.integration()
    # Its own methods become async; the event loop is nobody's fixture.
    text = (project.path / "conftest.py").read_text()
    project.write("conftest.py", text.replace("    def sync_orders", "    async def sync_orders"))
    project.ini["asyncio_mode"] = "auto"
    project.ini["asyncio_default_fixture_loop_scope"] = "function"

    result = project.run_apart(plugins=ASYNC)

    assert result.ret == 0
