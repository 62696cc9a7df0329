"""Shipping: a parcel leaves once, whatever becomes of the answers."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.errors import ConnectorError, NotShippableError

if TYPE_CHECKING:
    from tests.unit.reference.conftest import ScriptedPlatform

SHIP = "/packages/9101/ship"
PARCEL = "/packages/9101"


@pytest.fixture
def warehouse(platform: ScriptedPlatform) -> ScriptedPlatform:
    """A platform with one order whose parcel can be shipped once."""
    platform.place("101")
    lock = threading.Lock()
    shipped: list[int] = []

    def show(_: httpx.Request) -> httpx.Response:
        status = "FULFILLING" if shipped else "PROCESSING"
        number = "T1" if shipped else ""
        return platform.reply({"package_status": status, "tracking_number": number})

    def ship(_: httpx.Request) -> httpx.Response:
        with lock:
            if shipped:
                return platform.refusal(21011006, "shipped before")
            shipped.append(1)
            platform.place("101", status="AWAITING_COLLECTION", update_time=1_793_000_200)
            return platform.reply()

    platform.carry_out = ship
    platform.say(PARCEL, *[show] * 40)
    return platform


def shipments(connector: ReferenceIntegration) -> list[tuple[str, str, str]]:
    return [
        (row["order_id"], row["package_id"], row["tracking_number"])
        for row in connector.shipments()
    ]


def test_an_order_is_shipped_and_its_number_kept(
    connector: ReferenceIntegration, warehouse: ScriptedPlatform
) -> None:
    warehouse.say(SHIP, warehouse.carry_out)

    connector.ship("101")

    assert shipments(connector) == [("101", "9101", "T1")]
    assert connector.orders()[0]["status"] == "AWAITING_COLLECTION"


def test_shipping_twice_calls_once(
    connector: ReferenceIntegration, warehouse: ScriptedPlatform
) -> None:
    warehouse.say(SHIP, *[warehouse.carry_out] * 2)
    connector.ship("101")
    connector.restart()

    connector.ship("101")

    assert len(warehouse.asked(SHIP)) == 1
    assert len(shipments(connector)) == 1


def test_a_lost_answer_is_settled_by_looking_and_not_by_shipping_again(
    connector: ReferenceIntegration, warehouse: ScriptedPlatform
) -> None:
    def lose(request: httpx.Request) -> httpx.Response:
        warehouse.carry_out(request)
        raise httpx.ReadTimeout("late", request=request)

    warehouse.say(SHIP, lose)

    connector.ship("101")

    assert len(warehouse.asked(SHIP)) == 1
    assert shipments(connector) == [("101", "9101", "T1")]


def test_a_call_that_never_arrived_is_made_again(
    connector: ReferenceIntegration, warehouse: ScriptedPlatform
) -> None:
    warehouse.say(SHIP, httpx.ReadError("reset"), warehouse.carry_out)

    connector.ship("101")

    assert shipments(connector) == [("101", "9101", "T1")]


def test_a_confirmed_parcel_that_does_not_show_yet_is_not_shipped_again(
    connector: ReferenceIntegration, warehouse: ScriptedPlatform
) -> None:
    late = warehouse.reply({"package_status": "PROCESSING"})
    warehouse.say(SHIP, warehouse.carry_out)
    warehouse.say_first(PARCEL, late, late, late)

    connector.ship("101")

    assert len(warehouse.asked(SHIP)) == 1
    assert shipments(connector) == [("101", "9101", "T1")]


def test_a_parcel_of_unknown_state_is_not_shipped(
    connector: ReferenceIntegration, warehouse: ScriptedPlatform
) -> None:
    warehouse.say(SHIP, warehouse.carry_out)
    warehouse.say_first(PARCEL, warehouse.reply({"packages": []}))

    with pytest.raises(ConnectorError, match="has no status"):
        connector.ship("101")

    assert warehouse.asked(SHIP) == []


def test_parallel_calls_ship_once(
    connector: ReferenceIntegration, warehouse: ScriptedPlatform
) -> None:
    def ship_late(request: httpx.Request) -> httpx.Response:
        time.sleep(0.05)  # long enough for every caller to arrive
        return warehouse.carry_out(request)

    warehouse.say(SHIP, *[ship_late] * 4)
    threads = [threading.Thread(target=connector.ship, args=("101",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(warehouse.asked(SHIP)) == 1


@pytest.mark.parametrize("status", ["UNPAID", "ON_HOLD", "CANCELLED"])
def test_an_order_in_the_wrong_state_is_not_shipped(
    connector: ReferenceIntegration, platform: ScriptedPlatform, status: str
) -> None:
    platform.place("101", status=status)

    with pytest.raises(NotShippableError, match=status):
        connector.ship("101")

    assert platform.asked("/ship") == []


def test_an_order_its_buyer_wants_to_cancel_is_not_shipped(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101", is_buyer_request_cancel=True)

    with pytest.raises(NotShippableError, match="asks to cancel"):
        connector.ship("101")


def test_an_order_the_seller_ships_names_carrier_and_number(
    connector: ReferenceIntegration, warehouse: ScriptedPlatform
) -> None:
    warehouse.place("101", shipping_type="SELLER", delivery_option_id="44")
    carriers = {"shipping_providers": [{"id": "77", "name": "Own"}]}
    warehouse.say("/delivery_options/44/shipping_providers", warehouse.reply(carriers))
    warehouse.say(SHIP, warehouse.carry_out)

    connector.ship("101", tracking_number="Z9")

    assert json.loads(warehouse.asked(SHIP)[0].content) == {
        "self_shipment": {"tracking_number": "Z9", "shipping_provider_id": "77"}
    }


def test_what_is_no_order_id_reaches_nobody(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    with pytest.raises(ConnectorError, match="is no order id"):
        connector.ship("../../products")

    assert platform.requests == []
