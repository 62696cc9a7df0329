"""Programs under `examples/` that are told no address: they know the platform's own only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tts_chaos.injectors.reach.namespace import NamespaceReach

__all__ = ["PROGRAMS", "HardCoded", "play_hard_coded"]

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = ("TTS_API_URL", "TTS_TOKEN_URL", "SHOP_CA_FILE")
"""What the examples' configurations tell of the twin, and such a program is not told."""


@dataclass(frozen=True, slots=True)
class HardCoded:
    """One program.

    Attributes:
        language: As people call it.
        folder: Below `examples/`, with a `tts-chaos.toml`.
        runtime: To look for on the path.
        ways: Reaches that bring it to the twin.
    """

    language: str
    folder: str
    runtime: str
    ways: tuple[str, ...]

    def missing(self, way: str) -> str:
        """Why it cannot be played here in a way, "" where it can."""
        if shutil.which(self.runtime) is None:
            return f"{self.runtime} is not installed"
        return (way == "namespace" and NamespaceReach().probe()) or ""


PROGRAMS = (
    HardCoded("Python", "requests_connector/program", sys.executable, ("namespace", "shim")),
    HardCoded("Node", "node_fetch/fixed", "node", ("namespace", "shim")),
    HardCoded("Go", "go_connector/fixed", "go", ("namespace", "proxy")),
    HardCoded("PHP", "php_connector/fixed", "php", ("namespace", "proxy")),
    HardCoded("Java", "java_connector/fixed", "javac", ("namespace", "proxy")),
)


def play_hard_coded(
    program: HardCoded, way: str, folder: Path, scenarios: Iterable[str]
) -> dict[str, str]:
    """Play scenarios with a copy that is told no address; returns outcomes by scenario.

    Args:
        program: The program.
        way: How it is brought to the twin.
        folder: An empty folder for the copy.
        scenarios: Ids.

    Raises:
        RuntimeError: If it was not brought there in that way, or no report came out.
    """
    shutil.copytree(EXAMPLES / "shop_parts", folder / "shop_parts")
    name = program.folder.partition("/")[0]
    shutil.copytree(EXAMPLES / name, folder / name)
    shop = folder / program.folder
    file = shop / "tts-chaos.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [
        line for line in lines if not line.startswith((*SETTINGS, "[integration.reach]", "how"))
    ]
    file.write_text("\n".join([*kept, "[integration.reach]", f'how = "{way}"', ""]))
    chosen = [option for id in scenarios for option in ("--tts-scenario", id)]
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
    report = shop / "report" / "report.json"
    if f"brought to the twin by reach '{way}'" not in done.stdout or not report.is_file():
        raise RuntimeError(done.stdout + done.stderr)
    runs = json.loads(report.read_text(encoding="utf-8"))["runs"]
    return {run["scenario"]: run["outcome"] for run in runs}
