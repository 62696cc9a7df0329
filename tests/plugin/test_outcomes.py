"""Every outcome has its word, its exit status, and its place in the report."""

from __future__ import annotations

import pytest
from tests.support.chaos_project import QUICK, ChaosProject

FAILS_FOR_GOOD = """
    def before_sync(self):
        if self.syncs > 1:
            raise RuntimeError("never again")
"""
KNOWS_NOTHING = """
    def orders(self):
        return []
"""
TELLS_ITS_TOKEN = """
    def before_sync(self):
        print("token", self.inner.tokens()["access_token"])
"""
SHORT = "[recovery]\nrto_ms = 120000\n"
SHIP = '[[method]]\naction = "ship"\narguments = { order_id = "$order:newest" }\n'

OUTCOMES = {
    "passed": (QUICK, "    pass", 0),
    "safety_violated": (QUICK, TELLS_ITS_TOKEN, 10),
    "not_recovered": (
        QUICK.replace("times = 1", 'operation = "order.*"\ntimes = 1')
        + '[[method]]\nplatform = "place_orders"\n'
        + SHORT,
        """
    def before_sync(self):
        if self.syncs > 2:
            raise RuntimeError("never again")
""",
        11,
    ),
    "aborted": (QUICK, KNOWS_NOTHING, 12),
    "inconclusive": (QUICK + '[expect]\noracles = ["webhooks_once"]\n', "    pass", 13),
    "not_exercised": (QUICK + SHIP, "    pass", 14),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_is_told_in_its_words_and_its_exit_status(
    project: ChaosProject, outcome: str
) -> None:
    scenario, behaviour, status = OUTCOMES[outcome]
    project.scenario(text=scenario)
    project.integration(behaviour)

    result = project.run("--tts-report", "out", "-v")

    result.stdout.fnmatch_lines(
        [f"*quick?simulated? {outcome.upper()} *", f"{outcome} *quick [[]simulated]*"]
    )
    assert result.ret == status
    assert project.report()["counts"] == {outcome: 1}


def test_a_fixture_that_raises_is_an_error_of_the_setup(project: ChaosProject) -> None:
    project.scenario()
    project.write(
        "conftest.py",
        "import pytest\n\n\n@pytest.fixture\ndef tts_integration():\n"
        "    raise RuntimeError('no database')\n",
    )

    result = project.run("--tts-report", "out")

    result.stdout.fnmatch_lines(
        ["harness_error *quick [[]simulated]  set-up failed: RuntimeError: no database"]
    )
    assert result.ret == 15
    assert project.report()["counts"] == {"harness_error": 1}


def test_a_fixture_that_raises_at_its_end_takes_the_pass_away(project: ChaosProject) -> None:
    project.scenario()
    project.integration()
    text = (project.path / "conftest.py").read_text()
    spoilt = "inner.close()\n        raise OSError('disk full')"
    project.write("conftest.py", text.replace("inner.close()", spoilt))

    result = project.run("--tts-report", "out")

    result.stdout.fnmatch_lines(
        ["harness_error *quick [[]simulated]  tear-down failed: OSError: disk full"]
    )
    assert result.ret == 15
    assert project.report()["runs"][0]["rto_ms"] == 1_800_000


def test_the_gravest_outcome_decides_the_exit_status(project: ChaosProject) -> None:
    project.scenario("one")
    project.scenario("two", QUICK + SHIP)
    project.scenario("three", QUICK + '[expect]\noracles = ["webhooks_once"]\n')
    project.integration()

    result = project.run("--tts-report", "out")

    assert result.ret == 13
    assert project.report()["counts"] == {"inconclusive": 1, "not_exercised": 1, "passed": 1}


def test_the_gravest_outcome_is_told_last(project: ChaosProject) -> None:
    project.scenario("a", QUICK + SHIP)
    project.scenario("b")
    project.integration()

    result = project.run()

    result.stdout.fnmatch_lines(["passed *b [[]simulated]*", "not_exercised *a [[]simulated]*"])


def test_a_scenario_marked_as_expected_to_fail_does_not_fail_the_run(
    project: ChaosProject,
) -> None:
    project.scenario(text=QUICK + SHIP)
    project.integration()
    text = (project.path / "conftest.py").read_text()
    project.write(
        "conftest.py",
        f"{text}\n\ndef pytest_itemcollected(item):\n"
        "    item.add_marker(pytest.mark.xfail(reason='no shipping yet'))\n",
    )

    result = project.run()

    result.assert_outcomes(xfailed=1)
    assert result.ret == 0


def test_scenarios_that_are_all_skipped_say_nothing_and_do_not_pass(project: ChaosProject) -> None:
    project.scenario()
    project.write(
        "conftest.py",
        "import pytest\n\n\n@pytest.fixture\ndef tts_integration():\n    pytest.skip('no keys')\n",
    )

    result = project.run()

    result.stdout.fnmatch_lines(["no scenario was played: this run says nothing *"])
    assert result.ret == 14


def test_the_engine_of_the_fault_proxy_is_named_where_one_ran(project: ChaosProject) -> None:
    project.scenario()

    on_sockets = project.run("--tts-world", "wire")
    simulated = project.run()

    on_sockets.stdout.re_match_lines([r"fault proxy: (embedded|toxiproxy [\d.]+)$"])
    simulated.stdout.no_fnmatch_line("fault proxy*")
