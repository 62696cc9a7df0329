"""docs/doctor.md as a reader follows it: files written, commands run, what they print shown."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tts_chaos.cli.doctor import add_arguments as add_doctor
from tts_chaos.cli.init import add_arguments as add_init
from tts_chaos.diagnosis.catalogue import CHECKS

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"<!-- (?P<kind>file|run): (?P<what>\S+) -->\n```\w+\n(?P<text>.*?)```\n"
    r"(?:\n```text\n(?P<shown>.*?)```)?",
    re.DOTALL,
)
MODULES = {"tts-chaos": "tts_chaos.cli.main", "pytest": "pytest"}
PLUGIN = ("-p", "tts_chaos.pytest_plugin.plugin", "-p", "no:cacheprovider")


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(command)
    plugin = PLUGIN if program == "pytest" else ()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT / "harness"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", MODULES[program], *plugin, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_the_chapter_works_as_written(tmp_path: Path) -> None:
    problems = []
    steps = [match.groupdict() for match in STEP.finditer(TEXT)]
    for step in steps:
        if step["kind"] == "file":
            (tmp_path / step["what"]).write_text(step["text"])
            continue
        done = run(tmp_path, step["text"].strip())
        if done.returncode != int(step["what"]):
            problems.append(f"{step['text']} ended with {done.returncode}: {done.stderr}")
        shown = (step["shown"] or "").splitlines()
        problems += [line for line in shown if line not in done.stdout]

    assert len(steps) == 8
    assert problems == []


def test_the_chapter_names_every_check() -> None:
    named = set(re.findall(r"^\| `([a-z_]+)` \|", TEXT, re.MULTILINE))

    assert named == set(CHECKS)


def test_every_option_that_the_chapter_names_is_one() -> None:
    known = set()
    for add in (add_doctor, add_init):
        parser = argparse.ArgumentParser()
        add(parser)
        known |= set(re.findall(r"--[a-z][a-z-]+", parser.format_help()))

    named = set(re.findall(r"--[a-z][a-z-]+", TEXT)) - {"--tts-chaos", "--tts-scenario"}

    assert named - known == set()
