"""Runs every test that is marked to show a fault, and fills the table with what passed."""

from __future__ import annotations

import sys

import pytest
from tests.proofs.fault_marks import PROPERTY
from tests.proofs.fault_table import FOLDER, QUIET, document, empty_cells

from tts_chaos.faults.catalogue import FAULTS


class _Passed:
    """Keeps the ids of tests that passed by what they are marked to show."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], list[str]] = {}
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)
        if report.when != "call" or not report.passed:
            return
        for key, value in report.user_properties:
            if key == PROPERTY:
                name, world = str(value).split()
                self.found.setdefault((name, world), []).append(report.nodeid)


def main() -> int:
    """Print the table, and each fault that no test shows; return 0 where there is none."""
    passed = _Passed()
    options = ["-q", "-m", PROPERTY, "-p", "tests.proofs.fault_marks", "-n", "2", *QUIET]
    pytest.main([*options, str(FOLDER)], plugins=[passed])
    found = {key: sorted(ids) for key, ids in passed.found.items()}
    print(document(found))
    misses = [*(f"failed: {id}" for id in passed.failed), *empty_cells(found)]
    for miss in misses:
        print(f"MISS {miss}")
    worlds = [sum((name, world) in found for name in FAULTS) for world in ("simulated", "wire")]
    print(
        f"faults: {len(FAULTS)}, {worlds[0]} shown in process and {worlds[1]} on real sockets by "
        f"{len({id for ids in found.values() for id in ids})} tests, each other cell has its "
        f"reason: {'no' if misses else 'yes'}"
    )
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
