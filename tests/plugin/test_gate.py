"""--tts-gate as a user meets it: exit statuses, words, files."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
from tests.support.chaos_project import ChaosProject

from tts_chaos.cli.main import main
from tts_chaos.cli.schema import schema_text

FORGETS = "    def orders(self):\n        return []\n"
EXCEPTION = (
    '[[accepted]]\nscenario = "quick"\nowner = "Orders team"\nreason = "known"\nexpires = {}\n'
)


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


def test_a_release_is_one_word_and_status_0(project: ChaosProject) -> None:
    project.scenario()

    result = project.run("--tts-gate")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["gate: RELEASE: 1 runs fulfil the policy"])


def test_a_block_is_status_20_and_is_told_everywhere(
    project: ChaosProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.path / "step.md"))
    project.scenario()
    project.integration(FORGETS)

    result = project.run("--tts-gate", "--tts-report", "out")

    assert result.ret == 20
    result.stdout.fnmatch_lines(
        [
            "::error file=conftest.py,title=tts-chaos%3A quick::aborted: *",
            "  must_pass: quick [[]simulated]: aborted: *",
            "gate: BLOCK: quick [[]simulated]: aborted: *",
        ]
    )
    assert project.report()["gate"]["decision"] == "block"
    schema = jsonschema_rs.validator_for(json.loads(schema_text("report")))
    assert [error.message for error in schema.iter_errors(project.report())] == []
    assert "<h1>Block</h1>" in (project.path / "out/report.html").read_text()
    assert (project.path / "step.md").read_text() == (project.path / "out/summary.md").read_text()
    (entry,) = json.loads((project.path / "out/gl-code-quality.json").read_text())
    assert entry["location"]["path"] == "conftest.py"


@pytest.mark.parametrize(
    ("expires", "status", "words"),
    [
        ("2999-01-01", 0, "gate: RELEASE: 1 runs fulfil the policy, 1 of them accepted as*"),
        ("2020-01-01", 20, "gate: BLOCK: *the exception of Orders team expired on 2020-01-01*"),
    ],
)
def test_a_known_failure_is_accepted_until_it_expires(
    project: ChaosProject, expires: str, status: int, words: str
) -> None:
    project.scenario()
    project.integration(FORGETS)
    project.write("tts-gate.toml", EXCEPTION.format(expires))

    result = project.run("--tts-gate")

    assert result.ret == status
    result.stdout.fnmatch_lines([words])


@pytest.mark.parametrize(
    ("policy", "arguments", "words"),
    [
        ("[coverage]\nfault = 3", (), "*tts-gate.toml, $.coverage.fault: unknown key 'fault'*"),
        ("", ("--tts-gate-policy", "none.toml"), "*none.toml: there is no such file"),
    ],
)
def test_a_policy_that_cannot_be_used_ends_the_session_before_anything_is_played(
    project: ChaosProject, policy: str, arguments: tuple[str, ...], words: str
) -> None:
    project.scenario()
    project.write("tts-gate.toml", policy)

    result = project.run("--tts-gate", *arguments)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([words])


def test_a_policy_without_the_gate_is_refused(project: ChaosProject) -> None:
    project.scenario()

    result = project.run("--tts-gate-policy", "tts-gate.toml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--tts-gate-policy does nothing without --tts-gate; add it"])


def test_the_matrix_remembers_and_the_command_answers(
    project: ChaosProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.scenario()
    project.run("--tts-gate", "--tts-gate-version", "1.2", "--tts-report", "out")
    monkeypatch.chdir(project.path)
    capsys.readouterr()

    assert [main(["gate", "--may", version]) for version in ("1.2", "1.3")] == [0, 3]

    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("yes: integration 1.2 was released on ")
    assert said[1] == "unknown: version 1.3 was never judged"
    assert main(["gate", "--show"]) == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["version", project.report()["contract_digest"][:12]]
    assert row.startswith("integration 1.2  release 20")
    (project.path / "tts-gate.toml").write_text("coverage.runs = 2")
    assert main(["gate", "out", "--version", "1.2"]) == 20
    assert main(["gate", "--may", "1.2"]) == 1
    assert main(["gate"]) == 2
    assert main(["gate", "--show", "--may", "1.2"]) == 2
