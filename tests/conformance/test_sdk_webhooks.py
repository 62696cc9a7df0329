"""Webhooks of the twin, and of the contracts, fit the typed models of a package by others."""

from __future__ import annotations

import json

import pytest
from tests.conformance.sdk_webhooks import (
    described_body,
    is_parsed,
    received_by_type,
    types_that_code_emits,
)
from tiktok_shop_api import UnknownWebhookEvent, Webhooks

from tts_chaos.contracts.answers import WebhookEvent
from tts_chaos.contracts.loader import load_contracts

LEGACY = 2
"""An event of the retired API, which the package does not model."""

EVENTS = [row for row in load_contracts().webhooks.values() if row.type != LEGACY]


def test_every_type_that_the_twin_emits_was_received() -> None:
    missing = types_that_code_emits() - set(received_by_type())

    assert not missing, "let a case, or one of OCCASIONS in sdk_webhooks.py, make the twin emit it"


@pytest.mark.parametrize("type", sorted(types_that_code_emits()))
def test_the_package_verifies_and_parses_what_the_twin_sends(type: int) -> None:
    received = received_by_type()[type]

    assert received
    assert [row.webhook.body for row in received if not is_parsed(row)] == []


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.type}-{event.name}")
def test_the_model_of_an_event_takes_every_field_of_its_contract(event: WebhookEvent) -> None:
    body = described_body(event)

    model = Webhooks.parse(body)

    assert not isinstance(model, UnknownWebhookEvent)
    assert model.to_dict() == json.loads(body.replace(b'Z"', b'+00:00"'))
