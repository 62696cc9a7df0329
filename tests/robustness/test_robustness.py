"""Whatever arrives, the twin answers within its contracts and goes on; more of it in a proof."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.robustness.mutations import AFTER_SIGNING, BEFORE_SIGNING
from tests.robustness.requests import refusal_miss, send_generated
from tests.robustness.served import address_of, answers, good_streams
from tests.robustness.streams import send_streams

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.serving.standalone import Setup, Standalone

SEARCH = "order.202309.get_order_list"


@pytest.fixture
def twin() -> Iterator[Standalone]:
    standalone = Standalone(Setup()).start()
    yield standalone
    standalone.stop()


def test_generated_requests_are_answered_within_the_contracts() -> None:
    findings = send_generated(1_500, seed=20)

    assert findings.misses == []
    # Chance must reach both sides of every gate, or nothing was shown.
    assert findings.accepted > 150
    assert len(findings.codes) > 15


def test_the_same_holds_over_a_socket() -> None:
    findings = send_generated(500, seed=21, served=True)

    assert findings.misses == []
    assert findings.accepted > 50
    assert len(findings.codes) > 10


@pytest.mark.parametrize(
    ("operation", "status", "code", "miss"),
    [
        pytest.param(SEARCH, 400, 36009004, "", id="the-gateways-own"),
        pytest.param("", 404, 36009009, "", id="no-operation"),
        pytest.param(SEARCH, 200, 36009004, "under status 200", id="another-status"),
        pytest.param(SEARCH, 200, 25001011, "does not list it", id="of-another-domain"),
        pytest.param("", 200, 25001011, "no operation", id="business-of-no-operation"),
        pytest.param(SEARCH, 200, 7, "no contract lists", id="of-nobody"),
    ],
)
def test_a_refusal_is_held_against_the_contract(
    operation: str, status: int, code: int, miss: str
) -> None:
    contracts = load_contracts()

    found = refusal_miss(contracts, contracts.operations.get(operation), status, code)

    assert miss in found
    assert bool(found) is bool(miss)


def test_every_mutation_has_a_name_of_its_own() -> None:
    assert not set(BEFORE_SIGNING) & set(AFTER_SIGNING)


def test_malformed_streams_leave_the_server_well(twin: Standalone) -> None:
    good = good_streams(twin, 20, seed=3)

    findings = send_streams(address_of(twin), good, 400, seed=3)

    assert findings.misses == []
    assert twin.failure is None
    assert answers(address_of(twin), good[0])
    assert len(findings.statuses) > 5
