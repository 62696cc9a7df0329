"""Where scenarios are collected, whose integration they play, and what else pytest collects."""

from __future__ import annotations

import pytest
from tests.support.chaos_project import ChaosProject


def _items(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line and not line.startswith(" ")]


@pytest.fixture
def suite(project: ChaosProject) -> ChaosProject:
    """One scenario, and a suite with a test of its own."""
    project.scenario()
    project.write(
        "tests/test_own.py", "def test_own():\n    raise AssertionError('not asked for')\n"
    )
    return project


def test_the_integration_of_the_root_conftest_is_played(suite: ChaosProject) -> None:
    suite.integration()

    result = suite.run()

    result.stdout.fnmatch_lines(["integration: conftest.py", "passed *quick*"])
    result.assert_outcomes(passed=1, deselected=1)


def test_the_integration_of_a_nested_conftest_is_played(suite: ChaosProject) -> None:
    suite.integration(where="tests/conftest.py")

    result = suite.run()

    result.stdout.fnmatch_lines(["tests/tts-chaos .*", "integration: tests/conftest.py"])
    result.assert_outcomes(passed=1, deselected=1)


def test_the_integration_is_found_when_only_a_test_file_is_given(suite: ChaosProject) -> None:
    suite.integration(where="tests/conftest.py")

    result = suite.run("tests/test_own.py")

    result.stdout.fnmatch_lines(["integration: tests/conftest.py"])
    result.assert_outcomes(passed=1, deselected=1)


def test_the_integration_is_found_when_its_folder_is_given(suite: ChaosProject) -> None:
    suite.integration(where="tests/conftest.py")

    result = suite.run("tests")

    result.stdout.fnmatch_lines(["integration: tests/conftest.py"])
    result.assert_outcomes(passed=1, deselected=1)


def test_a_path_right_after_the_switch_is_a_path(suite: ChaosProject) -> None:
    suite.integration()

    result = suite.run("tests/test_own.py")

    result.stdout.fnmatch_lines(["integration: conftest.py"])
    result.assert_outcomes(passed=1, deselected=1)


def test_without_any_conftest_the_reference_is_played_and_named(suite: ChaosProject) -> None:
    result = suite.run()

    result.stdout.fnmatch_lines(["integration: the bundled reference integration"])
    result.assert_outcomes(passed=1, deselected=1)


def test_a_conftest_without_the_fixture_leaves_the_reference(suite: ChaosProject) -> None:
    suite.write("conftest.py", "")

    result = suite.run()

    result.stdout.fnmatch_lines(["integration: the bundled reference integration"])


def test_every_conftest_with_an_integration_plays_every_scenario(suite: ChaosProject) -> None:
    suite.integration(where="first/conftest.py")
    suite.integration(where="second/conftest.py")

    result = suite.run()

    result.stdout.fnmatch_lines(
        ["integration: first/conftest.py", "integration: second/conftest.py"]
    )
    result.stdout.no_fnmatch_line("played * of *")
    result.assert_outcomes(passed=2, deselected=1)


def test_only_scenarios_are_collected(suite: ChaosProject) -> None:
    result = suite.run("--collect-only", "-q")

    assert _items(result) == ["tts-chaos::quick[simulated]"]


def test_collecting_alone_says_nothing_of_scenarios_that_were_not_played(
    suite: ChaosProject,
) -> None:
    result = suite.run("--collect-only", "--tts-report", "out")

    result.stdout.no_fnmatch_line("no scenario was played*")
    assert result.ret == 0
    assert not (suite.path / "out").exists()


def test_scenarios_left_out_by_a_word_are_counted_as_deselected(suite: ChaosProject) -> None:
    suite.scenario("other")

    result = suite.run("-k", "other")

    result.stdout.fnmatch_lines(
        [
            "tts-chaos: 2 scenarios chosen, 2 runs, *",
            "collected 3 items / 2 deselected / 1 selected",
            "played 1 of 2 runs",
        ]
    )


def test_a_word_that_matches_nothing_says_so_and_fails(suite: ChaosProject) -> None:
    result = suite.run("-k", "nothing_like_it")

    result.stdout.fnmatch_lines(["no scenario was played: this run says nothing *"])
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_an_empty_folder_of_scenarios_says_so_and_fails(project: ChaosProject) -> None:
    (project.path / "chaos").mkdir()

    result = project.run()

    result.stdout.fnmatch_lines(["no scenario was played: this run says nothing *"])
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_run_that_stops_at_the_first_failure_says_what_it_left(suite: ChaosProject) -> None:
    suite.scenario("other")
    suite.integration("    def orders(self):\n        return []\n")

    result = suite.run("-x")

    result.stdout.fnmatch_lines(["aborted *other*", "played 1 of 2 runs"])
    assert result.ret == 12


def test_one_scenario_can_be_named_by_its_node(suite: ChaosProject) -> None:
    suite.scenario("other")
    suite.integration()

    result = suite.run("--deselect", "tts-chaos::other[simulated]")

    result.stdout.fnmatch_lines(["passed *quick*"])
    result.assert_outcomes(passed=1, deselected=2)


def test_other_plugins_can_follow_each_scenario(suite: ChaosProject) -> None:
    suite.write(
        "conftest.py",
        "def pytest_tts_scenario_finished(item, result):\n"
        "    print('FINISHED', item.name, result.outcome.value, len(result.history) > 10)\n",
    )

    result = suite.run("-s")

    result.stdout.fnmatch_lines(["*FINISHED quick[[]simulated] passed True*"])
