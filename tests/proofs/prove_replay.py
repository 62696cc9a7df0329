"""A failure that was recorded is replayed by its record, to the byte, as often as it is asked."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

TARGET = 20
SCENARIO = "fulfilment/asked-twice"
LIAR = """
import pytest
from tts_chaos.reference.factory import make_reference


@pytest.fixture
def tts_integration(tts_twin, tts_workspace):
    integration = make_reference(tts_twin, tts_workspace)
    integration.ship = lambda order_id: None
    yield integration
    integration.close()
"""
"""An integration that says that it ships, and does not."""


def main() -> int:
    """Record a failing run, replay it, print the figure; 0 where each replay was the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=TARGET, help="replays")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "conftest.py").write_text(LIAR)
        _run(project, "pytest", "-q", "--tts-chaos", f"--tts-scenario={SCENARIO}",
             "--tts-seed=7", "--tts-report=out", "--rootdir=.", ".")  # fmt: skip
        records = sorted((project / "out" / "records").glob("*.json"))
        if len(records) != 1:
            print("no record was written")
            return 1
        record = str(records[0].relative_to(project))
        return _run(
            project, "tts_chaos.cli.main", "replay", record, f"--times={options.times}", shown=True
        )


def _run(project: Path, module: str, *arguments: str, shown: bool = False) -> int:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=project,
        stdout=None if shown else subprocess.DEVNULL,
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
