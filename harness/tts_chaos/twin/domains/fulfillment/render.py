"""Wire shape of packages.

Source: package examples of the contracts (documented). Addresses are masked as far as the platform
ships (protocol facts, section 7.3); that all of name and phone but the first letters is hidden is
assumed from the examples.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tts_chaos.twin.domains.fulfillment.entities import Package
from tts_chaos.twin.domains.logistics.entities import Warehouse
from tts_chaos.twin.domains.logistics.population import sales_warehouses
from tts_chaos.twin.domains.order.entities import Address, Order
from tts_chaos.twin.handler import TwinEnv

__all__ = ["render_package", "render_package_detail"]


_DIMENSION = {"length": "20", "width": "15", "height": "10", "unit": "CM"}
_WEIGHT = {"value": "500", "unit": "GRAM"}
"""Parcels are not measured here: every one has the same, invented, size."""


def render_package(env: TwinEnv, package: Package) -> dict[str, Any]:
    """Return one element of `$.data.packages` of a package search."""
    return {
        "id": package.id,
        "status": package.status,
        "create_time": package.created_at_s,
        "update_time": package.updated_at_s,
        "tracking_number": package.tracking_number,
        "shipping_provider_id": package.carrier_id,
        "shipping_provider_name": package.carrier_name,
        "orders": _orders(env, package),
        "order_line_item_ids": list(package.line_ids),
    }


def render_package_detail(env: TwinEnv, package: Package) -> dict[str, Any]:
    """Return `$.data` of Get Package Detail."""
    order = env.store.get(Order, package.shop_id, package.order_id)
    shown = {
        "package_id": package.id,
        "orders": _orders(env, package),
        "package_status": package.status,
        "package_sub_status": package.sub_status,
        "split_and_combine_tag": package.tag,
        "has_multi_skus": len(_units(order, package)) > 1,
        "note_tag": "BUYER_NOTED" if order and order.buyer.message else "BUYER_UNNOTED",
        "shipping_type": "SELLER" if package.self_shipped else "TIKTOK",
        "shipping_provider_id": package.carrier_id,
        "shipping_provider_name": package.carrier_name,
        "tracking_number": package.tracking_number,
        "create_time": package.created_at_s,
        "update_time": package.updated_at_s,
        "order_line_item_ids": list(package.line_ids),
        "dimension": dict(_DIMENSION),
        "weight": dict(_WEIGHT),
    }
    if order:
        shown["delivery_option_id"] = order.delivery_option_id
        shown["delivery_option_name"] = order.delivery_option_name
        shown["recipient_address"] = _recipient(order)
    return shown | _handover(package) | _sender(env, package)


def _handover(package: Package) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if package.handover_method:
        shown["handover_method"] = package.handover_method
    if package.pickup_end_s:
        shown["pickup_slot"] = {
            "start_time": package.pickup_start_s,
            "end_time": package.pickup_end_s,
        }
    return shown


def _units(order: Order | None, package: Package) -> Counter[str]:
    lines = order.lines if order else ()
    return Counter(line.sku_id for line in lines if line.id in package.line_ids)


def _orders(env: TwinEnv, package: Package) -> list[dict[str, Any]]:
    order = env.store.get(Order, package.shop_id, package.order_id)
    lines = order.lines if order else ()
    names = {line.sku_id: (line.sku_name, line.image_url) for line in lines}
    skus = [
        {
            "id": sku_id,
            "name": names[sku_id][0] or "Default",
            "image_url": names[sku_id][1],
            "quantity": count,
        }
        for sku_id, count in _units(order, package).items()
    ]
    return [{"id": package.order_id, "skus": skus}]


def _recipient(order: Order) -> dict[str, Any]:
    # Source: protocol facts, section 7.3 (documented: orders on hold hide the address).
    if order.status in ("UNPAID", "ON_HOLD"):
        return {}
    address = order.address
    is_masked = order.shipping_type == "TIKTOK"
    name = f"{address.first_name} {address.last_name}".strip()
    return {
        "name": _mask(name) if is_masked else name,
        "phone_number": _mask_phone(address.phone) if is_masked else address.phone,
        "full_address": _full(address),
        "address_detail": address.line1,
        "address_line1": address.line1,
        "address_line2": address.line2,
        "address_line3": "",
        "address_line4": "",
        "postal_code": address.postal_code,
        "region_code": address.region,
    }


def _full(address: Address) -> str:
    places = [name for _, _, name in address.districts]
    return ", ".join([*places, address.line1])


def _mask(name: str) -> str:
    return " ".join(f"{word[0]}***" for word in name.split())


def _mask_phone(phone: str) -> str:
    return f"{phone[:5]}***{phone[-2:]}"


def _sender(env: TwinEnv, package: Package) -> dict[str, Any]:
    warehouses = sales_warehouses(env, package.shop_id)
    if not warehouses:
        return {}
    warehouse: Warehouse = warehouses[0]
    return {
        "warehouse_id": warehouse.id,
        "sender_address": {
            "name": f"{warehouse.name} Desk",
            "phone_number": warehouse.phone,
            "full_address": f"{warehouse.street}, {warehouse.city}, {warehouse.country}",
            "address_detail": warehouse.street,
            "address_line1": warehouse.street,
            "address_line2": "",
            "address_line3": "",
            "address_line4": "",
            "postal_code": warehouse.postal_code,
            "region_code": warehouse.region,
        },
    }
