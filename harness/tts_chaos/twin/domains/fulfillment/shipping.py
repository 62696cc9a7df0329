"""Shipping: Ship Package and Mark Package As Shipped.

Gates, in this order: the package exists, its order is not cancelled, on hold or unpaid, no request
to cancel is open, it was not shipped before, and what is said about the shipment makes sense.

Source: protocol facts, section 7.4, pitfalls I2, I4, I6, I18 (documented codes). Where several
documented codes have one meaning, the choice is assumed: Ship Package answers 21011006 and
21011007, Mark Package As Shipped 21008099 and 21008044.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tts_chaos.twin.domains.fulfillment.entities import Package
from tts_chaos.twin.domains.fulfillment.packages import (
    Shipment,
    make_shipment,
    open_package,
    packages_of,
    ship_package,
    split_off,
)
from tts_chaos.twin.domains.logistics.entities import Carrier
from tts_chaos.twin.domains.logistics.population import delivery_options
from tts_chaos.twin.domains.order.entities import LineItem, Order
from tts_chaos.twin.domains.order.moves import move_order
from tts_chaos.twin.handler import Call, RefusalError, TwinEnv, handles
from tts_chaos.twin.shops import region_of_shop

__all__ = ["CARRIER_UNKNOWN", "mark_as_shipped", "read_own_shipment", "ship_batch", "ship_one"]

NOT_YOURS = 21011028
LINE_NOT_PART = 21011029
ACTION_NOT_ALLOWED = 21011003
ORDER_CANCELLED = 21011041
ON_HOLD = 21011044
REQUEST_OPEN = 21011007
REQUEST_OPEN_WHEN_MARKING = 21008044
SHIPPED_BEFORE = 21011006
SHIPPED_BEFORE_WHEN_MARKING = 21008099
DETAIL_MISSING = 21011054
SLOT_WRONG = 21011053
TRACKING_MALFORMED = 21004012
CARRIER_UNKNOWN = 21011022
TRACKING_OVERUSED = 21011026
NOT_OFFERED_HERE = 21008106

MAX_ORDERS_PER_TRACKING = 20
MARKING_REGIONS = frozenset({"US", "GB", "DE", "ES", "FR", "IE", "IT", "JP"})
_TRACKING = re.compile(r"[A-Za-z0-9-]{4,50}")


@handles("fulfillment.202309.ship_package")
def ship_one(call: Call) -> dict[str, Any]:
    """Ship one package, by the platform's carrier or by the seller's."""
    _ship(call, call.path["package_id"], call.body)
    return {}


@handles("fulfillment.202309.batch_ship_packages")
def ship_batch(call: Call) -> dict[str, Any]:
    """Ship several packages, each for itself; what fails is told inside code 0."""
    failures = (_ship_one_of(call, row) for row in call.body["packages"])
    return {"errors": [failure for failure in failures if failure]}


def _ship_one_of(call: Call, row: dict[str, Any]) -> dict[str, Any] | None:
    try:
        _ship(call, row["id"], row)
    except RefusalError as refusal:
        detail = {"package_id": row["id"]}
        return {"code": refusal.code, "message": refusal.message or "", "detail": detail}
    return None


@handles("fulfillment.202309.mark_package_as_shipped", "fulfillment.202610.mark_package_as_shipped")
def mark_as_shipped(call: Call) -> dict[str, Any]:
    """Tell that the seller shipped line items with a carrier of their own.

    Offered in the US, the UK, five EU countries and Japan. Without line items, all that are left.
    """
    if region_of_shop(call.env, call.shop_id) not in MARKING_REGIONS:
        raise RefusalError(NOT_OFFERED_HERE, "This is not offered in the region of the shop.")
    order = _order(call, call.path["order_id"])
    _check_order(
        order,
        request_open=REQUEST_OPEN_WHEN_MARKING,
        shipped_before=SHIPPED_BEFORE_WHEN_MARKING,
    )
    lines = _lines_to_mark(order, call.body)
    shipment = read_own_shipment(call, order.id, _own_shipping_info(call.body))
    package = _package_for(call.env, order, lines)
    _dispatch(call.env, order, package, shipment, change="marked_shipped")
    return {
        "order_id": order.id,
        "order_line_item_ids": [line.id for line in lines],
        "package_id": package.id,
    }


def _ship(call: Call, package_id: str, body: dict[str, Any]) -> None:
    package = _package(call, package_id)
    order = _order(call, package.order_id)
    if package.status == "CANCELLED":
        raise RefusalError(ORDER_CANCELLED, "The package is cancelled.")
    if package.status != "PROCESSING":
        raise RefusalError(SHIPPED_BEFORE, "The package was shipped before.")
    _check_order(order, request_open=REQUEST_OPEN, shipped_before=SHIPPED_BEFORE)
    own = body.get("self_shipment")
    if own:
        shipment = read_own_shipment(call, order.id, own)
    elif order.shipping_type == "SELLER":
        raise RefusalError(DETAIL_MISSING, "self_shipment is required when the seller ships.")
    else:
        shipment = _platform_shipment(call, body)
    _dispatch(call.env, order, package, shipment)


def _dispatch(
    env: TwinEnv, order: Order, package: Package, shipment: Shipment, *, change: str = "shipped"
) -> None:
    shipped = ship_package(env, package, shipment, change=change)
    done = {line.id for line in order.open_lines if line.shipped_at_s} | set(package.line_ids)
    is_last = all(line.id in done for line in order.open_lines)
    now_s = env.now_s()
    move_order(
        env,
        order.shop_id,
        order.id,
        "ship" if is_last else "ship_part",
        lambda current: _with_shipped_lines(current, shipped, now_s),
    )


def _with_shipped_lines(order: Order, package: Package, now_s: int) -> Order:
    lines = tuple(
        msgspec.structs.replace(
            line,
            status="AWAITING_COLLECTION" if order.status == "PARTIALLY_SHIPPING" else line.status,
            package_id=package.id,
            package_status=package.status,
            tracking_number=package.tracking_number,
            provider_id=package.carrier_id,
            provider_name=package.carrier_name,
            shipped_at_s=line.shipped_at_s or now_s,
        )
        if line.id in package.line_ids
        else line
        for line in order.lines
    )
    return msgspec.structs.replace(order, lines=lines)


def _package(call: Call, package_id: str) -> Package:
    package = call.env.store.get(Package, call.shop_id, package_id)
    if package is None:
        raise RefusalError(NOT_YOURS, "The package does not exist in this shop.")
    return package


def _order(call: Call, order_id: str) -> Order:
    order = call.env.store.get(Order, call.shop_id, order_id)
    if order is None:
        raise RefusalError(NOT_YOURS, "The order does not exist in this shop.")
    return order


def _check_order(order: Order, *, request_open: int, shipped_before: int) -> None:
    if order.status == "CANCELLED":
        raise RefusalError(ORDER_CANCELLED, "The order is cancelled.")
    if order.status == "ON_HOLD":
        raise RefusalError(ON_HOLD, "The order is on hold and cannot be fulfilled yet.")
    if order.status == "UNPAID":
        raise RefusalError(ACTION_NOT_ALLOWED, "The order is not paid.")
    if order.status not in ("AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"):
        raise RefusalError(shipped_before, "The order was shipped before.")
    if order.cancel_requested_at_s:
        raise RefusalError(request_open, "The buyer's request to cancel must be answered first.")


def _lines_to_mark(order: Order, body: dict[str, Any]) -> list[LineItem]:
    named = [row.get("order_line_id") for row in body.get("order_line_list") or ()]
    wanted = [*(body.get("order_line_item_ids") or ()), *named]
    known = {line.id for line in order.open_lines}
    if any(id not in known for id in wanted):
        raise RefusalError(LINE_NOT_PART, "A line item is not part of the order.")
    chosen = [line for line in order.open_lines if not wanted or line.id in wanted]
    left = [line for line in chosen if not line.shipped_at_s]
    if not left or (wanted and len(left) < len(chosen)):
        raise RefusalError(SHIPPED_BEFORE_WHEN_MARKING, "The line items were shipped before.")
    return left


def _own_shipping_info(body: dict[str, Any]) -> dict[str, Any]:
    # 202610 takes a list of carriers and numbers; the first is the package's own.
    listed = body.get("shipping_info_list")
    info: dict[str, Any] = listed[0] if listed else body
    if not info.get("tracking_number") or not info.get("shipping_provider_id"):
        text = "tracking_number and shipping_provider_id are required."
        raise RefusalError(DETAIL_MISSING, text)
    return info


def read_own_shipment(call: Call, order_id: str, info: dict[str, Any]) -> Shipment:
    """Return a shipment by the seller's own carrier, checked.

    Raises:
        RefusalError: 21004012 for a malformed number, 21011022 for an unknown carrier, 21011026 for
            a number that serves too many orders.
    """
    number = info["tracking_number"]
    if not _TRACKING.fullmatch(number):
        raise RefusalError(TRACKING_MALFORMED, "The tracking number has illegal characters.")
    carrier = _carrier(call, info["shipping_provider_id"])
    rows = call.env.store.list(Package, call.shop_id)
    orders = {row.order_id for row in rows if row.tracking_number == number} | {order_id}
    if len(orders) > MAX_ORDERS_PER_TRACKING:
        text = f"A tracking number serves at most {MAX_ORDERS_PER_TRACKING} orders."
        raise RefusalError(TRACKING_OVERUSED, text)
    return Shipment(tracking_number=number, carrier=carrier, self_shipped=True)


def _carrier(call: Call, carrier_id: str) -> Carrier:
    options = delivery_options(call.env, call.shop_id)
    carriers = (carrier for option in options for carrier in option.carriers)
    found = next((carrier for carrier in carriers if carrier.id == carrier_id), None)
    if found is None:
        raise RefusalError(CARRIER_UNKNOWN, "The shipping provider does not exist.")
    return found


def _platform_shipment(call: Call, body: dict[str, Any]) -> Shipment:
    shipment = make_shipment(call.env, call.shop_id)
    slot = body.get("pickup_slot")
    # Without a hand-over method the parcel is dropped off: assumed.
    method = body.get("handover_method") or "DROP_OFF"
    if method != "PICKUP" or not slot:
        return msgspec.structs.replace(shipment, handover_method=method)
    start_s, end_s = slot.get("start_time", 0), slot.get("end_time", 0)
    if not call.env.now_s() < end_s or not start_s < end_s:
        raise RefusalError(SLOT_WRONG, "The pick-up slot does not lie ahead.")
    return msgspec.structs.replace(
        shipment, handover_method=method, pickup_start_s=start_s, pickup_end_s=end_s
    )


def _package_for(env: TwinEnv, order: Order, lines: list[LineItem]) -> Package:
    wanted = {line.id for line in lines}
    waiting = [row for row in packages_of(env, order) if row.status == "PROCESSING"]
    exact = next((row for row in waiting if set(row.line_ids) == wanted), None)
    if exact:
        return exact
    wider = next((row for row in waiting if wanted < set(row.line_ids)), None)
    return split_off(env, order, wider, wanted) if wider else open_package(env, order, lines)
