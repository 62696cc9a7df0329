"""The documents as other tools read them."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import validate
from tests.conformance.documents import (
    domains,
    link_document,
    links_of,
    open_document,
    operation_ids,
)
from tests.conformance.linked import LINKED_DOMAINS

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.openapi import COMMON_PARAMETERS

CONTRACTS = load_contracts()


def schema_of(document: dict[str, Any], path: str, verb: str) -> dict[str, Any]:
    """Return the schema of status 200."""
    answer = document["paths"][path][verb]["responses"]["200"]
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return schema


def test_no_operation_is_left_out() -> None:
    served = [id for domain in domains() for id in operation_ids(open_document(domain))]

    assert sorted(served) == sorted(CONTRACTS.operations)


@pytest.mark.parametrize("domain", LINKED_DOMAINS)
def test_a_document_with_links_is_valid(domain: str) -> None:
    document = link_document(domain)

    validate(document)
    told = [
        name
        for verbs in document["paths"].values()
        for row in verbs.values()
        for name in row["responses"]["200"].get("links", {})
    ]
    assert sorted(told) == sorted(link.name for link in links_of(domain))


@pytest.mark.parametrize("domain", [name for name in domains() if name != "token"])
def test_no_parameter_of_the_gateway_is_left(domain: str) -> None:
    rows = open_document(domain)["paths"].values()

    names = {p["name"] for verbs in rows for row in verbs.values() for p in row["parameters"]}
    assert names & COMMON_PARAMETERS == set()


def test_status_200_is_the_answer_described_or_a_refusal() -> None:
    schema = schema_of(open_document("seller"), "/seller/202309/shops", "get")

    assert schema["if"]["properties"] == {"code": {"const": 0}}
    assert schema["then"]["$ref"].endswith("/Seller202309GetActiveShopsResponse")
    assert schema["else"]["$ref"].endswith("/Refusal")
