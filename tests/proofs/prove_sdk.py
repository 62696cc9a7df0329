"""The package `tiktok-shop-api` calls each of its operations and parses what the twin answers.

Each call is built by the package's own typed models, signed and sent by its own client, and the
answer parsed into its typed model, which must give back every field. An operation with behaviour is
called as its cases call it; every other one with arguments generated from its contract.
`--write` renews the list of operations that `contracts/evidence.json` is made of.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from tests.conformance.sdk_drive import (
    NOT_COMPLETED,
    Driven,
    drive_all,
    refusal_told,
    refused_cases,
)
from tests.conformance.sdk_webhooks import is_parsed, received_by_type, types_that_code_emits

LIST = Path(__file__).parents[1] / "conformance" / "sdk_operations.json"


def main() -> int:
    """Call, print the counts and each miss, return 0 where every miss is explained."""
    driven = drive_all()
    complete = [row for row in driven if row.ok]
    unexplained = [row for row in driven if not row.ok and row.id not in NOT_COMPLETED]
    if "--write" in sys.argv[1:]:
        ids = [row.id for row in complete]
        LIST.write_text(json.dumps(ids, indent=1) + "\n", encoding="utf-8")
    _tell(driven)
    is_well = all((_webhooks_parse(), _refusals_are_raised(), not unexplained))
    print(_last_line(driven))
    return 0 if is_well else 1


def _webhooks_parse() -> bool:
    received = received_by_type()
    parsed = {type for type, rows in received.items() if all(map(is_parsed, rows))}
    emitted = types_that_code_emits()
    sent = sum(map(len, received.values()))
    print(
        f"webhooks: {len(parsed & emitted)} of {len(emitted)} emitted types, {sent} bodies, parse"
    )
    return emitted <= parsed


def _refusals_are_raised() -> bool:
    told = {case: refusal_told(case) for case in refused_cases()}
    raised = sum(text.startswith(f"refused with {case.code}:") for case, text in told.items())
    unsayable = sum(text.startswith("not sayable:") for text in told.values())
    print(
        f"refusals: {raised} of {len(told)} raise their code; "
        f"{unsayable} cannot be met with the package's types"
    )
    return raised + unsayable == len(told)


def _tell(driven: tuple[Driven, ...]) -> None:
    for row in driven:
        if not row.ok:
            reason = NOT_COMPLETED.get(row.id)
            print(f"{row.id}: " + (f"declined. {reason}" if reason else "; ".join(row.misses)))
    kinds = Counter("by behaviour" if row.by_behaviour else "from contract" for row in driven)
    calls, accepted = sum(row.calls for row in driven), sum(row.completed for row in driven)
    answered = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    print(f"{calls} calls, {accepted} accepted; operations answered: {answered}")


def _last_line(driven: tuple[Driven, ...]) -> str:
    complete = sum(row.ok for row in driven)
    declined = sum(row.id in NOT_COMPLETED and not row.ok for row in driven)
    rest = f"; {declined} declined with a reason" if declined else ""
    return f"SDK: {complete} of {len(driven)} operations complete and parse{rest}"


if __name__ == "__main__":
    sys.exit(main())
