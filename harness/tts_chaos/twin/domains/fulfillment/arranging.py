"""Before shipping: services and slots to choose from, packages made and split.

Source: contracts of `fulfillment.*` (documented shapes and codes); protocol facts, section 7.4
(documented: split makes new ids, in the US a package exists only after a call). Prices and hours
are invented; that Create Packages makes the package which Ship Package then ships is assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tts_chaos.twin.domains.fulfillment.entities import Package
from tts_chaos.twin.domains.fulfillment.packages import (
    open_package,
    packages_of,
    split_off,
)
from tts_chaos.twin.domains.logistics.entities import Carrier
from tts_chaos.twin.domains.logistics.population import delivery_options
from tts_chaos.twin.domains.order.entities import LineItem, Order
from tts_chaos.twin.domains.product.money import CURRENCY_BY_REGION
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.money import amount_text
from tts_chaos.twin.regions import region_of
from tts_chaos.twin.shops import region_of_shop

__all__ = [
    "create_packages",
    "get_handover_slots",
    "get_order_slots",
    "get_services",
    "split_order",
    "tell_split_attributes",
]

BAD_PARAMETER = 11001002
SERVICE_UNKNOWN = 11003011
ORDER_UNKNOWN = 21004008
LINE_WRONG = 21011005
SPLIT_FORBIDDEN = 21011035
NOT_NOW = 21011037
NOT_YOURS = 21011028

DAY_S = 86_400
SLOT_DAYS = 3
SLOT_HOURS = (9, 13)
SLOT_LENGTH_S = 4 * 3_600

_OPEN = frozenset({"AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"})


@handles("fulfillment.202309.get_eligible_shipping_service")
def get_services(call: Call) -> dict[str, Any]:
    """Return the services that carry the unshipped units of an order."""
    order = _open_order(call, call.path["order_id"])
    lines = _chosen(order, call.body)
    shown: dict[str, Any] = {
        "order_id": order.id,
        "order_line_id": [line.id for line in lines],
        "shipping_services": [
            {**_service(call, carrier, number), "is_default": number == 0}
            for number, carrier in enumerate(_carriers(call))
        ],
    }
    return shown | {key: call.body[key] for key in ("weight", "dimension") if call.body.get(key)}


@handles("fulfillment.202309.create_packages", "fulfillment.202512.create_packages")
def create_packages(call: Call) -> dict[str, Any]:
    """Make one package of the units named, to be shipped by the service chosen."""
    body = call.body
    order = _open_order(call, body.get("order_id") or _only(body.get("order_list_ids")))
    lines = _chosen(order, body)
    service = _chosen_service(call, body.get("shipping_service_id", ""))
    package = _package_for(call, order, lines)
    shown: dict[str, Any] = {
        "package_id": package.id,
        "create_time": package.created_at_s,
        "shipping_service_info": service,
    }
    if call.operation.version == "202309":
        shown |= {"order_id": order.id, "order_line_item_ids": list(package.line_ids)}
    return shown | {key: body[key] for key in ("weight", "dimension") if body.get(key)}


@handles("fulfillment.202309.get_package_handover_time_slots")
def get_handover_slots(call: Call) -> dict[str, Any]:
    """Return when a package may be picked up."""
    package = call.env.store.get(Package, call.shop_id, call.path["package_id"])
    if package is None:
        raise RefusalError(NOT_YOURS, "The package does not exist in this shop.")
    return _slots(call)


@handles("fulfillment.202309.get_handover_timeslots")
def get_order_slots(call: Call) -> dict[str, Any]:
    """Return when the units of an order may be picked up."""
    _open_order(call, call.path["order_id"])
    return _slots(call)


@handles("fulfillment.202309.get_order_split_attributes")
def tell_split_attributes(call: Call) -> dict[str, Any]:
    """Return for each order whether it may be split; orders of nobody are left out."""
    orders = (call.env.store.get(Order, call.shop_id, id) for id in call.query["order_ids"])
    return {"split_attributes": [_attributes(order) for order in orders if order]}


@handles("fulfillment.202309.split_orders")
def split_order(call: Call) -> dict[str, Any]:
    """Make a package of each group of units; every package of the order gets a new id or rest."""
    order = call.env.store.get(Order, call.shop_id, call.path["order_id"])
    if order is None or not _attributes(order)["can_split"]:
        raise RefusalError(SPLIT_FORBIDDEN, "The order cannot be split.")
    groups = _groups(call.body)
    _check_groups(order, groups)
    return {
        "packages": [
            {"splittable_group_id": id, "id": _package_for(call, order, lines).id}
            for id, lines in ((id, _lines(order, ids)) for id, ids in groups)
        ]
    }


def _groups(body: dict[str, Any]) -> list[tuple[str, list[str]]]:
    newer = body.get("splittable_groups_v2")
    if newer:
        return [
            (row["id"], [line.get("order_line_id", "") for line in row["order_line_list"]])
            for row in newer
        ]
    return [(row["id"], row["order_line_item_ids"]) for row in body["splittable_groups"]]


def _check_groups(order: Order, groups: Sequence[tuple[str, list[str]]]) -> None:
    named = [id for _, ids in groups for id in ids]
    unshipped = {line.id for line in order.open_lines if not line.shipped_at_s}
    if not named or len(set(named)) < len(named) or not set(named) <= unshipped:
        raise RefusalError(LINE_WRONG, "Each unshipped line item belongs into one group.")
    if any(not ids for _, ids in groups):
        raise RefusalError(LINE_WRONG, "A group without line items makes no package.")


def _lines(order: Order, ids: list[str]) -> list[LineItem]:
    return [line for line in order.open_lines if line.id in ids]


def _attributes(order: Order) -> dict[str, Any]:
    left = [line for line in order.open_lines if not line.shipped_at_s]
    can_split = order.status in _OPEN and len(left) > 1 and not order.cancel_requested_at_s
    shown: dict[str, Any] = {
        "order_id": order.id,
        "can_split": can_split,
        "must_split": False,
        "must_split_reasons": [],
    }
    if not can_split:
        shown["reason"] = f"An order in status {order.status} with {len(left)} units left stays."
    return shown


def _package_for(call: Call, order: Order, lines: list[LineItem]) -> Package:
    """Return the package of exactly these units, split off or made where there is none."""
    wanted = {line.id for line in lines}
    waiting = [row for row in packages_of(call.env, order) if row.status == "PROCESSING"]
    exact = next((row for row in waiting if set(row.line_ids) == wanted), None)
    if exact:
        return exact
    wider = next((row for row in waiting if wanted < set(row.line_ids)), None)
    if wider:
        return split_off(call.env, order, wider, wanted)
    if any(wanted & set(row.line_ids) for row in waiting):
        raise RefusalError(NOT_NOW, "The units are in different packages already.")
    return open_package(call.env, order, lines)


def _open_order(call: Call, order_id: str) -> Order:
    order = call.env.store.get(Order, call.shop_id, order_id)
    if order is None:
        raise RefusalError(ORDER_UNKNOWN, "The order does not exist in this shop.")
    if order.status not in _OPEN or order.cancel_requested_at_s:
        raise RefusalError(NOT_NOW, f"An order in status {order.status} cannot be shipped now.")
    return order


def _only(ids: list[str] | None) -> str:
    if not ids or len(ids) > 1:
        raise RefusalError(BAD_PARAMETER, "Name one order; packages of several are not modelled.")
    return ids[0]


def _chosen(order: Order, body: dict[str, Any]) -> list[LineItem]:
    rows = [*(body.get("order_line_list") or ()), *(body.get("order_line_item") or ())]
    wanted = [*(body.get("order_line_item_ids") or ()), *(row.get("order_line_id") for row in rows)]
    left = [line for line in order.open_lines if not line.shipped_at_s]
    if any(id not in {line.id for line in left} for id in wanted):
        raise RefusalError(BAD_PARAMETER, "A line item is not part of what is left.")
    return [line for line in left if not wanted or line.id in wanted]


def _carriers(call: Call) -> tuple[Carrier, ...]:
    options = delivery_options(call.env, call.shop_id)
    return options[0].carriers if options else ()


def _service(call: Call, carrier: Carrier, number: int) -> dict[str, Any]:
    region = region_of_shop(call.env, call.shop_id)
    currency = CURRENCY_BY_REGION.get(region, "USD")
    return {
        "id": f"{carrier.id}-standard",
        "name": f"{carrier.name} Standard",
        "price": amount_text(region_of(region).delivery_fee + number, currency),
        "currency": currency,
        "earliest_delivery_days": 2 + number,
        "latest_delivery_days": 5 + number,
        "shipping_provider_id": carrier.id,
        "shipping_provider_name": carrier.name,
    }


def _chosen_service(call: Call, id: str) -> dict[str, Any]:
    services = [_service(call, one, number) for number, one in enumerate(_carriers(call))]
    if not id and services:
        return services[0]
    found = next((row for row in services if row["id"] == id), None)
    if found is None:
        raise RefusalError(SERVICE_UNKNOWN, "The shipping service is not offered for this order.")
    return found


def _slots(call: Call) -> dict[str, Any]:
    midnight_s = call.env.now_s() // DAY_S * DAY_S
    starts = (
        midnight_s + day * DAY_S + hour * 3_600
        for day in range(1, SLOT_DAYS + 1)
        for hour in SLOT_HOURS
    )
    return {
        "can_pickup": True,
        "can_drop_off": True,
        "can_van_collection": False,
        "drop_off_point_url": "https://maps.example.net/drop-off",
        "pickup_slots": [
            {"start_time": start_s, "end_time": start_s + SLOT_LENGTH_S, "avaliable": True}
            for start_s in starts
        ],
    }
