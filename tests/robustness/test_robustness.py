"""Whatever arrives, the twin answers within its contracts and goes on; more of it in a proof."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.robustness.mutations import AFTER_SIGNING, BEFORE_SIGNING
from tests.robustness.requests import send_generated
from tests.robustness.served import address_of, answers, good_streams
from tests.robustness.streams import send_streams

from tts_chaos.serving.standalone import Setup, Standalone


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


def test_every_mutation_has_a_name_of_its_own() -> None:
    assert not set(BEFORE_SIGNING) & set(AFTER_SIGNING)


def test_malformed_streams_leave_the_server_well(twin: Standalone) -> None:
    good = good_streams(twin, 20, seed=3)

    findings = send_streams(address_of(twin), good, 400, seed=3)

    assert findings.misses == []
    assert twin.failure is None
    assert answers(address_of(twin), good[0])
    assert len(findings.statuses) > 5
