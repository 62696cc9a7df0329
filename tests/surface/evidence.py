"""What a real run proves about each operation and each code; the documents are made of it.

Nothing here is stated by hand: the cases are played, every operation without behaviour is called
with arguments made from its contract, and each answer is held against its contract.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from tests.conformance.arguments import make_arguments
from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import GATEWAY, TOKEN_HOST, Case, all_cases

from tts_chaos.contracts.answers import ApiError
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import Operation
from tts_chaos.twin.domains.authorization.token_host import TOKEN_CALLS
from tts_chaos.twin.handled import Basis
from tts_chaos.twin.handler import HANDLERS

__all__ = [
    "UNREACHED",
    "CodeEvidence",
    "OperationEvidence",
    "code_evidence",
    "evidence_json",
    "operation_evidence",
]

CONTRACTS = load_contracts()
SDK_LIST = Path(__file__).parents[1] / "conformance" / "sdk_operations.json"

UNREACHED = {
    40100: "Told by one client of unknown age; in no document, and nobody says by which call.",
    40102: "Told by one client of unknown age; in no document, and nobody says by which call.",
    40103: "Told by one client of unknown age; in no document, and nobody says by which call.",
    98001005: "Named by one client for the token host; documents name 36004004 for the same.",
    98001006: "Named by one client for the token host; documents name 36004005 for the same.",
}
"""Codes that nothing makes the twin tell, each with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationEvidence:
    """What is known of one operation.

    Attributes:
        served: `stateful`, `from contract` or `declined`.
        contract_checked: Whether an answer was held against the contract and kept to it.
        driven_by_sdk: Whether a published SDK completed the call and parsed the answer.
        succeeds: How many cases show it to succeed.
        refusals: Codes that cases show it to answer by behaviour.
        provenance: Strongest source of the contract, with its confidence.
    """

    served: str
    contract_checked: bool
    driven_by_sdk: bool
    succeeds: int
    refusals: tuple[int, ...]
    provenance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEvidence:
    """What is known of one code.

    Attributes:
        error: Its row.
        operations: How many operations list it.
        reached: `behaviour`, `command` or `not`.
        shown_by: Cases that show it, or the reason why nothing does.
    """

    error: ApiError
    operations: int
    reached: str
    shown_by: tuple[str, ...]


@cache
def operation_evidence() -> dict[str, OperationEvidence]:
    """Play everything and return what it proves, by operation id."""
    by_operation: dict[str, list[Case]] = defaultdict(list)
    for case in all_cases():
        by_operation[case.operation].append(case)
    sdk = set(json.loads(SDK_LIST.read_text(encoding="utf-8")))
    return {
        id: _evidence(CONTRACTS.operations[id], by_operation[id], is_driven=id in sdk)
        for id in sorted(CONTRACTS.operations)
    }


def _evidence(operation: Operation, cases: list[Case], *, is_driven: bool) -> OperationEvidence:
    held = [case for case in cases if _ends_as_claimed(case, case.play())]
    served = _served(operation.id)
    succeeds = sum(1 for case in held if case.code == 0)
    return OperationEvidence(
        served=served,
        contract_checked=succeeds > 0 or (served == "from contract" and _answers(operation)),
        driven_by_sdk=is_driven,
        succeeds=succeeds,
        refusals=tuple(sorted({case.code for case in held if case.code})),
        provenance=f"{operation.provenance} ({operation.confidence})",
    )


def _served(id: str) -> str:
    if id in CONTRACTS.declined:
        return "declined"
    return "stateful" if id in TOKEN_CALLS or HANDLERS.get(id) else "from contract"


def _ends_as_claimed(case: Case, answer: Answer) -> bool:
    return (answer.code, answer.handled.code) == (case.code, case.code)


def _answers(operation: Operation) -> bool:
    """Whether a call by the contract is answered within it; the desk checks every success."""
    given = make_arguments(operation)
    day_ms = _before_sunset_ms(operation)
    desk = Desk(region="GB", strict=True, **({"start_ms": day_ms} if day_ms else {}))
    answer = desk.call(
        operation.id,
        query=given.query,
        body=given.body,
        files=given.files or None,
        **given.path,
    )
    return answer.code == 0 and answer.handled.basis is Basis.CONTRACT


def _before_sunset_ms(operation: Operation) -> int:
    if not operation.retired:
        return 0
    sunset = datetime.fromisoformat(operation.retired).replace(tzinfo=UTC)
    return int((sunset - timedelta(days=1)).timestamp()) * 1000


@cache
def code_evidence() -> tuple[CodeEvidence, ...]:
    """Return what is known of each code, by code."""
    shown: dict[int, list[str]] = defaultdict(list)
    for case in all_cases():
        if case.code and _ends_as_claimed(case, case.play()):
            shown[case.code].append(case.id)
    return tuple(_code(error, shown[error.code]) for error in _by_code(CONTRACTS.errors.values()))


def _code(error: ApiError, shown: list[str]) -> CodeEvidence:
    listing = CONTRACTS.operations_answering(error.code)
    if shown or error.code == 0:
        reached, by = "behaviour", tuple(sorted(shown)) or ("every success",)
    elif error.code in UNREACHED:
        reached, by = "not", (UNREACHED[error.code],)
    else:
        reached, by = "command", ("refuse_calls",)
    return CodeEvidence(error=error, operations=len(listing), reached=reached, shown_by=by)


def _by_code(errors: Iterable[ApiError]) -> list[ApiError]:
    return sorted(errors, key=lambda error: error.code)


def evidence_json() -> str:
    """Return `contracts/evidence.json`."""
    rows = {id: asdict(row) for id, row in operation_evidence().items()}
    gateway = sorted({case.code for case in all_cases() if case.operation in (GATEWAY, TOKEN_HOST)})
    document = {
        "about": "Made by `make evidence` from played cases; do not edit.",
        "gateway_refusals": gateway,
        "operations": rows,
    }
    return json.dumps(document, indent=1) + "\n"
