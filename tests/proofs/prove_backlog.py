"""Every known pitfall, defect and fact is covered by something that exists, or says why not.

What covers a row is itself run by `make test`; here each row is held to naming it.
"""

from __future__ import annotations

import sys

from tests.backlog.documents import count_kinds, documents
from tests.backlog.proofs import complaints, known_proofs
from tests.backlog.table import LISTS, Kind, load_rows


def main() -> int:
    """Print the counts by list and each miss; return 0 where there is none."""
    proofs, rows = known_proofs(), {backlog.name: load_rows(backlog) for backlog in LISTS}
    every = [row for listed in rows.values() for row in listed]
    for name, listed in rows.items():
        told = ", ".join(f"{kind.value} {count}" for kind, count in count_kinds(listed).items())
        print(f"  {name:<10}{len(listed):>4} rows: {told}")
    misses = [text for each in LISTS for text in complaints(each, rows[each.name], proofs)]
    misses += [
        f"{path.name} is not what the tables make; run: python -m tests.backlog.documents"
        for path, text in documents().items()
        if path.read_text(encoding="utf-8") != text
    ]
    for miss in misses:
        print(f"MISS {miss}")
    members = {name for row in every for name in row.shown}
    scenarios = {id for row in every for id in proofs.scenarios_of(row)}
    rules = {rule for row in every for rule in proofs.rules_of(row)}
    partly = sum(bool(row.parts) for row in every)
    print(
        f"  named: {len(members)} broken integrations, {len(scenarios)} scenarios, "
        f"{len(rules)} rules, {len({x for row in every for x in row.refusals})} refusals, "
        f"{len({x for row in every for x in row.tests})} tests; {partly} rows leave a part out"
    )
    counts = count_kinds(every)
    print(
        f"backlog: {len(every)} rows: {counts[Kind.SHOWN]} shown by a broken integration that a "
        f"rule catches in a scenario, {counts[Kind.PLAYED]} by a scenario or rule alone, "
        f"{counts[Kind.REFUSED]} by a refusal, {counts[Kind.TESTED]} by a test, "
        f"{counts[Kind.NO]} no with a reason, {counts[Kind.OPEN]} open"
    )
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
