"""Schemathesis finds nothing in the twin that is not explained, and follows every link."""

from __future__ import annotations

import pytest
from tests.conformance.documents import (
    domains,
    link_document,
    links_of,
    open_document,
    operation_ids,
)
from tests.conformance.explained import ANY, EXPLAINED, Explained
from tests.conformance.fuzzing import fuzz
from tests.conformance.linked import LINKED_DOMAINS, follow_links, lived_in_desk
from tests.support.shop_desk import Desk

from tts_chaos.contracts.operation import matches_operation

EXAMPLES = 2
"""Requests drawn for each operation, beside those that the tool enumerates."""

MORE_EXAMPLES = {"finance": 10}
"""Where explained failures are rarer."""


PARTS = {"product": 2}
"""Documents so large that several workers share them."""

SAMPLE = 3
"""Of the operations of a document each so many-th is called; `prove-conformance` calls them all."""

SHARES = [(domain, part) for domain in domains() for part in range(PARTS.get(domain, 1))]


@pytest.mark.slow
@pytest.mark.parametrize(("domain", "part"), SHARES)
def test_every_check_passes_or_is_explained(domain: str, part: int) -> None:
    document = open_document(domain)
    share = operation_ids(document)[part :: PARTS.get(domain, 1) * SAMPLE]

    findings = fuzz(
        document,
        Desk(region="GB", strict=True),
        only=share,
        max_examples=MORE_EXAMPLES.get(domain, EXAMPLES),
    )

    assert findings.errors == []
    assert findings.failures == []
    needed = {row for row in EXPLAINED if row.seen_in == domain and is_about(row, share)}
    assert needed <= set(findings.explained), "drop the row of EXPLAINED that nothing needs"


def is_about(row: Explained, share: list[str]) -> bool:
    """Whether a row is about an operation of a share.

    Rows about any operation may be needed by one that is not of the sample; the proof, which calls
    them all, demands those.
    """
    return row.operation != ANY and any(matches_operation(row.operation, id) for id in share)


@pytest.mark.slow
@pytest.mark.parametrize("domain", LINKED_DOMAINS)
def test_every_link_leads_to_a_call_that_is_accepted(domain: str) -> None:
    findings = follow_links(domain)

    assert (findings.errors, findings.failures) == ([], [])
    assert set(findings.followed) == {link.name for link in links_of(domain)}


def test_an_answer_that_breaks_its_schema_is_found() -> None:
    document = open_document("seller")
    answer = document["components"]["schemas"]["Seller202309GetActiveShopsResponse"]
    answer["properties"]["data"]["properties"]["shops"] = {"type": "integer"}

    findings = fuzz(document, Desk(region="GB", strict=True), max_examples=1)

    assert any("response_schema_conformance" in text for text in findings.failures)


def test_a_rule_that_the_twin_does_not_keep_is_found() -> None:
    document = open_document("seller")
    rows = document["paths"]["/seller/202309/shops"]["get"]["parameters"]
    rows.append({"name": "page", "in": "query", "required": True, "schema": {"type": "integer"}})

    findings = fuzz(document, Desk(region="GB", strict=True), max_examples=1)

    assert any("negative_data_rejection" in text for text in findings.failures)


def test_a_refused_good_call_is_found() -> None:
    desk = Desk(region="GB", strict=True)
    desk.command("retire_version", operation="seller.202309.get_active_shops")

    findings = fuzz(open_document("seller"), desk, max_examples=1)

    assert any("positive_data_acceptance" in text for text in findings.failures)


def test_links_are_followed_with_what_the_answer_held() -> None:
    findings = fuzz(
        link_document("logistics"), lived_in_desk(), phases=("stateful",), max_examples=10
    )

    assert findings.followed.total() > 0


def test_a_run_is_the_same_every_time() -> None:
    first, second = (
        fuzz(open_document("logistics"), Desk(region="GB", strict=True)) for _ in range(2)
    )

    assert (first.calls, first.codes) == (second.calls, second.codes)
