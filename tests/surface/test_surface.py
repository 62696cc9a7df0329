"""Every operation with behaviour succeeds as its contract says, and refuses as documented."""

from __future__ import annotations

import pytest
from tests.surface.cases import GATEWAY, TOKEN_HOST, Case, all_cases

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.twin.domains.authorization.token_host import TOKEN_CALLS
from tts_chaos.twin.handled import Basis
from tts_chaos.twin.handler import HANDLERS

CONTRACTS = load_contracts()
CASES = all_cases()
STATEFUL = sorted({*HANDLERS, *TOKEN_CALLS})


def documented_status(case: Case) -> int:
    """Return the HTTP status of a refusal; the token host tells business failures under 200."""
    row = CONTRACTS.errors[case.code]
    if case.operation in TOKEN_CALLS:
        return 200
    variant = row.variant(case.variant) if case.variant else None
    return (variant.http_status if variant else None) or row.status


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_ends_as_it_claims(case: Case) -> None:
    answer = case.play()

    assert (answer.code, answer.handled.code) == (case.code, case.code), answer.message
    assert answer.handled.basis is Basis.STATE
    assert all(name != "x-tts-twin" for name, _ in answer.handled.response.headers)
    if case.operation not in (GATEWAY, TOKEN_HOST):
        assert answer.handled.operation == case.operation
    if case.code:
        assert answer.status == documented_status(case)
        assert not answer.handled.committed


@pytest.mark.parametrize("operation", STATEFUL)
def test_an_operation_with_behaviour_is_seen_to_succeed(operation: str) -> None:
    succeeding = [case for case in CASES if case.operation == operation and case.code == 0]

    assert succeeding
