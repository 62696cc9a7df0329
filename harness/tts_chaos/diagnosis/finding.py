"""What a check says: how grave, what, where, and how to mend it. No secret is ever in it."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

__all__ = ["CheckResult", "Finding", "Place", "Severity", "Status", "fingerprint"]


class Severity(StrEnum):
    """How grave a finding is, gravest first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Status(StrEnum):
    """What became of a check."""

    CLEAN = "clean"
    FOUND = "found"
    NOT_CHECKED = "not_checked"


class Place(msgspec.Struct, frozen=True):
    """Where something stands.

    Attributes:
        file: Path relative to the project, or a word such as `environment`.
        line: From 1; 0 where the whole file is meant.
    """

    file: str
    line: int = 0

    def __str__(self) -> str:
        """`file:line`, as editors and terminals understand it."""
        return f"{self.file}:{self.line}" if self.line else self.file


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, or worth to be known.

    Attributes:
        check: Name of the check that found it.
        severity: How grave it is.
        what: What is the matter, one sentence.
        fix: What to do about it.
        where: Where it stands, None where it has no place.
    """

    check: str
    severity: Severity
    what: str
    fix: str
    where: Place | None = None


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check and what became of it.

    Attributes:
        check: Its name.
        family: Its family.
        asks: The question it answers.
        status: What became of it.
        reason: Why it was not checked, "" where it was.
        findings: What it found, gravest first.
    """

    check: str
    family: str
    asks: str
    status: Status
    reason: str = ""
    findings: tuple[Finding, ...] = ()


FINGERPRINT_DIGITS = 8


def fingerprint(secret: str) -> str:
    """Return a word by which a secret can be recognised and from which it cannot be read."""
    return f"sha256:{hashlib.sha256(secret.encode()).hexdigest()[:FINGERPRINT_DIGITS]}"
