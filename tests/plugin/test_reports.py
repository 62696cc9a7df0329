"""What a run leaves behind: the JSON report, histories, JUnit XML."""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from importlib import metadata
from pathlib import Path

import pytest
from tests.support.chaos_project import QUICK, ChaosProject

from tts_chaos.cli.main import main
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
    written = [*(failing.path / "out").rglob("*.*"), failing.path / "junit.xml"]
    assert {file.suffix for file in written} == {".html", ".json", ".jsonl", ".md", ".xml"}
    assert [file.name for file in written if token in file.read_text()] == []


def test_the_page_shows_the_verdict_and_is_told_of(failing: ChaosProject) -> None:
    result = failing.run("--tts-report", "out")

    page = (failing.path / "out/report.html").read_text()
    assert "<h1>Failed</h1>" in page
    assert "1 of 1 runs did not pass; the gravest: area/quick, aborted: " in page
    result.stdout.fnmatch_lines([f"report: {failing.path}/out/report.html"])


def test_one_seed_gives_the_same_page_twice(project: ChaosProject) -> None:
    project.scenario()

    project.run("--tts-report", "one")
    project.run("--tts-report", "two")

    one, two = (project.path / folder / "report.html" for folder in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("missing", ["jinja2", "vl-convert-python"])
def test_without_the_packages_for_it_the_page_is_left_out_with_a_hint(
    project: ChaosProject, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    project.scenario()
    (project.path / "out").mkdir()
    (project.path / "out/report.html").write_text("of an earlier run")
    if missing == "jinja2":
        monkeypatch.setitem(sys.modules, "jinja2", None)
    else:
        monkeypatch.setattr(metadata, "version", _not_found)

    result = project.run("--tts-report", "out")

    result.stdout.fnmatch_lines(
        [
            f"no report.html: the HTML report needs the package {missing} for its *: "
            "pip install 'pytest-tts-chaos[[]report]'"
        ]
    )
    assert result.ret == 0
    assert not (project.path / "out/report.html").exists()


def _not_found(name: str) -> str:
    if name == "vl-convert-python":
        raise metadata.PackageNotFoundError(name)
    return "0"


def test_workers_pages_are_merged_into_one(project: ChaosProject) -> None:
    project.scenario("one")
    project.scenario("two")

    project.run_apart("--tts-report", "out", "-n", "2", plugins=("xdist",))

    data = re.search(
        r'<script id="data" type="application/json">(.*?)</script>',
        (project.path / "out/report.html").read_text(),
    )
    assert data is not None
    page = json.loads(data[1])
    assert [run["scenario"] for run in page["runs"]] == ["one", "two"]
    assert [len(timeline["bars"]) > 5 for timeline in page["timelines"]] == [True, True]


def test_the_page_can_be_made_again_from_the_folder(
    failing: ChaosProject, capsys: pytest.CaptureFixture[str]
) -> None:
    failing.run("--tts-report", "out")
    page = failing.path / "out/report.html"
    before = page.read_bytes()
    page.unlink()

    assert main(["report", str(failing.path / "out")]) == 0

    assert page.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "report.json cannot be read: No such file or directory; name the folder"),
        ("{", "report.json is no valid JSON"),
        (
            '{"format": "other"}',
            "of the format 'tts-chaos-report/1', got 'other'",
        ),
        ("[]", "got None"),
    ],
)
def test_a_folder_that_is_no_report_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, words: str
) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)

    assert main(["report", str(tmp_path)]) == 2

    assert words in capsys.readouterr().err
