"""Schemathesis runs every check over every operation, and follows every link, at greater length.

Prints what each document was asked and which failures are explained. Non-zero where a failure is
not, a row of the explanations is not needed, or a link was not followed.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from tests.conformance.documents import domains, links, open_document
from tests.conformance.explained import EXPLAINED, Explained
from tests.conformance.fuzzing import Findings, fuzz
from tests.conformance.linked import LINKED_DOMAINS, follow_links
from tests.support.shop_desk import Desk

EXAMPLES, SCENARIOS = 20, 300


def main() -> int:
    """Run, print, return 0 where nothing is left unexplained."""
    started = time.perf_counter()
    total = Findings()
    for domain in domains():
        findings = fuzz(
            open_document(domain), Desk(region="GB", strict=True), max_examples=EXAMPLES
        )
        _tell(domain, findings)
        total.add(findings)
    for domain in LINKED_DOMAINS:
        findings = follow_links(domain, scenarios=SCENARIOS)
        _tell(f"links of {domain}", findings)
        total.add(findings)
    return _conclude(total, time.perf_counter() - started)


def _tell(what: str, findings: Findings) -> None:
    explained = findings.explained.total()
    print(
        f"{what}: {findings.calls} calls, {len(findings.failures)} failures, {explained} explained"
    )
    for text in (*findings.errors, *findings.failures):
        print(f"  {text}")


def _conclude(total: Findings, took_s: float) -> int:
    idle = [row for row in EXPLAINED if row not in total.explained]
    unfollowed = {link.name for link in links()} - set(total.followed)
    _tell_explained(total.explained)
    for row in idle:
        print(f"not needed: {row.check}: {row.reason}")
    for name in sorted(unfollowed):
        print(f"not followed: {name}")
    print(
        f"Schemathesis: {total.calls} calls in {took_s:.0f} s, {len(total.failures)} failures "
        f"unexplained, {len(EXPLAINED)} kinds explained, "
        f"{len(links()) - len(unfollowed)} of {len(links())} links followed"
    )
    return 1 if total.failures or total.errors or idle or unfollowed else 0


def _tell_explained(explained: Counter[Explained]) -> None:
    for row in EXPLAINED:
        where = "" if row.operation == "*" else f" ({row.operation})"
        print(f"explained {explained[row]} times: {row.check}{where}: {row.reason}")


if __name__ == "__main__":
    sys.exit(main())
