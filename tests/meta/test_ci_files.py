"""The ready jobs for CI systems: well-formed, and every option in them exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tts_chaos.cli.main import SUBCOMMANDS
from tts_chaos.reporting.gate.policy import load_policy
from tts_chaos.scaffold.ci_files import ci_files

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / "docs" / "ci" / "github.yml"
GITLAB = ROOT / "docs" / "ci" / "gitlab.yml"


def _commands(file: Path) -> list[str]:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    if file == GITHUB:
        steps: list[dict[str, Any]] = document["jobs"]["gate"]["steps"]
        return [step["run"] for step in steps if "run" in step]
    script: list[str] = document["tts-chaos"]["script"]
    return script


def test_the_job_for_github_has_what_a_workflow_needs() -> None:
    document = yaml.safe_load(GITHUB.read_text(encoding="utf-8"))

    # YAML 1.1 reads the key `on` as true.
    assert set(document) == {"name", True, "permissions", "jobs"}
    job = document["jobs"]["gate"]
    assert set(job) == {"runs-on", "timeout-minutes", "steps"}
    assert all({"uses", "run"} & set(step) for step in job["steps"])
    assert job["steps"][-1]["if"] == "always()"


def test_the_job_for_gitlab_keeps_what_the_gate_writes() -> None:
    document = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))

    assert set(document) == {"tts-chaos"}
    assert set(document["tts-chaos"]) == {"image", "timeout", "script", "cache", "artifacts"}
    artifacts = document["tts-chaos"]["artifacts"]
    assert artifacts["when"] == "always"
    assert set(artifacts["reports"]) == {"junit", "codequality"}


@pytest.mark.parametrize("file", [GITHUB, GITLAB], ids=lambda file: file.name)
def test_the_file_of_the_chapter_is_the_one_that_init_writes(file: Path) -> None:
    (written,) = ci_files(file.stem).values()

    assert file.read_text(encoding="utf-8") == written


@pytest.mark.parametrize("file", [GITHUB, GITLAB], ids=lambda file: file.name)
def test_a_blocked_decision_is_remembered_too(file: Path) -> None:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    if file == GITHUB:
        steps = document["jobs"]["gate"]["steps"]
        kept = [step for step in steps if "cache/save" in step.get("uses", "")]
        when, paths = kept[0]["if"], kept[0]["with"]["path"]
    else:
        cache = document["tts-chaos"]["cache"]
        when, (paths,) = cache["when"], cache["paths"]

    assert (when.removesuffix("()"), paths) == ("always", "tts-gate-matrix.json")


@pytest.mark.parametrize("file", [GITHUB, GITLAB], ids=lambda file: file.name)
def test_every_option_of_a_job_exists(file: Path, pytestconfig: pytest.Config) -> None:
    known = (ROOT / "harness/tts_chaos/pytest_plugin/options.py").read_text(encoding="utf-8")
    (play,) = [command for command in _commands(file) if command.startswith("pytest ")]

    options = [word for word in shlex.split(play) if word.startswith("--tts-")]

    assert options == ["--tts-chaos", "--tts-gate", "--tts-gate-version", "--tts-report"]
    assert [option for option in options if f'"{option}"' not in known] == []
    ours = [c.split()[1] for c in _commands(file) if c.startswith("tts-chaos ")]
    assert [name for name in ours if name not in SUBCOMMANDS] == []


def test_the_policy_of_the_chapter_can_be_read(tmp_path: Path) -> None:
    chapter = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- schema: policy -->\n```toml\n(.*?)```", chapter, re.DOTALL)
    assert shown is not None
    file = tmp_path / "tts-gate.toml"
    file.write_text(shown[1], encoding="utf-8")

    policy = load_policy(file)

    assert (policy.integration, len(policy.objectives), len(policy.accepted)) == (
        "order-sync",
        1,
        1,
    )
