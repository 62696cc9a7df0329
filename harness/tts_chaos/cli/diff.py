"""Compare two contracts, or a contract with recordings, and list what changed, gravest first.

Exit codes: 0 where nothing reaches `--fail-on`, 1 where something does, 2 for bad input.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from tts_chaos.cli.contract_sides import compare_paths
from tts_chaos.contracts.diff import Difference, Impact, Surface
from tts_chaos.contracts.diff.kinds import KINDS
from tts_chaos.errors import ScenarioError, UsageError
from tts_chaos.scenarios.drift import drift_scenarios
from tts_chaos.scenarios.loader import parse_scenario

__all__ = ["add_arguments", "run"]

_FAILING = {
    "breaking": {Impact.BREAKING},
    "risky": {Impact.BREAKING, Impact.RISKY},
    "any": set(Impact),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "old", type=Path, metavar="OLD", help="contracts folder or OpenAPI document"
    )
    parser.add_argument(
        "new", type=Path, metavar="NEW", help="the same, or a cassette, HAR or folder of them"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--fail-on",
        choices=sorted(_FAILING),
        default="breaking",
        help="gravity from which the exit code is 1 (default: breaking)",
    )
    parser.add_argument(
        "--scenarios", type=Path, metavar="DIR", help="write a scenario per difference into DIR"
    )


def run(options: argparse.Namespace) -> int:
    """Compare; returns 1 where a difference reaches `--fail-on`, else 0.

    Raises:
        UsageError: If an argument cannot be used.
    """
    found, old = compare_paths(options.old, options.new)
    written = _write(found, old, options.scenarios) if options.scenarios else ""
    if options.json:
        print(json.dumps({"differences": msgspec.to_builtins(found)}, indent=1))
    else:
        _tell(found)
        if written:
            print(written)
    failing = _FAILING[options.fail_on]
    return 1 if any(row.impact in failing for row in found) else 0


def _tell(found: Sequence[Difference]) -> None:
    subject = ""
    for row in _grouped(found):
        heading = f"{row.domain}: {row.subject}"
        if heading != subject:
            print(heading)
            subject = heading
        print(f"  {_line(row)}")
    counts = ", ".join(f"{sum(r.impact is i for r in found)} {i.value}" for i in Impact)
    subjects = len({row.subject for row in found})
    print(f"{len(found)} differences in {subjects} operations and events: {counts}")


def _grouped(found: Sequence[Difference]) -> Iterable[Difference]:
    """Return differences by domain and subject; those with the gravest difference come first."""
    rank = {impact: number for number, impact in enumerate(Impact)}
    domains: dict[str, int] = {}
    subjects: dict[str, int] = {}
    for row in found:
        gravity = rank[row.impact]
        domains[row.domain] = min(gravity, domains.get(row.domain, gravity))
        subjects[row.subject] = min(gravity, subjects.get(row.subject, gravity))
    return sorted(
        found,
        key=lambda row: (
            domains[row.domain],
            row.domain,
            subjects[row.subject],
            row.subject,
            rank[row.impact],
            row.path,
        ),
    )


def _line(row: Difference) -> str:
    kind = KINDS[row.kind]
    told = ""
    if row.old is not None and row.new is not None:
        told = f": {json.dumps(row.old)} -> {json.dumps(row.new)}"
    elif row.old is not None or row.new is not None:
        told = f": {json.dumps(row.new if row.old is None else row.old)}"
    side = "" if row.side.value in ("operation", "webhook") else f"{row.side.value} "
    where = f" {side}{row.path}" if row.path else ""
    guess = "" if row.confidence == "high" else f" [confidence {row.confidence}]"
    return f"{row.impact.value:<10}  {kind.says}{where}{told} ({kind.why}){guess}"


def _write(found: Sequence[Difference], old: Surface, folder: Path) -> str:
    """Write the scenarios that can be played; returns what became of all."""
    kept, strange = [], 0
    for name, text in drift_scenarios(found, old.webhooks):
        try:
            parse_scenario(text, id=name, path=f"{name}.toml")
        except ScenarioError:
            strange += 1
        else:
            kept.append((name, text))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in kept:
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write scenarios to {folder}: {error.strerror}") from None
    rest = len(found) - len(kept) - strange
    said = f"{len(kept)} scenarios written to {folder}"
    if strange:
        said += f"; {strange} left out: the installed contracts do not have the field"
    return f"{said}; {rest} differences change nothing that an integration sends or receives"
