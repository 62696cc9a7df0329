"""Warehouses, delivery options, carriers; the seller's shops; webhook subscriptions."""

from __future__ import annotations

from tests.support.shop_desk import Answer, Desk
from tests.surface.arranging import moved
from tests.surface.cases import accepted, refused

WAREHOUSES = "logistics.202309.get_warehouse_list"
OPTIONS = "logistics.202309.get_warehouse_delivery_options"
CARRIERS = "logistics.202309.get_shipping_providers"


@accepted(WAREHOUSES)
def tells_the_warehouses(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation)
    assert {row["type"] for row in answer.data["warehouses"]} >= {"SALES_WAREHOUSE"}
    return answer


@accepted(OPTIONS)
def tells_the_options_of_a_warehouse(desk: Desk, operation: str) -> Answer:
    warehouse = desk.call(WAREHOUSES).data["warehouses"][0]
    return desk.call(operation, warehouse_id=warehouse["id"])


@accepted(CARRIERS)
def tells_the_carriers_of_an_option(desk: Desk, operation: str) -> Answer:
    warehouse = desk.call(WAREHOUSES).data["warehouses"][0]
    option = desk.call(OPTIONS, warehouse_id=warehouse["id"]).data["delivery_options"][0]
    return desk.call(operation, delivery_option_id=option["id"])


@accepted("seller.202309.get_active_shops")
def tells_the_shops(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation)
    assert [row["id"] for row in answer.data["shops"]] == [desk.shop.id]
    return answer


ADDRESS = {"address": "https://hooks.example.com/tts", "event_type": "ORDER_STATUS_CHANGE"}


@accepted("event.202309.update_shop_webhook")
def subscribes(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body=ADDRESS)


@accepted("event.202309.get_shop_webhooks")
def tells_what_is_subscribed(desk: Desk, operation: str) -> Answer:
    desk.call("event.202309.update_shop_webhook", body=ADDRESS)
    answer = desk.call(operation)
    assert [row["event_type"] for row in answer.data["webhooks"]] == ["ORDER_STATUS_CHANGE"]
    return answer


@accepted("event.202309.delete_shop_webhook")
def unsubscribes_by_a_body(desk: Desk, operation: str) -> Answer:
    desk.call("event.202309.update_shop_webhook", body=ADDRESS)
    answer = desk.call(operation, body={"event_type": "ORDER_STATUS_CHANGE"})
    assert desk.call("event.202309.get_shop_webhooks").data["webhooks"] == []
    return answer


@refused("event.202309.update_shop_webhook", 36009004, "parameter_invalid")
def an_event_nobody_knows(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={**ADDRESS, "event_type": "PONY_BORN"})


@accepted("logistics.202604.get_logistics_tracking")
def tracks_each_parcel(desk: Desk, operation: str) -> Answer:
    order = moved(desk, "ship", "collect")
    answer = desk.call(operation, order_id=order.id)
    (parcel,) = answer.data["logistics_details"]
    assert [row["action_code_name"] for row in parcel["track_list"]] == [
        "IN_TRANSIT",
        "READY_FOR_PICKUP",
    ]
    return answer


@refused("logistics.202604.get_logistics_tracking", 36009004, "parameter_invalid")
def tracks_nobodys_order(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, order_id="5770")


@refused(OPTIONS, 11005004)
def options_of_nobodys_warehouse(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, warehouse_id="738")


@refused(CARRIERS, 11050001)
def carriers_of_nobodys_option(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, delivery_option_id="709")


@accepted("authorization.202405.get_authorized_category_assets")
def tells_the_categories_of_the_account(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation)
    assert answer.data["category_assets"][0]["target_market"] == "GB"
    return answer


@accepted("authorization.202403.deauthorize_shop")
def leaves_a_shop(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation)
    assert desk.call(WAREHOUSES).code == 105001
    return answer


@refused("affiliate_partner.202405.get_affiliate_partner_campaign_list", 101000)
def the_cipher_of_a_foreign_category(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, query={"category_asset_cipher": "GCP_foreign"})
