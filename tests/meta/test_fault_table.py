"""The table of faults is what the marks of the tests say, and has no empty cell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.proofs.fault_table import empty_cells

from tts_chaos.faults.catalogue import FAULTS

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_document_is_what_the_marks_say() -> None:
    command = [sys.executable, "-m", "tests.proofs.fault_table"]
    written = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    document = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert document == written, "run: python -m tests.proofs.fault_table > docs/faults.md"


def test_a_fault_that_no_test_shows_is_told() -> None:
    name = next(iter(FAULTS))

    assert f"{name} in the simulated world: no test shows it, and the world does not say why" in (
        empty_cells({})
    )
