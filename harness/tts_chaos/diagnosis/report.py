"""What was found, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from tts_chaos.diagnosis.finding import CheckResult, Severity, Status
from tts_chaos.diagnosis.observed import Target

__all__ = ["FAIL_ON", "SCHEMA", "as_document", "as_text", "count", "exit_status"]

SCHEMA = "tts-chaos/doctor/1"
"""Name of the document's form; the number changes when a reader of the old one would fail."""

FAIL_ON = {
    "error": frozenset({Severity.ERROR}),
    "warning": frozenset({Severity.ERROR, Severity.WARNING}),
    "note": frozenset(Severity),
    "never": frozenset[Severity](),
}
"""Choices of `--fail-on`, and which findings make the exit status 1."""

_SIGNS = {Severity.ERROR: "ERROR  ", Severity.WARNING: "WARNING", Severity.NOTE: "note   "}


def count(results: Iterable[CheckResult]) -> Counter[Severity]:
    """Return how many findings there are of each severity."""
    return Counter(finding.severity for row in results for finding in row.findings)


def exit_status(results: Iterable[CheckResult], fail_on: str) -> int:
    """Return 1 where a finding is as grave as `fail_on` says, else 0."""
    return int(any(severity in FAIL_ON[fail_on] for severity in count(results)))


def as_document(
    results: Sequence[CheckResult], *, target: Target | None, now_s: int, status: int
) -> dict[str, Any]:
    """Return the document that `--json` prints; docs/doctor.schema.json describes it."""
    counts = count(results)
    return {
        "schema": SCHEMA,
        "checked_at": datetime.fromtimestamp(now_s, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "target": None
        if target is None
        else {
            "kind": target.kind,
            "api_url": target.api_url,
            "token_url": target.token_url,
            "uses_settings": target.uses_settings,
        },
        "counts": {severity.value: counts[severity] for severity in Severity},
        "exit_status": status,
        "checks": msgspec.to_builtins(results),
    }


def as_text(results: Sequence[CheckResult], *, target: Target | None) -> str:
    """Return the report for people: findings by family, then what was clean and what not looked at.

    A check without findings takes one line.
    """
    lines = [_heading(target)]
    family = ""
    for row in results:
        if row.family != family:
            family = row.family
            lines += ["", family]
        lines += _told(row)
    counts = count(results)
    clean = sum(row.status is Status.CLEAN for row in results)
    skipped = sum(row.status is Status.NOT_CHECKED for row in results)
    told = ", ".join(_plural(counts[severity], severity.value) for severity in Severity)
    lines += ["", f"{told}; {_plural(clean, 'check')} clean, {skipped} not made"]
    return "\n".join(lines)


def _heading(target: Target | None) -> str:
    if target is None:
        return "Nobody was asked: the files and the environment only."
    if target.is_real:
        return f"Against the real platform, reading only: {target.api_url}"
    whose = "the project's own credentials" if target.uses_settings else "the twin's credentials"
    return f"Against a twin on this machine, with {whose}: {target.api_url}"


def _told(row: CheckResult) -> list[str]:
    if row.status is Status.CLEAN:
        return [f"  ok       {row.check}"]
    if row.status is Status.NOT_CHECKED:
        return [f"  -        {row.check}: {row.reason}"]
    lines = []
    for finding in row.findings:
        where = f"{finding.where}: " if finding.where else ""
        lines.append(f"  {_SIGNS[finding.severity]}  {where}{finding.what} [{row.check}]")
        lines.append(f"           -> {finding.fix}")
    return lines


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
