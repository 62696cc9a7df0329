"""Unmodified programs, which know the platform's own addresses only, play real scenarios."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tts_chaos.injectors.reach.namespace import NamespaceReach

EXAMPLES = Path(__file__).parents[3] / "examples"
SCENARIOS = ["orders/more-than-a-page", "auth/token-expired-401"]
CASES = [("node_fetch", "node", "namespace"), ("node_fetch", "node", "shim")]
CASES += [("go_connector", "go", "namespace"), ("go_connector", "go", "proxy")]


@pytest.mark.slow
@pytest.mark.parametrize(("example", "runtime", "how"), CASES)
def test_a_program_that_is_told_no_address_passes_its_scenarios(
    example: str, runtime: str, how: str, tmp_path: Path
) -> None:
    if shutil.which(runtime) is None:
        pytest.skip(f"{runtime} is not installed")
    if how == "namespace" and (problem := NamespaceReach().probe()):
        pytest.skip(problem)
    shop = tmp_path / "shop"
    shutil.copytree(EXAMPLES / example / "fixed", shop)
    file = shop / "tts-chaos.toml"
    lines = [
        line
        for line in file.read_text().splitlines()
        if not line.startswith(("TTS_API_URL", "TTS_TOKEN_URL"))
    ]
    file.write_text("\n".join([*lines, "[integration.reach]", f'how = "{how}"', ""]))
    chosen = [option for id in SCENARIOS for option in ("--tts-scenario", id)]

    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tts_chaos.pytest_plugin.plugin"),
            *("-p", "no:cacheprovider", "--tts-chaos", "--tts-seed", "7", "--tts-report=report"),
            *chosen,
            ".",
        ],
        cwd=shop,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert f"brought to the twin by reach '{how}'" in done.stdout, done.stdout + done.stderr
    runs = json.loads((shop / "report" / "report.json").read_text())["runs"]
    assert {run["scenario"]: run["outcome"] for run in runs} == dict.fromkeys(SCENARIOS, "passed")
