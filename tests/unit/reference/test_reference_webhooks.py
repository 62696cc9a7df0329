"""Webhooks: only genuine ones, each once, never believed blindly, none lost."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.settings import ReferenceSettings
from tts_chaos.reference.signing import sign_webhook

if TYPE_CHECKING:
    from tests.unit.reference.conftest import ScriptedPlatform

DETAIL = "/orders"


class Sender:
    """Delivers signed events."""

    def __init__(self, connector: ReferenceIntegration, settings: ReferenceSettings) -> None:
        self._connector = connector
        self._settings = settings

    def send(self, **changes: Any) -> int:
        event = {
            "type": 1,
            "tts_notification_id": "1",
            "shop_id": "7001",
            "timestamp": 1_793_000_100,
            "data": {"order_id": "101", "order_status": "AWAITING_SHIPMENT", "update_time": 1},
        }
        return self.send_bytes(json.dumps(event | changes).encode())

    def send_bytes(self, body: bytes, *, header: str = "Authorization") -> int:
        signature = sign_webhook(self._settings.app_key, self._settings.app_secret, body)
        return self._connector.deliver_webhook({header: signature}, body)


@pytest.fixture
def sender(connector: ReferenceIntegration, settings: ReferenceSettings) -> Sender:
    return Sender(connector, settings)


def test_a_genuine_event_brings_its_order(
    connector: ReferenceIntegration, platform: ScriptedPlatform, sender: Sender
) -> None:
    platform.place("101")

    assert sender.send() == 200
    assert [order["id"] for order in connector.orders()] == ["101"]


@pytest.mark.parametrize("header", ["authorization", "AUTHORIZATION"])
def test_the_header_is_found_however_it_is_written(sender: Sender, header: str) -> None:
    assert sender.send_bytes(b'{"type":99}', header=header) == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="without-signature"),
        pytest.param({"Authorization": ""}, id="with-an-empty-one"),
        pytest.param({"Authorization": "0" * 64}, id="with-a-wrong-one"),
        pytest.param({"Authorization": "Bearer ü"}, id="with-a-word-and-no-ascii"),
    ],
)
def test_a_forged_event_is_refused_told_and_without_effect(
    connector: ReferenceIntegration, platform: ScriptedPlatform, headers: dict[str, str]
) -> None:
    platform.place("101")
    body = json.dumps({"type": 1, "shop_id": "7001", "data": {"order_id": "101"}})

    assert connector.deliver_webhook(headers, body) == 401
    assert connector.orders() == []
    assert platform.requests == []
    assert [alert["cause"] for alert in connector.alerts()] == ["webhook"]


def test_a_duplicate_has_no_second_effect(platform: ScriptedPlatform, sender: Sender) -> None:
    platform.place("101")

    assert [sender.send(), sender.send()] == [200, 200]
    assert len(platform.asked(DETAIL)) == 1


def test_parallel_duplicates_have_one_effect(platform: ScriptedPlatform, sender: Sender) -> None:
    platform.place("101")
    threads = [threading.Thread(target=sender.send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(platform.asked(DETAIL)) == 1


def test_two_changes_of_one_order_in_one_second_both_count(
    platform: ScriptedPlatform, sender: Sender
) -> None:
    platform.place("101")

    sender.send(tts_notification_id="1")
    sender.send(tts_notification_id="2")

    assert len(platform.asked(DETAIL)) == 2


def test_a_late_event_does_not_set_the_status_back(
    connector: ReferenceIntegration, platform: ScriptedPlatform, sender: Sender
) -> None:
    platform.place("101", status="DELIVERED")
    connector.sync_orders()

    late = {"order_id": "101", "order_status": "AWAITING_SHIPMENT", "update_time": 1}
    sender.send(data=late)

    assert connector.orders()[0]["status"] == "DELIVERED"


def test_an_event_while_the_api_is_away_is_accepted_and_made_good_later(
    connector: ReferenceIntegration, platform: ScriptedPlatform, sender: Sender
) -> None:
    platform.place("101")
    platform.say(DETAIL, httpx.ConnectError("refused"))
    assert sender.send() == 200
    assert connector.health()["waiting_webhooks"] == 1
    connector.restart()

    connector.sync_orders()

    assert connector.health()["waiting_webhooks"] == 0


def test_an_event_that_comes_before_the_api_shows_the_change_waits_for_it(
    connector: ReferenceIntegration, platform: ScriptedPlatform, sender: Sender
) -> None:
    platform.place("101", update_time=100)
    sender.send(data={"order_id": "101", "update_time": 200})
    assert connector.health()["waiting_webhooks"] == 1
    platform.place("101", status="IN_TRANSIT", update_time=200)

    connector.sync_orders()

    assert connector.orders()[0]["status"] == "IN_TRANSIT"
    assert connector.health()["waiting_webhooks"] == 0


def test_an_event_is_answered_within_its_three_seconds(
    connector: ReferenceIntegration, platform: ScriptedPlatform, sender: Sender
) -> None:
    platform.say(DETAIL, *[httpx.ReadTimeout("late")] * 9)

    sender.send()

    assert len(platform.asked(DETAIL)) == 1
    timeout = platform.asked(DETAIL)[0].extensions["timeout"]
    assert timeout["connect"] + timeout["read"] < 3.0


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"type":999,"shop_id":"7001","data":{"x":1}}', id="of-an-unknown-type"),
        pytest.param(b'{"type":6,"seller_open_id":"x","data":{}}', id="without-a-shop"),
        pytest.param(
            b'{"type":1,"shop_id":"8888","data":{"order_id":"101"}}', id="of-another-shop"
        ),
        pytest.param(b'{"type":5,"shop_id":7001,"data":{"product_id":12345}}', id="with-numbers"),
        pytest.param(
            b'{"type":14,"shop_id":"7001","data":{"content":"{}"}}', id="with-json-in-text"
        ),
        pytest.param(b"[1,2]", id="that-is-a-list"),
        pytest.param(b"\xff\xfe", id="that-is-no-text"),
        pytest.param(b"", id="that-is-empty"),
    ],
)
def test_a_genuine_event_it_has_no_use_for_is_accepted_and_kept(
    connector: ReferenceIntegration, platform: ScriptedPlatform, sender: Sender, body: bytes
) -> None:
    assert sender.send_bytes(body) == 200
    assert platform.requests == []
    assert connector.health()["waiting_webhooks"] == 0


def test_the_end_of_the_authorisation_is_told(
    connector: ReferenceIntegration, sender: Sender
) -> None:
    sender.send(type=7, data={"message": "expires", "expiration_time": "1793000100"})

    assert [alert["cause"] for alert in connector.alerts()] == ["credentials"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"shop_id": "\udf1f"}, id="half-a-character-in-the-shop"),
        pytest.param({"tts_notification_id": "\ud83d1"}, id="half-a-character-in-the-id"),
        pytest.param({"type": 10**30}, id="a-type-of-thirty-digits"),
        pytest.param({"type": -(10**30)}, id="a-negative-one"),
    ],
)
def test_a_genuine_event_that_no_database_could_hold_as_it_is_breaks_nothing(
    connector: ReferenceIntegration, sender: Sender, changes: dict[str, Any]
) -> None:
    assert sender.send(**changes) == 200
    assert sender.send(**changes) == 200
