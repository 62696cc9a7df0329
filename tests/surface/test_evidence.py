"""Evidence is fresh, and no claim of it is empty."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.arguments import make_arguments
from tests.support.shop_desk import Desk
from tests.surface.documents import ROOT, documents
from tests.surface.evidence import UNREACHED, code_evidence, operation_evidence

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import Operation
from tts_chaos.errors import UsageError
from tts_chaos.twin.handled import Basis

CONTRACTS = load_contracts()
BUSINESS = [
    (row.error.code, CONTRACTS.operations_answering(row.error.code)[0])
    for row in code_evidence()
    if row.reached == "command" and row.operations
]
GATEWAY = [
    row.error.code for row in code_evidence() if row.reached == "command" and not row.operations
]
SEARCH = "order.202309.get_order_list"


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_a_document_is_what_the_evidence_makes_of_it(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == documents()[path], "run: make evidence"


def test_at_least_eighty_operations_have_behaviour() -> None:
    stateful = [row for row in operation_evidence().values() if row.served == "stateful"]

    assert len(stateful) >= 80
    assert all(row.succeeds for row in stateful)


def test_every_answer_keeps_to_its_contract() -> None:
    unchecked = {
        id
        for id, row in operation_evidence().items()
        if not row.contract_checked and row.served != "declined"
    }

    assert unchecked == set()


def test_every_code_that_is_not_reached_has_its_reason() -> None:
    assert {row.error.code for row in code_evidence() if row.reached == "not"} == set(UNREACHED)


@pytest.mark.parametrize(("code", "operation"), BUSINESS, ids=lambda value: str(value))
def test_a_documented_code_is_told_by_command(code: int, operation: Operation) -> None:
    desk = Desk(region="GB", strict=True)
    given = make_arguments(operation)
    desk.command("refuse_calls", operation=operation.id, code=code)

    answer = desk.call(
        operation.id,
        query=given.query,
        body=given.body,
        files=given.files or None,
        **given.path,
    )

    row = CONTRACTS.errors[code]
    assert (answer.code, answer.status) == (code, row.status)
    assert answer.message == (row.message or row.meaning)
    assert answer.handled.basis is Basis.COMMAND
    assert ("x-tts-twin", "refused-by-command") in answer.handled.response.headers
    assert not answer.handled.committed


@pytest.mark.parametrize("code", GATEWAY)
def test_a_code_of_the_gateway_is_told_by_command(code: int) -> None:
    desk = Desk(region="GB", strict=True)
    desk.command("refuse_calls", operation=SEARCH, code=code, times=2, forced=True)

    codes = [desk.call(SEARCH, query={"page_size": 5}).code for _ in range(3)]

    assert codes == [code, code, 0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            {"operation": "order.get_ordr_list", "code": 36009003},
            "there is no operation 'order.get_ordr_list'; did you mean 'order.",
            id="unknown-operation",
        ),
        pytest.param({"operation": SEARCH, "code": 7}, "code 7 is in no table", id="unknown-code"),
        pytest.param(
            {"operation": SEARCH, "code": 25001011},
            "code 25001011 is not documented for order.202309.get_order_list; give forced",
            id="code-of-another-operation",
        ),
        pytest.param(
            {"operation": SEARCH, "code": 36009004, "variant": "clock"},
            "code 36009004 has no variant 'clock'; known: sign_missing",
            id="unknown-variant",
        ),
    ],
)
def test_a_refusal_that_makes_no_sense_is_not_ordered(
    arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        Desk(region="GB", strict=True).command("refuse_calls", **arguments)


def test_orders_are_taken_back() -> None:
    desk = Desk(region="GB", strict=True)
    desk.command("refuse_calls", operation="order.*", code=36009003, times=9)
    desk.command("stop_refusing_calls")

    assert desk.call(SEARCH, query={"page_size": 5}).code == 0


def test_documents_lie_in_the_project() -> None:
    assert all(path.is_relative_to(ROOT) for path in documents())
