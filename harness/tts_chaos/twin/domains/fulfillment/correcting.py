"""After shipping: another tracking number, and word of the delivery by the seller's own people.

Source: protocol facts, section 7.4 (documented: tracking may change once, within 72 hours), pitfall
I8 (documented codes). Which of the codes with one meaning is told is assumed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.twin.domains.fulfillment.entities import Package
from tts_chaos.twin.domains.fulfillment.packages import note_on_lines, packages_of
from tts_chaos.twin.domains.fulfillment.shipping import CARRIER_UNKNOWN, read_own_shipment
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.order.moves import ORDER_LIFE, move_order
from tts_chaos.twin.handler import Call, RefusalError, TwinEnv, handles

__all__ = ["report_deliveries", "update_order_tracking", "update_package_tracking"]

NOT_YOURS = 21011028
ORDER_CANCELLED = 21011041
NOT_SHIPPED = 21011043
PLATFORM_SHIPS = 21011049
TOO_LATE = 21011050
CHANGED_BEFORE = 21011051
CHANGED_BEFORE_PACKAGE = 21011052
STATE_FORBIDS = 10007002
STATE_FORBIDS_DELIVERY = 21011030

MAY_CHANGE_FOR_S = 72 * 3_600


@handles("fulfillment.202309.update_shipping_info")
def update_order_tracking(call: Call) -> dict[str, Any]:
    """Correct the tracking number of an order that the seller shipped."""
    order = call.env.store.get(Order, call.shop_id, call.path["order_id"])
    if order is None:
        raise RefusalError(NOT_YOURS, "The order does not exist in this shop.")
    if order.status == "CANCELLED":
        raise RefusalError(ORDER_CANCELLED, "The order is cancelled.")
    shipped = [row for row in packages_of(call.env, order) if row.shipped_at_s]
    if not shipped:
        raise RefusalError(NOT_SHIPPED, "The order was not shipped yet.")
    _correct(call, shipped[0], call.body, changed_before=CHANGED_BEFORE)
    return {}


@handles(
    "fulfillment.202309.update_package_shipping_info",
    "fulfillment.202610.update_package_shipping_info",
)
def update_package_tracking(call: Call) -> dict[str, Any]:
    """Correct the tracking number of one package; 202610 takes a list, the first counts."""
    package = call.env.store.get(Package, call.shop_id, call.path["package_id"])
    if package is None:
        raise RefusalError(NOT_YOURS, "The package does not exist in this shop.")
    if not package.shipped_at_s:
        raise RefusalError(NOT_SHIPPED, "The package was not shipped yet.")
    listed = call.body.get("shipping_info_list")
    info = listed[0] if listed else call.body
    _correct(call, package, info, changed_before=CHANGED_BEFORE_PACKAGE)
    return {}


def _correct(call: Call, package: Package, info: dict[str, Any], *, changed_before: int) -> None:
    if not package.self_shipped:
        raise RefusalError(PLATFORM_SHIPS, "The platform's carrier numbers its own parcels.")
    if package.status != "FULFILLING":
        raise RefusalError(STATE_FORBIDS, f"A package in status {package.status} stays.")
    if package.corrections:
        raise RefusalError(changed_before, "The tracking number was changed before.")
    if call.env.now_s() > package.shipped_at_s + MAY_CHANGE_FOR_S:
        raise RefusalError(TOO_LATE, "The tracking number may change for 72 hours only.")
    if not info.get("shipping_provider_id"):
        raise RefusalError(CARRIER_UNKNOWN, "shipping_provider_id is required.")
    shipment = read_own_shipment(call, package.order_id, info)
    corrected = call.env.store.update(
        Package,
        package.shop_id,
        package.id,
        lambda current: msgspec.structs.replace(
            current,
            tracking_number=shipment.tracking_number,
            carrier_id=shipment.carrier.id,
            carrier_name=shipment.carrier.name,
            corrections=current.corrections + 1,
            updated_at_s=call.env.now_s(),
        ),
        change="package.tracking_corrected",
    )
    note_on_lines(call.env, corrected, status="FULFILLING")


@handles("fulfillment.202309.update_package_delivery_status")
def report_deliveries(call: Call) -> dict[str, Any]:
    """Take the seller's word for the fate of packages they carry themselves."""
    failures = (_report(call, row) for row in call.body["packages"])
    return {"errors": [failure for failure in failures if failure]}


def _report(call: Call, row: dict[str, Any]) -> dict[str, Any] | None:
    package = call.env.store.get(Package, call.shop_id, row["id"])
    if package is None:
        return _failure(row["id"], NOT_YOURS, "The package does not exist in this shop.")
    if not package.self_shipped or package.status != "FULFILLING":
        text = f"A package in status {package.status} takes no word of delivery."
        return _failure(package.id, STATE_FORBIDS_DELIVERY, text)
    if row["delivery_type"] == "DELIVERY_SUCCESS":
        _deliver(call.env, package)
    return None


def _deliver(env: TwinEnv, package: Package) -> None:
    """Bring the order of a package home; parcels under way in other packages are not waited for."""
    for event in ("collect", "deliver"):
        order = env.store.get(Order, package.shop_id, package.order_id)
        if order is not None and event in ORDER_LIFE.events(order.status):
            move_order(env, order.shop_id, order.id, event)


def _failure(package_id: str, code: int, text: str) -> dict[str, Any]:
    return {"code": code, "message": text, "detail": {"package_id": package_id}}
