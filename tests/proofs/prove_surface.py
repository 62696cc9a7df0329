"""Every operation of the contracts is called, and every answer held against its contract.

Operations with behaviour are called as their cases call them, all others with arguments made from
their contract. Wrong targets must be answered as documented, and no known path as unknown.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

import msgspec
from tests.support.shop_desk import Desk
from tests.surface.evidence import OperationEvidence, operation_evidence

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import Operation
from tts_chaos.wire.message import ApiRequest

LEAST_STATEFUL = 80
UNKNOWN_PATH, WRONG_VERB, UNKNOWN_VERSION = 36009009, 36009010, 36009014
CONTRACTS = load_contracts()


def main() -> int:
    """Print the counts and each miss; return 0 where there is none."""
    rows = operation_evidence()
    for domain, line in _by_domain(rows):
        print(f"  {domain:<22}{line}")
    misses = [*_misses(rows), *_wrong_targets()]
    for miss in misses:
        print(f"MISS {miss}")
    counts = Counter(row.served for row in rows.values())
    refusals = sum(len(row.refusals) for row in rows.values())
    versions = Counter(len(group) for group in _versions().values())
    several = sum(count for number, count in versions.items() if number > 1)
    print(
        f"  {len(_versions())} paths, {several} of them in several versions; each operation asked "
        f"for by a wrong path, version, verb and host, too"
    )
    print(
        f"surface: {counts['stateful']} stateful, {counts['from contract']} from contract, "
        f"{counts['declined']} declined of {len(rows)} operations; every answer within its "
        f"contract: {'no' if misses else 'yes'}; {refusals} refusals by behaviour"
    )
    return 1 if misses else 0


def _versions() -> dict[tuple[str, str], set[str]]:
    """Return the versions of each verb and path."""
    found: dict[tuple[str, str], set[str]] = {}
    for row in CONTRACTS.operations.values():
        path = row.path.replace(f"/{row.version}/", "/")
        found.setdefault((row.method, path), set()).add(row.version)
    return found


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


def _wrong_targets() -> Iterator[str]:
    """Yield what the twin tells wrongly of targets near each operation: none of them is one."""
    desk = Desk(region="GB", strict=False)
    told = {row.body for row in CONTRACTS.plain_answers.values()}
    for operation in CONTRACTS.operations.values():
        path = operation.path.replace("{", "").replace("}", "")
        if CONTRACTS.match(operation.host, operation.method, path) is None:
            yield f"{operation.id}: its own path is unknown"
        if operation.is_token_call:
            continue
        for wrong, request, codes in _near(operation, path):
            answer = desk.deliver(request)
            if answer.code not in codes and not (answer.code == -1 and answer.message in told):
                yield f"{operation.id}: {wrong} was answered with code {answer.code}"


def _near(operation: Operation, path: str) -> Iterator[tuple[str, ApiRequest, set[int]]]:
    """Yield requests beside the mark, with the codes that the protocol facts allow for them.

    A path of 36009009, a version of 36009014, a verb of 36009010; a literal segment may still fit
    a placeholder of another operation, which then asks for a signature.
    """
    verbs = {
        row.method
        for row in CONTRACTS.operations.values()
        if CONTRACTS.match(row.host, row.method, path) is not None
    }
    verb = next(name for name in ("PATCH", "DELETE", "PUT", "GET", "POST") if name not in verbs)
    whole = ApiRequest(method=operation.method, path=path)
    deeper = f"{path}/ponies/and/more/of/them"
    aged = path.replace(f"/{operation.version}/", "/202299/")
    yield "an unknown path", msgspec.structs.replace(whole, path=deeper), {UNKNOWN_PATH}
    yield "an unknown version", msgspec.structs.replace(whole, path=aged), {UNKNOWN_VERSION}
    yield "a wrong verb", msgspec.structs.replace(whole, method=verb), {WRONG_VERB}
    yield "a wrong host", msgspec.structs.replace(whole, host="api.tiktokshop.com"), set()


if __name__ == "__main__":
    sys.exit(main())
