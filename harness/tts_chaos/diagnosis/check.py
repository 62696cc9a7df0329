"""What a check is, and the table of all of them.

Adding a check is adding a file with one function decorated by `@check`, and naming that file in
`catalogue.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tts_chaos.core.registry import Registry
from tts_chaos.diagnosis.finding import Finding, Place, Severity
from tts_chaos.diagnosis.observed import Observed
from tts_chaos.diagnosis.roles import CREDENTIALS

__all__ = [
    "CHECKS",
    "Check",
    "Family",
    "Precondition",
    "check",
    "error",
    "needs_answers",
    "needs_credentials",
    "needs_hosts",
    "note",
    "warning",
]

Family: TypeAlias = Literal[
    "project", "credentials", "endpoint", "network", "mapping", "clock", "version"
]
Precondition: TypeAlias = Callable[[Observed], str]
"""Returns why a check cannot be made, "" where it can."""

Remark: TypeAlias = tuple[Severity, str, str, Place | None]
"""Severity, what, fix, where: a finding before its check's name is put to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question and how it is answered.

    Attributes:
        name: In snake case; stable, monitoring keys on it.
        family: What it belongs to.
        asks: The question, for people.
        look: Yields what is wrong.
        unless: Tells why it cannot be made.
    """

    name: str
    family: Family
    asks: str
    look: Callable[[Observed], Iterable[Remark]]
    unless: Precondition

    def findings(self, seen: Observed) -> tuple[Finding, ...]:
        """Return what is wrong, gravest first."""
        rank = {severity: number for number, severity in enumerate(Severity)}
        found = [
            Finding(check=self.name, severity=severity, what=what, fix=fix, where=where)
            for severity, what, fix, where in self.look(seen)
        ]
        return tuple(sorted(found, key=lambda finding: rank[finding.severity]))


CHECKS: Registry[Check] = Registry("check")
"""Every check by name."""


def check(
    *, name: str, family: Family, asks: str, unless: Precondition | None = None
) -> Callable[[Callable[[Observed], Iterable[Remark]]], Callable[[Observed], Iterable[Remark]]]:
    """Register the decorated function as a check."""

    def register(
        look: Callable[[Observed], Iterable[Remark]],
    ) -> Callable[[Observed], Iterable[Remark]]:
        CHECKS.add(
            name,
            Check(name=name, family=family, asks=asks, look=look, unless=unless or _always),
        )
        return look

    return register


def _always(_seen: Observed) -> str:
    return ""


def needs_answers(seen: Observed) -> str:
    """Return why there are no answers of the platform to look at."""
    return "" if seen.answers else "no call was made"


def needs_credentials(seen: Observed) -> str:
    """Return why there are no credentials to look at."""
    return "" if any(role in seen.binding for role in CREDENTIALS) else "there are none to look at"


def needs_hosts(seen: Observed) -> str:
    """Return why there are no connections to look at."""
    return "" if seen.hosts else "no connection was tried"


def error(what: str, fix: str, where: Place | None = None) -> Remark:
    """Something that stops the integration or gives a secret away."""
    return Severity.ERROR, what, fix, where


def warning(what: str, fix: str, where: Place | None = None) -> Remark:
    """Something that will stop it, or may."""
    return Severity.WARNING, what, fix, where


def note(what: str, fix: str, where: Place | None = None) -> Remark:
    """Something worth to be known."""
    return Severity.NOTE, what, fix, where
