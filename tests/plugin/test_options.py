"""Options: from the command line, the ini file or the environment; wrong values name valid ones."""

from __future__ import annotations

import pytest
from tests.support.chaos_project import QUICK, ChaosProject

COLLECT = ("--collect-only", "-q")


@pytest.fixture
def catalogue(project: ChaosProject) -> ChaosProject:
    """Three scenarios in two folders."""
    project.scenario("auth/expired", QUICK.replace('"quick"', '"auth", "slow"'))
    project.scenario("auth/revoked", QUICK.replace('"quick"', '"auth"'))
    project.scenario("network/reset")
    return project


SELECTIONS = {
    "one-by-its-id": (("--tts-scenario", "auth/expired"), ["auth/expired"]),
    "one-by-its-file": (("--tts-scenario", "auth/expired.toml"), ["auth/expired"]),
    "a-folder": (("--tts-scenario", "auth"), ["auth/expired", "auth/revoked"]),
    "a-pattern": (("--tts-scenario", "*/re*"), ["auth/revoked", "network/reset"]),
    "two-ids": (
        ("--tts-scenario", "auth/expired", "--tts-scenario", "network"),
        ["auth/expired", "network/reset"],
    ),
    "a-tag": (("--tts-tag", "auth"), ["auth/expired", "auth/revoked"]),
    "two-tags": (("--tts-tag", "slow", "--tts-tag", "quick"), ["auth/expired", "network/reset"]),
    "a-folder-and-a-tag": (("--tts-scenario", "auth", "--tts-tag", "slow"), ["auth/expired"]),
    "a-word-of-pytest": (("-k", "revoked"), ["auth/revoked"]),
    "a-tag-as-a-word-of-pytest": (("-k", "slow"), ["auth/expired"]),
    "all": ((), ["auth/expired", "auth/revoked", "network/reset"]),
}


@pytest.mark.parametrize("chosen", SELECTIONS)
def test_scenarios_are_chosen_by(catalogue: ChaosProject, chosen: str) -> None:
    options, expected = SELECTIONS[chosen]

    result = catalogue.run(*COLLECT, *options)

    found = [line for line in result.outlines if line.startswith("tts-chaos::")]
    assert found == [f"tts-chaos::{id}[simulated]" for id in expected]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            ("--tts-scenario", "auth/expird"),
            "*--tts-scenario: nothing matches 'auth/expird'. Did you mean 'auth/expired'? Known: *",
        ),
        (("--tts-tag", "slo"), "*--tts-tag: nothing matches 'slo'. Did you mean 'slow'? Known: *"),
        (
            ("--tts-world", "real"),
            "*--tts-world: 'real' is not valid; expected one of simulated, wire, both",
        ),
    ],
    ids=["a-scenario", "a-tag", "a-world"],
)
def test_a_value_that_matches_nothing_is_refused_with_the_valid_ones(
    catalogue: ChaosProject, option: tuple[str, str], message: str
) -> None:
    result = catalogue.run(*option)

    result.stderr.fnmatch_lines([message])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize("option", ["--tts-scenario", "--tts-tag", "--tts-otel"])
def test_a_selection_without_the_switch_is_refused(
    project: ChaosProject, pytester: pytest.Pytester, option: str
) -> None:
    project.scenario()

    result = pytester.runpytest_inprocess("-p", "tts_chaos.pytest_plugin.plugin", option, "auth")

    result.stderr.fnmatch_lines([f"*{option} does nothing without --tts-chaos; add it"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        ("simulated", ["quick[simulated]"]),
        ("wire", ["quick[wire]"]),
        ("both", ["quick[simulated]", "quick[wire]"]),
    ],
)
def test_each_scenario_is_played_once_in_every_world_asked_for(
    project: ChaosProject, world: str, expected: list[str]
) -> None:
    project.scenario()

    result = project.run(*COLLECT, "--tts-world", world)

    found = [line for line in result.outlines if line.startswith("tts-chaos::")]
    assert found == [f"tts-chaos::{id}" for id in expected]


@pytest.mark.parametrize(
    ("need", "world"), [("virtual-time", "wire"), ("real-sockets", "simulated")]
)
def test_a_scenario_that_cannot_run_in_the_world_asked_for_is_named(
    project: ChaosProject, need: str, world: str
) -> None:
    project.scenario("particular", f'needs = ["{need}"]{QUICK}')
    project.scenario()

    result = project.run("--collect-only", "--tts-world", world)

    result.stdout.fnmatch_lines([f"tts-chaos: 1 scenario cannot run in the {world} world: *"])
    result.stdout.no_fnmatch_line("*ScenarioItem particular*")


VALUES = {
    "seed": ("tts_seed", "TTS_CHAOS_SEED", "--tts-seed", "*, seed {}"),
    "world": ("tts_world", "TTS_CHAOS_WORLD", "--tts-world", "*, world {}, *"),
}
GIVEN = {"seed": ("11", "12", "13"), "world": ("wire", "both", "simulated")}


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_taken_from_the_environment(
    project: ChaosProject, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    _, variable, _, line = VALUES[value]
    project.scenario()
    monkeypatch.setenv(variable, GIVEN[value][0])

    result = project.run(*COLLECT, "-v", seed="")

    result.stdout.fnmatch_lines([line.format(GIVEN[value][0])])


@pytest.mark.parametrize("value", VALUES)
def test_the_ini_file_goes_before_the_environment(
    project: ChaosProject, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    key, variable, _, line = VALUES[value]
    project.scenario()
    monkeypatch.setenv(variable, GIVEN[value][0])
    project.ini[key] = GIVEN[value][1]

    result = project.run(*COLLECT, "-v", seed="")

    result.stdout.fnmatch_lines([line.format(GIVEN[value][1])])


@pytest.mark.parametrize("value", VALUES)
def test_the_command_line_goes_before_the_ini_file(project: ChaosProject, value: str) -> None:
    key, _, option, line = VALUES[value]
    project.scenario()
    project.ini[key] = GIVEN[value][1]

    result = project.run(*COLLECT, "-v", option, GIVEN[value][2], seed="")

    result.stdout.fnmatch_lines([line.format(GIVEN[value][2])])


def test_a_seed_that_nobody_gave_is_drawn_and_told(project: ChaosProject) -> None:
    project.scenario()

    result = project.run(seed="")

    result.stdout.re_match_lines([r"tts-chaos: 1 scenario chosen, 1 run, .*seed \d+", r"seed: \d+"])


def test_a_wrong_world_in_the_ini_file_is_refused(project: ChaosProject) -> None:
    project.scenario()
    project.ini["tts_world"] = "real"

    result = project.run()

    result.stderr.fnmatch_lines(["*'real' is not valid; expected one of simulated, wire, both"])


def test_a_scenario_folder_that_is_missing_is_refused(project: ChaosProject) -> None:
    result = project.run()

    result.stderr.fnmatch_lines(["*chaos: no such folder of scenarios"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_wrong_scenario_file_is_refused_without_a_traceback(project: ChaosProject) -> None:
    project.scenario(text=QUICK.replace("platform_down", "platform_dwn"))

    result = project.run()

    assert result.stderr.lines == [
        f"ERROR: {project.path}/chaos/quick.toml, $.method[0].fault: there is no fault "
        "'platform_dwn'. Did you mean 'platform_down'?",
        "",
    ]
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_two_scenarios_with_one_id_are_refused_with_both_files(project: ChaosProject) -> None:
    project.scenario(folder="chaos")
    project.scenario(folder="more")
    project.ini["tts_scenario_paths"] = "chaos more"

    result = project.run()

    result.stderr.fnmatch_lines(
        ["*two scenarios have the id 'quick': */chaos/quick.toml and */more/quick.toml; rename one"]
    )


def test_the_bundled_scenarios_are_played_unless_left_out(project: ChaosProject) -> None:
    project.scenario()
    project.ini["tts_bundled_scenarios"] = "true"

    result = project.run(*COLLECT, "--tts-scenario", "quick", "--tts-scenario", "auth")

    result.stdout.fnmatch_lines(["tts-chaos::auth/token-expired-401*", "tts-chaos::quick*"])


def test_scenarios_that_cannot_be_played_with_what_is_offered_are_left_out(
    project: ChaosProject,
) -> None:
    ship = '[[method]]\naction = "ship"\narguments = { order_id = "$order:newest" }\n'
    project.scenario("shipping", QUICK + ship)
    project.scenario(
        "judged", QUICK + '[expect]\noracles = ["orders_complete", "stock_converges"]\n'
    )
    project.scenario()
    project.ini["tts_not_offered"] = "ship stock"

    result = project.run(*COLLECT, "-v")

    result.stdout.fnmatch_lines(["*tts_not_offered: 1 scenario left out: shipping"])
    result.stdout.fnmatch_lines(["collected 2 items"])


def test_a_capability_that_does_not_exist_cannot_be_not_offered(project: ChaosProject) -> None:
    project.scenario()
    project.ini["tts_not_offered"] = "shipp"

    result = project.run()

    result.stderr.fnmatch_lines(
        ["*tts_not_offered: there is no capability 'shipp'. Did you mean 'ship'?*"]
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_nothing_is_chosen_by_mistake_when_everything_is_left_out(project: ChaosProject) -> None:
    project.scenario()
    project.ini["tts_not_offered"] = "sync_orders"

    result = project.run()

    result.stdout.fnmatch_lines(["no scenario was played: this run says nothing *"])
    assert result.ret != 0


def test_without_the_switch_the_plugin_does_nothing(
    project: ChaosProject, pytester: pytest.Pytester
) -> None:
    project.scenario()
    project.integration()
    project.write("test_own.py", "def test_own():\n    pass\n")

    result = pytester.runpytest_inprocess("-p", "tts_chaos.pytest_plugin.plugin")

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*tts-chaos*")


def test_a_fault_that_no_world_can_realise_is_refused_with_file_and_key(
    project: ChaosProject,
) -> None:
    needs = QUICK.replace('tags = ["quick"]', 'tags = ["quick"]\nneeds = ["real-sockets"]')
    project.scenario(text=needs.replace("platform_down", "port_refused"))

    result = project.run("--tts-world", "wire")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: {project.path}/chaos/quick.toml, $.method[[]0[]].fault: no world that has "
            "real-sockets can realise this fault as it is armed (wire: fault 'port_refused' *"
        ]
    )
