"""Run checks over what was observed; nothing that one of them does stops the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tts_chaos.core.secrets import SecretBook
from tts_chaos.diagnosis.catalogue import CHECKS, FAMILIES
from tts_chaos.diagnosis.check import Check
from tts_chaos.diagnosis.finding import CheckResult, Finding, Status, fingerprint
from tts_chaos.diagnosis.observed import Observed
from tts_chaos.errors import UsageError

__all__ = ["choose_checks", "examine"]


def choose_checks(only: Sequence[str] = ()) -> list[Check]:
    """Return the checks that are asked for by name or family, all for none, in reading order.

    Raises:
        UsageError: If a name is neither.
    """
    ordered = sorted(CHECKS.values(), key=lambda row: (FAMILIES.index(row.family), row.name))
    for name in only:
        if name not in CHECKS and name not in FAMILIES:
            families = ", ".join(FAMILIES)
            raise UsageError(f"{CHECKS.describe_unknown(name)} Families: {families}.")
    return [row for row in ordered if not only or row.name in only or row.family in only]


def examine(seen: Observed, checks: Iterable[Check]) -> tuple[CheckResult, ...]:
    """Return what became of each check.

    Every text is freed of known secrets once more on its way out: a message of the platform or of a
    library may quote one.
    """
    book = SecretBook()
    for value, role in seen.secrets.items():
        book.add(value, f"{role} {fingerprint(value)}")
    return tuple(_examine(seen, row, book) for row in checks)


def _examine(seen: Observed, row: Check, book: SecretBook) -> CheckResult:
    reason = row.unless(seen)
    if reason:
        return CheckResult(
            check=row.name,
            family=row.family,
            asks=row.asks,
            status=Status.NOT_CHECKED,
            reason=reason,
        )
    found = tuple(
        Finding(
            check=finding.check,
            severity=finding.severity,
            what=book.redact(finding.what),
            fix=book.redact(finding.fix),
            where=finding.where,
        )
        for finding in row.findings(seen)
    )
    status = Status.FOUND if found else Status.CLEAN
    return CheckResult(
        check=row.name, family=row.family, asks=row.asks, status=status, findings=found
    )
