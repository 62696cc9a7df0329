"""Every operation of the contracts is called, and every answer held against its contract.

Operations with behaviour are called as their cases call them, all others with arguments made from
their contract. Wrong targets must be answered as documented, and no known path as unknown.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

import msgspec
from tests.support.shop_desk import Desk
from tests.surface.evidence import OperationEvidence, operation_evidence

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import Operation
from tts_chaos.wire.message import AUTH_HOST, ApiRequest

LEAST_STATEFUL = 80
UNKNOWN_PATH, WRONG_VERB, UNKNOWN_VERSION = 36009009, 36009010, 36009014
CONTRACTS = load_contracts()

Told: TypeAlias = tuple[int, int | str]
"""HTTP status, and the code of the envelope, or the text where it is none."""


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
    by_number = ", ".join(f"{count} in {number}" for number, count in sorted(versions.items()))
    checked = sum(row.contract_checked for row in rows.values())
    print(f"  versions: {len(_versions())} verbs and paths, {several} in several ({by_number})")
    print(
        f"  answers: {checked} operations held against their contract, "
        f"{_asked_wrongly()} wrong paths, versions, verbs and hosts"
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
    for operation, path in _paths():
        if CONTRACTS.match(operation.host, operation.method, path) is None:
            yield f"{operation.id}: its own path is unknown"
        near = _near_token_call if operation.is_token_call else _near
        for wrong, request, expected in near(operation, path):
            answer = desk.deliver(request)
            told = (answer.status, answer.message if answer.code == -1 else answer.code)
            if told != expected:
                yield f"{operation.id}: {wrong}: expected {expected}, told {told}"


def _paths() -> Iterator[tuple[Operation, str]]:
    for operation in CONTRACTS.operations.values():
        yield operation, operation.path.replace("{", "").replace("}", "")


def _asked_wrongly() -> int:
    return sum(
        len(list((_near_token_call if operation.is_token_call else _near)(operation, path)))
        for operation, path in _paths()
    )


def _plain(name: str) -> Told:
    row = CONTRACTS.plain_answers[name]
    return row.http_status, row.body


def _near(operation: Operation, path: str) -> Iterator[tuple[str, ApiRequest, Told]]:
    """Yield requests beside the mark, each with the status and code, or text, that answers it.

    Source: protocol facts, section 8 ("Answers to wrong targets").
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
    elsewhere = msgspec.structs.replace(whole, host="api.tiktokshop.com")
    yield "an unknown path", msgspec.structs.replace(whole, path=deeper), (404, UNKNOWN_PATH)
    yield "an unknown version", msgspec.structs.replace(whole, path=aged), (400, UNKNOWN_VERSION)
    yield "a wrong verb", msgspec.structs.replace(whole, method=verb), (400, WRONG_VERB)
    yield "a wrong host", elsewhere, _plain("edge_unknown_category")


def _near_token_call(operation: Operation, path: str) -> Iterator[tuple[str, ApiRequest, Told]]:
    """Yield the same for a call of the token host, which words what it does not route as text."""
    whole = ApiRequest(method=operation.method, host=AUTH_HOST, path=path)
    unrouted = _plain("token_host_unrouted")
    aged = path.replace("/v2/", "/v9/")
    elsewhere = msgspec.structs.replace(whole, host="api.tiktokshop.com")
    yield "an unknown path", msgspec.structs.replace(whole, path=f"{path}/ponies"), unrouted
    yield "an unknown version", msgspec.structs.replace(whole, path=aged), unrouted
    yield "a wrong verb", msgspec.structs.replace(whole, method="POST"), unrouted
    yield "a wrong host", elsewhere, _plain("edge_unknown_category")


if __name__ == "__main__":
    sys.exit(main())
