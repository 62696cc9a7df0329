"""A contingency plan made of real runs, and every number in it walked back to where it came from.

The reference integration is played in what a plan asks for, and driven by a short load; then the
plan is written, checked, and checked again with one history changed, which has to be told.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.plan_evidence import FULL_SETTINGS

from tts_chaos.reporting.plan.failures import FAILURES
from tts_chaos.reporting.plan.functions import FUNCTIONS
from tts_chaos.reporting.plan.tracing import read_plan

LONG = ("overload/down-for-a-day", "overload/down-for-a-week")
COMMAND = [sys.executable, "-m", "tts_chaos.cli.main"]
PLAY = [sys.executable, "-m", "pytest", "-q", "-p", "tts_chaos.pytest_plugin.plugin", "--tts-chaos",
        "--tts-seed", "7", "--tts-report", "out", "-p", "no:cacheprovider"]  # fmt: skip


def main() -> int:
    """Make the plan and trace it; 0 where every number is found and a changed history is told."""
    with tempfile.TemporaryDirectory() as name:
        return _prove(Path(name))


def _prove(folder: Path) -> int:
    rehearsed = [failure.rehearse for failure in FAILURES.values()]
    rehearsed += [function.rehearse for function in FUNCTIONS.values() if function.rehearse]
    wanted = [f"--tts-scenario={id}" for id in dict.fromkeys((*rehearsed, *LONG))]
    print(f"playing {len(wanted)} scenarios against the reference integration", flush=True)
    if _call(folder, [*PLAY, *wanted]).returncode:
        print("the reference integration did not pass: a plan of it would prove nothing")
        return 1
    print("driving it with a short load, the platform down at its peak", flush=True)
    _call(folder, [*COMMAND, "load", "--faults", "outage", "--results", "load", "--quiet"])
    # After the quota of an hour is used up, nobody is whole within half an hour.
    settings = FULL_SETTINGS.replace("recovery_s = 1800", "recovery_s = 4200")
    (folder / "tts-plan.toml").write_text(settings)
    made = _call(folder, [*COMMAND, "plan", "out", "--load", "load", "--date", "2026-12-01"])
    print(made.stdout, end="", flush=True)
    plan = read_plan(folder / "out" / "plan" / "plan.json")
    checked = _call(folder, [*COMMAND, "plan", "--check", "out/plan/plan.json"])
    is_told = _tells_a_changed_history(folder)
    print(f"a changed history is {'told' if is_told else 'NOT TOLD'}")
    # On a busy machine a load cannot tell; the runs must all have passed.
    is_good = checked.returncode == 0 and is_told and plan.word != "not safe"
    print(checked.stdout.splitlines()[-1] if checked.stdout else checked.stderr)
    return 0 if is_good else 1


def _tells_a_changed_history(folder: Path) -> bool:
    file = folder / "out/histories/overload--down-for-a-week.simulated.jsonl"
    kept = file.read_bytes()
    file.write_bytes(kept.replace(b'"phase":"recovery"', b'"phase":"baseline"'))
    done = _call(folder, [*COMMAND, "plan", "--check", "out/plan/plan.json"])
    file.write_bytes(kept)
    return done.returncode == 1 and "is not as it was when the plan was made" in done.stdout


def _call(folder: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


if __name__ == "__main__":
    sys.exit(main())
