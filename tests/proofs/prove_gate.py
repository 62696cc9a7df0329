"""A gate that passes, one that blocks, exceptions in force and expired, files that cannot be used.

Each is a session of pytest of its own, in a project of its own; exit status and words are compared.
The ready jobs for CI are held against what GitHub and GitLab take.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.chaos_project import QUICK, REFERENCE

ACCEPTED = """
[[accepted]]
scenario = "quick"
owner = "Orders team"
reason = "mended in the next version"
expires = {}
"""
BROKEN = "    def orders(self):\n        return []\n"
PLAY = ["-m", "pytest", "-q", "-p", "tts_chaos.pytest_plugin.plugin", "--tts-chaos", "--tts-gate"]
ASK = ["-m", "tts_chaos.cli.main", "gate"]


@dataclass(frozen=True, slots=True)
class Case:
    """What is set up, what is called, how it must end and what it must say."""

    title: str
    status: int
    says: str
    policy: str | None = None
    is_broken: bool = False
    arguments: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


JOBS = Path(__file__).parents[2] / "docs" / "ci"
SCHEMAS = (sys.executable, "-m", "uv", "tool", "run", "check-jsonschema", "--builtin-schema")


@dataclass(frozen=True, slots=True)
class Lint:
    """A check by somebody else's program of a ready job."""

    title: str
    command: tuple[str, ...]
    file: str


LINTS = (
    Lint(
        "actionlint finds nothing in the job for GitHub",
        ("go", "run", "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"),
        "github.yml",
    ),
    Lint(
        "the job for GitHub is within the published schema",
        (*SCHEMAS, "vendor.github-workflows"),
        "github.yml",
    ),
    Lint(
        "the job for GitLab is within the published schema",
        (*SCHEMAS, "vendor.gitlab-ci"),
        "gitlab.yml",
    ),
)

CASES = (
    Case("everything passes", 0, "gate: RELEASE: 1 runs fulfil the policy"),
    Case("a run fails", 20, "gate: BLOCK: quick [simulated]: aborted: order_lost", is_broken=True),
    Case(
        "the failure is accepted",
        0,
        "1 of them accepted as known failures",
        policy=ACCEPTED.format("2999-12-31"),
        is_broken=True,
    ),
    Case(
        "the exception has expired",
        20,
        "the exception of Orders team expired on 2020-12-31 (mended in the next version)",
        policy=ACCEPTED.format("2020-12-31"),
        is_broken=True,
    ),
    Case(
        "the objective is missed",
        20,
        "recovered in 1 min, the objective is 1 s",
        policy="[[objectives]]\nrecovery_ms = 1000",
    ),
    Case(
        "too little was tried",
        20,
        "at least 30 are asked for",
        policy="coverage.faults = 30",
    ),
    Case(
        "the policy has a misspelt key",
        4,
        "unknown key 'must_pas'. Did you mean 'must_pass'?",
        policy="[must_pas]",
    ),
    Case("the policy is no TOML", 4, "no valid TOML", policy="[must_pass"),
    Case("a released version is asked for", 0, "yes: integration 1.0", asks=("1.0",)),
    Case("a blocked one is", 1, "no: integration 1.0", is_broken=True, asks=("1.0",)),
    Case("an unknown one is", 3, "unknown: version 2.0 was never judged", asks=("2.0",)),
)


def main() -> int:
    """Play all cases; 0 where each ends as it must."""
    good = sum(_play(case) for case in CASES)
    faults = [fault for lint in LINTS if (fault := _lint(lint))]
    print(
        f"{good} of {len(CASES)} gates ended with the exit status and the words they must; "
        f"{len(LINTS) - len(faults)} of {len(LINTS)} checks of the jobs for CI are clean"
    )
    return 0 if good == len(CASES) and not faults else 1


def _lint(lint: Lint) -> bool:
    """Whether a check of a job finds something; one whose program is not here is left out."""
    if shutil.which(lint.command[0]) is None:
        print(f"--- {lint.title}: left out, there is no {lint.command[0]} here", flush=True)
        return False
    done = subprocess.run(
        [*lint.command, str(JOBS / lint.file)], capture_output=True, text=True, check=False
    )
    print(f"{'BAD' if done.returncode else 'ok '} {lint.title}", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode != 0


def _play(case: Case) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _set_up(folder, case)
        done = _call(folder, [*PLAY, "--tts-gate-version", "1.0", *case.arguments])
        if case.asks:
            done = _call(folder, [*ASK, "--may", *case.asks])
    said = done.stdout + done.stderr
    is_good = done.returncode == case.status and case.says in said
    print(f"{'ok ' if is_good else 'BAD'} {case.title}: status {done.returncode}", flush=True)
    line = next((line for line in said.splitlines() if case.says in line), said)
    print(f"      {line.strip()[-500:]}", flush=True)
    return is_good


def _set_up(folder: Path, case: Case) -> None:
    (folder / "pytest.ini").write_text(
        "[pytest]\ntts_scenario_paths = chaos\ntts_bundled_scenarios = false\n"
        "addopts = -p no:cacheprovider\n"
    )
    (folder / "chaos").mkdir()
    (folder / "chaos" / "quick.toml").write_text(QUICK)
    head, _, _ = REFERENCE.rpartition("    pass\n")
    (folder / "conftest.py").write_text(head + (BROKEN if case.is_broken else "    pass\n"))
    if case.policy is not None:
        (folder / "tts-gate.toml").write_text(case.policy)


def _call(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


if __name__ == "__main__":
    sys.exit(main())
