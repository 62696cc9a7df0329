"""The example on an unmodified SDK: what the naive sync is guilty of, the fixed one is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

pytest.importorskip(
    "tiktok_shop_api", reason="pip install -r examples/sdk_connector/requirements.txt"
)
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "sdk_connector"

FOUND = {
    "auth/token-expired-401": "safety_violated",
    "auth/token-expired-200": "safety_violated",
    "auth/seven-days-of-tokens": "safety_violated",
    "auth/token-pair-kept-over-restart": "not_exercised",
    "stock/push-fails-three-times": "not_recovered",
    "network/blocked-for-an-hour": "safety_violated",
    "webhooks/while-the-api-is-down": "safety_violated",
}
"""What the naive sync ends with, by scenario."""


def play(variant: str, report: Path, scenarios: Mapping[str, str]) -> dict[str, str]:
    """Run the plugin as a user would; return outcomes by scenario."""
    chosen = [option for id in scenarios for option in ("--tts-scenario", id)]
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *("-p", "tts_chaos.pytest_plugin.plugin", "--tts-chaos", "--tts-seed", "7"),
        *("--tts-report", str(report), *chosen, str(EXAMPLE / variant)),
    ]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(command, cwd=ROOT, env=environment, timeout=120, check=False)
    rows = json.loads((report / "report.json").read_text())["runs"]
    return {row["scenario"]: row["outcome"] for row in rows}


def test_the_naive_sync_is_found_wanting(tmp_path: Path) -> None:
    assert play("naive", tmp_path, FOUND) == FOUND


def test_the_fixed_sync_passes_what_the_naive_one_did_not(tmp_path: Path) -> None:
    assert play("fixed", tmp_path, FOUND) == dict.fromkeys(FOUND, "passed")
