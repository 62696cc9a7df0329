"""What a run leaves behind: the JSON report, histories, JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from tests.support.chaos_project import QUICK, ChaosProject

from tts_chaos.core.history import History


@pytest.fixture
def failing(project: ChaosProject) -> ChaosProject:
    """A project whose integration forgets every order."""
    project.scenario("area/quick")
    project.integration("    def orders(self):\n        return []\n")
    return project


def _properties(project: ChaosProject) -> dict[str, str]:
    tree = ElementTree.parse(project.path / "junit.xml")
    return {
        node.attrib["name"]: node.attrib["value"]
        for node in tree.iterfind(".//testcase/properties/property")
    }


def test_a_passed_scenario_carries_its_numbers_into_junit(project: ChaosProject) -> None:
    project.scenario()

    project.run("--junitxml", "junit.xml")

    assert _properties(project) == {
        "tts_outcome": "passed",
        "tts_world": "simulated",
        "tts_seed": "7",
        "tts_recovery_ms": "60000",
    }


def test_a_number_that_was_never_measured_is_left_out_of_junit(failing: ChaosProject) -> None:
    failing.run("--junitxml", "junit.xml")

    assert _properties(failing) == {
        "tts_outcome": "aborted",
        "tts_world": "simulated",
        "tts_seed": "7",
    }


def test_a_failed_scenario_tells_its_story_in_junit(failing: ChaosProject) -> None:
    failing.run("--junitxml", "junit.xml")

    failure = ElementTree.parse(failing.path / "junit.xml").find(".//testcase/failure")
    assert failure is not None
    assert "area/quick [simulated]: aborted" in (failure.text or "")


def test_the_report_names_seed_format_and_counts(failing: ChaosProject) -> None:
    failing.run("--tts-report", "out")

    report = failing.report()
    assert (report["format"], report["seed"], report["counts"]) == (
        "tts-chaos-report/1",
        "7",
        {"aborted": 1},
    )


def test_the_report_tells_each_run_with_what_was_found(failing: ChaosProject) -> None:
    failing.run("--tts-report", "out")

    (run,) = failing.report()["runs"]
    assert (run["scenario"], run["world"], run["outcome"]) == ("area/quick", "simulated", "aborted")
    assert [finding["rule"] for finding in run["findings"]] == ["order_lost"]


def test_the_report_has_the_receipt_of_each_fault(project: ChaosProject) -> None:
    project.scenario()

    project.run("--tts-report", "out")

    (run,) = project.report()["runs"]
    (fault,) = run["faults"]
    assert (fault["name"], fault["fired"], fault["lifted"]) == ("platform_down", 1, True)


def test_each_run_leaves_a_history_that_the_report_vouches_for(failing: ChaosProject) -> None:
    failing.run("--tts-report", "out")

    (run,) = failing.report()["runs"]
    text = (failing.path / "out/histories/area--quick.simulated.jsonl").read_bytes()
    history = History.from_json_lines(text)
    assert (run["history_sha256"], run["history_records"]) == (history.digest(), len(history))


def test_one_seed_gives_the_same_report_and_histories_twice(project: ChaosProject) -> None:
    project.scenario()
    project.scenario("parallel", QUICK + '[[method]]\naction = "sync_orders"\nparallel = 2\n')
    project.integration()

    project.run("--tts-report", "one")
    project.run("--tts-report", "two")

    for name in ("report.json", "histories/quick.simulated.jsonl"):
        assert (project.path / "one" / name).read_bytes() == (
            project.path / "two" / name
        ).read_bytes()


def test_another_seed_gives_another_history(project: ChaosProject) -> None:
    project.scenario()

    project.run("--tts-report", "one", seed="1")
    project.run("--tts-report", "two", seed="2")

    name = "histories/quick.simulated.jsonl"
    assert (project.path / "one" / name).read_bytes() != (project.path / "two" / name).read_bytes()


def test_no_report_is_written_unless_asked_for(failing: ChaosProject) -> None:
    before = {path.name for path in failing.path.iterdir()}

    failing.run()

    assert {path.name for path in failing.path.iterdir()} - before <= {"pytest.ini", "__pycache__"}


def test_the_report_folder_of_the_ini_file_is_below_the_root(failing: ChaosProject) -> None:
    failing.ini["tts_report"] = "build/chaos"

    result = failing.run()

    result.stdout.fnmatch_lines([f"report: {failing.path}/build/chaos/report.json"])
    assert failing.report("build/chaos")["counts"] == {"aborted": 1}


def test_a_report_without_any_run_says_so(project: ChaosProject) -> None:
    (project.path / "chaos").mkdir()

    project.run("--tts-report", "out")

    assert project.report()["runs"] == []


def test_no_secret_is_written_into_reports(failing: ChaosProject) -> None:
    failing.write(
        "conftest.py",
        (failing.path / "conftest.py").read_text()
        + "\n\n@pytest.fixture(autouse=True)\ndef _note(tts_twin, request):\n"
        "    (request.config.rootpath / 'token').write_text(tts_twin.access_token)\n",
    )

    failing.run("--tts-report", "out", "--junitxml", "junit.xml")

    token = (failing.path / "token").read_text()
    written = [*(failing.path / "out").rglob("*.json*"), failing.path / "junit.xml"]
    assert len(written) == 3
    assert [file.name for file in written if token in file.read_text()] == []
