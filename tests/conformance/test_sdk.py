"""A package written by others for the real platform completes its calls against the twin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.conformance.sdk_catalogue import sdk_operations, unknown_to_contracts
from tests.conformance.sdk_client import SdkClient
from tests.conformance.sdk_drive import (
    NOT_COMPLETED,
    drive,
    drive_all,
    operations_driven_by_sdk,
    refusal_told,
    refused_cases,
)
from tests.support.shop_desk import Desk
from tests.surface.cases import Case
from tiktok_shop_api import TikTokShopAuth, TikTokShopError

from tts_chaos.contracts.loader import load_contracts

CONTRACTS = load_contracts()
LIST = Path(__file__).with_name("sdk_operations.json")
ORDERS = "order.202309.get_order_list"


def test_the_contracts_know_every_operation_of_the_package() -> None:
    assert unknown_to_contracts() == []


@pytest.mark.parametrize("id", sorted(set(sdk_operations()) - set(NOT_COMPLETED)))
def test_the_package_completes_and_parses_the_operation(id: str) -> None:
    driven = drive(id)

    assert driven.misses == ()
    assert driven.completed == driven.calls > 0


@pytest.mark.parametrize("id", sorted(NOT_COMPLETED))
def test_an_operation_said_not_to_complete_does_not(id: str) -> None:
    assert not drive(id).ok


def test_the_list_of_driven_operations_is_fresh() -> None:
    stored = json.loads(LIST.read_text(encoding="utf-8"))

    assert stored == operations_driven_by_sdk(), (
        "write it anew: python -m tests.proofs.prove_sdk --write"
    )


def test_each_counted_operation_was_called_by_the_package_alone() -> None:
    assert {driven.id for driven in drive_all() if driven.calls} == set(sdk_operations())


@pytest.mark.parametrize("case", refused_cases(), ids=lambda case: case.id)
def test_the_package_raises_the_code_of_a_refusal(case: Case) -> None:
    told = refusal_told(case)

    assert told.startswith((f"refused with {case.code}:", "not sayable:"))


def test_few_refusals_cannot_be_met_with_the_types_of_the_package() -> None:
    told = [refusal_told(case) for case in refused_cases()]

    assert sum(text.startswith("not sayable:") for text in told) < len(told) / 10


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("revoke_access_tokens", 105001),
        ("expire_access_tokens", 105002),
        ("refuse_scope", 105005),
        ("refuse_ip", 36009033),
    ],
)
def test_the_package_tells_a_refusal_by_its_code(command: str, code: int) -> None:
    desk = Desk(region="GB", strict=True)
    desk.command(command)

    with pytest.raises(TikTokShopError) as refused:
        SdkClient(desk).call(sdk_operations()[ORDERS], {"page_size": 10})

    assert refused.value.code == code
    assert refused.value.request_id


def test_the_package_trades_a_code_for_tokens_and_refreshes_them() -> None:
    desk = Desk(region="GB", strict=True)
    keys = desk.twin.credentials()
    auth = TikTokShopAuth(keys.app_key, keys.app_secret, transport=SdkClient(desk).transport)

    first = auth.exchange_code(str(desk.command("issue_auth_code")["auth_code"]))
    second = auth.refresh(first.refresh_token)

    assert second.access_token == desk.twin.credentials().access_token != first.access_token
