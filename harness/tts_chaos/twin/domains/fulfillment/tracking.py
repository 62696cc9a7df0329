"""What carriers reported about an order.

Source: contracts of `fulfillment.202309.get_tracking` and `logistics.202604.get_logistics_tracking`
(documented shapes); the words and the numbers of actions are assumed.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.fulfillment.entities import Package
from tts_chaos.twin.domains.fulfillment.packages import packages_of
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.wire.codes import ApiCode

__all__ = ["get_package_tracking", "get_tracking"]

ORDER_NOT_YOURS = 21008111


@handles("fulfillment.202309.get_tracking")
def get_tracking(call: Call) -> dict[str, Any]:
    """Return what happened to an order's parcels, the latest first."""
    order = _order(call)
    if order is None:
        raise RefusalError(ORDER_NOT_YOURS, "The order does not exist in this shop.")
    moments = (
        (order.delivered_at_s, "Your package has been delivered."),
        (order.collected_at_s, "Your package is in transit."),
        (order.shipped_at_s, "Your package is ready to be picked up."),
    )
    return {
        "tracking": [
            {"description": text, "update_time_millis": instant_s * 1000}
            for instant_s, text in moments
            if instant_s
        ]
    }


@handles("logistics.202604.get_logistics_tracking")
def get_package_tracking(call: Call) -> dict[str, Any]:
    """Return the same parcel by parcel, each under its own number."""
    order = _order(call)
    if order is None:
        message = "Invalid parameter. `order_id` is no order of this shop."
        raise RefusalError(ApiCode.BAD_REQUEST, message, variant="parameter_invalid")
    shipped = (row for row in packages_of(call.env, order) if row.shipped_at_s)
    return {"order_id": order.id, "logistics_details": [_details(row) for row in shipped]}


def _order(call: Call) -> Order | None:
    return call.env.store.get(Order, call.shop_id, call.path["order_id"])


def _details(package: Package) -> dict[str, Any]:
    moments = (
        (package.delivered_at_s, 3, "DELIVERED"),
        (package.collected_at_s, 2, "IN_TRANSIT"),
        (package.shipped_at_s, 1, "READY_FOR_PICKUP"),
    )
    return {
        "newest_tracking_no": package.tracking_number,
        "carrier_name": package.carrier_name,
        "track_list": [
            {
                "description": name.replace("_", " ").capitalize(),
                "tracking_no": package.tracking_number,
                "update_time_millis": instant_s * 1000,
                "action_code": code,
                "action_code_name": name,
            }
            for instant_s, code, name in moments
            if instant_s
        ],
    }
