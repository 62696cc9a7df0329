"""Every operation of the contracts is called, and every answer held against its contract.

Operations with behaviour are called as their cases call them, all others with arguments made from
their contract. Wrong targets must be answered as documented, and no known path as unknown.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

from tests.surface.cases import GATEWAY, all_cases
from tests.surface.evidence import OperationEvidence, operation_evidence

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.routing import TargetKind
from tts_chaos.wire.message import API_HOST

LEAST_STATEFUL = 80
CONTRACTS = load_contracts()


def main() -> int:
    """Print the counts and each miss; return 0 where there is none."""
    rows = operation_evidence()
    for domain, line in _by_domain(rows):
        print(f"  {domain:<22}{line}")
    misses = [*_misses(rows), *_unknown(), *_wrong_targets()]
    for miss in misses:
        print(f"MISS {miss}")
    counts = Counter(row.served for row in rows.values())
    refusals = sum(len(row.refusals) for row in rows.values())
    print(
        f"surface: {counts['stateful']} stateful, {counts['from contract']} from contract, "
        f"{counts['declined']} declined of {len(rows)} operations; every answer within its "
        f"contract: {'no' if misses else 'yes'}; {refusals} refusals by behaviour"
    )
    return 1 if misses else 0


def _by_domain(rows: dict[str, OperationEvidence]) -> Iterator[tuple[str, str]]:
    by_domain: dict[str, Counter[str]] = {}
    for id, row in rows.items():
        by_domain.setdefault(id.partition(".")[0], Counter())[row.served] += 1
    for domain, counts in sorted(by_domain.items()):
        yield domain, ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))


def _misses(rows: dict[str, OperationEvidence]) -> Iterator[str]:
    if sum(row.served == "stateful" for row in rows.values()) < LEAST_STATEFUL:
        yield f"fewer than {LEAST_STATEFUL} operations have behaviour"
    for id, row in rows.items():
        if row.served == "stateful" and not row.succeeds:
            yield f"{id}: no case shows it to succeed"
        if row.served != "declined" and not row.contract_checked:
            yield f"{id}: no answer within its contract"
        if row.served == "declined" and not CONTRACTS.declined.get(id):
            yield f"{id}: declined without a reason"


def _unknown() -> Iterator[str]:
    for operation in CONTRACTS.operations.values():
        path = operation.path.replace("{", "").replace("}", "")
        if CONTRACTS.match(operation.host, operation.method, path) is None:
            yield f"{operation.id}: its own path is unknown"


def _wrong_targets() -> Iterator[str]:
    """Yield what is not told apart: an unknown path, version, verb, category, host."""
    wanted = {
        ("GET", "/order/202309/ponies"): TargetKind.UNKNOWN_PATH,
        ("POST", "/order/202299/orders/search"): TargetKind.UNKNOWN_VERSION,
        ("GET", "/api/orders/search"): TargetKind.UNKNOWN_VERSION,
        ("PUT", "/order/202309/orders/search"): TargetKind.WRONG_VERB,
        ("GET", "/ponies/202309/list"): TargetKind.UNKNOWN_CATEGORY,
    }
    for (method, path), kind in wanted.items():
        if CONTRACTS.resolve(API_HOST, method, path).kind is not kind:
            yield f"{method} {path}: expected {kind}"
    shown = {case.code for case in all_cases() if case.operation == GATEWAY}
    for code in (36009009, 36009010, 36009014):
        if code not in shown:
            yield f"no case shows code {code}"


if __name__ == "__main__":
    sys.exit(main())
