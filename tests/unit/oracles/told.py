"""What each oracle tells of each case, whole: a file that a person reads when it changes.

    python -m tests.unit.oracles.told    # write it anew, then read the difference

A verdict and its rules are stated beside each case; counts, records pointed at and words are here.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.oracle_cases import Case
from tests.unit.oracles.test_verdicts import CASES

from tts_chaos.oracles.catalogue import ORACLES
from tts_chaos.oracles.oracle import Finding, OracleReport

__all__ = ["FILE", "blocks", "tell"]

FILE = Path(__file__).with_name("told.txt")


def tell(case: Case) -> str:
    """Return all that is told of one case, as a block of lines."""
    report = ORACLES[case.oracle].judge(case.history, case.settings)
    return "\n".join([f"{case.oracle}: {case.claim}", *_lines(report)])


def _lines(report: OracleReport) -> list[str]:
    counts = [f"{name} {count}" for name, count in report.counts.items()]
    first = f"  {report.verdict.value}, saw {'; '.join([str(report.saw), *counts])}"
    words = report.findings[0].message if report.findings else ""
    said = [f"  because {report.reason}"] if report.reason != words else []
    return [first, *said, *(line for finding in report.findings for line in _spell(finding))]


def _spell(finding: Finding) -> list[str]:
    place = f"record {finding.first}"
    if finding.worst != finding.first:
        place += f", the worst {finding.worst}"
    return [
        f"  {finding.rule}, {finding.count} in all, {place}: {finding.message}",
        f"    is {finding.actual}; expected {finding.expected}; {finding.defect}",
    ]


def blocks() -> dict[str, str]:
    """Return the blocks of the file, by their first line."""
    texts = FILE.read_text(encoding="utf-8").strip().split("\n\n")
    return {text.partition("\n")[0]: text for text in texts}


if __name__ == "__main__":
    FILE.write_text(
        "\n\n".join(map(tell, sorted(CASES, key=lambda case: case.oracle))) + "\n", encoding="utf-8"
    )
