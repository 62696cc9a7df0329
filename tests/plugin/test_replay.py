"""A sealed record is written for each run, and the command replays it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.chaos_project import QUICK, ChaosProject

from tts_chaos.cli import replay as replay_command
from tts_chaos.cli.main import main

RECORD = "out/records/quick.simulated.json"
FORGETFUL = "    def orders(self):\n        return []\n"


@pytest.fixture
def recorded(project: ChaosProject) -> ChaosProject:
    """A project with one run behind it."""
    project.scenario()
    project.integration()
    project.run("--tts-report", "out")
    return project


def replay(project: ChaosProject, *options: str, file: str = RECORD) -> int:
    """Run the command in this process; it starts pytest in another."""
    return main(["replay", str(project.path / file), "--project", str(project.path), *options])


def test_a_record_names_what_was_run_and_what_came_of_it(recorded: ChaosProject) -> None:
    record = json.loads((recorded.path / RECORD).read_text())

    assert (record["scenario"], record["world"], record["seed"]) == ("quick", "simulated", "7")
    assert (record["outcome"], record["integration"]) == ("passed", "conftest.py")
    assert record["arguments"] == ["."]
    assert [fault["fired"] for fault in record["faults"]] == [1]
    assert record["verdicts"]["orders_complete"] == "valid"
    assert record["ledger_difference"] == []
    assert str(recorded.path) not in json.dumps(record)


@pytest.mark.slow
def test_the_same_is_said_to_be_the_same_as_often_as_asked(
    recorded: ChaosProject, capsys: pytest.CaptureFixture[str]
) -> None:
    code = replay(recorded, "--times", "2")

    said = capsys.readouterr().out
    assert code == 0, said
    assert "same in 2 of 2 runs: passed" in said
    assert "it proves no origin" in said


@pytest.mark.slow
def test_another_behaviour_is_shown_where_it_begins(
    recorded: ChaosProject, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded.integration(FORGETFUL)

    code = replay(recorded)

    said = capsys.readouterr().out
    assert code == 1
    assert "outcome: before passed, now aborted" in said
    assert "is the first that differs" in said
    assert "observe orders" in said


@pytest.mark.slow
def test_a_changed_scenario_is_refused_before_anything_is_compared(
    recorded: ChaosProject, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded.scenario(text=QUICK.replace("times = 1", "times = 2"))

    assert replay(recorded) == 2
    assert "another version of its scenario file" in capsys.readouterr().err


@pytest.mark.slow
def test_a_scenario_that_is_gone_is_named(
    recorded: ChaosProject, capsys: pytest.CaptureFixture[str]
) -> None:
    (recorded.path / "chaos/quick.toml").rename(recorded.path / "chaos/other.toml")

    assert replay(recorded) == 2
    said = capsys.readouterr().err
    assert "quick [simulated] was not played again" in said
    assert "nothing matches 'quick'" in said


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_changed_record_is_refused(
    recorded: ChaosProject, capsys: pytest.CaptureFixture[str]
) -> None:
    _change(recorded.path / RECORD, '"passed"', '"Passed"')

    assert replay(recorded) == 2
    assert "was changed after it was sealed" in capsys.readouterr().err


def test_a_changed_history_is_refused(
    recorded: ChaosProject, capsys: pytest.CaptureFixture[str]
) -> None:
    _change(recorded.path / "out/histories/quick.simulated.jsonl", "sync_orders", "sync_Orders")

    assert replay(recorded) == 2
    assert "is not the history that" in capsys.readouterr().err


def test_a_record_of_another_project_says_what_is_missing(
    recorded: ChaosProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded.integration(where="deep/conftest.py")
    (recorded.path / "conftest.py").unlink()
    recorded.run("--tts-report", "out", "deep")

    code = main(["replay", str(recorded.path / RECORD), "--project", str(tmp_path / "none")])
    assert (code, "is no folder" in capsys.readouterr().err) == (2, True)

    (tmp_path / "empty").mkdir()
    code = main(["replay", str(recorded.path / RECORD), "--project", str(tmp_path / "empty")])
    assert code == 2
    assert "has no deep; run this in the project that was tested" in capsys.readouterr().err


def test_a_record_of_another_contract_is_refused(
    recorded: ChaosProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Other:
        digest = "0" * 64

    monkeypatch.setattr(replay_command, "load_contracts", Other)

    assert replay(recorded) == 2
    assert "was made with contract" in capsys.readouterr().err


@pytest.mark.parametrize("times", ["0", "-1", "many"])
def test_a_number_of_runs_that_is_none_is_refused(
    times: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["replay", "a.json", f"--times={times}"])

    assert "expected a whole number from 1 on" in capsys.readouterr().err
