"""Warehouses, delivery options, carriers and webhook subscriptions from recorded answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.twin.domains.event.entities import Subscription
from tts_chaos.twin.domains.event.operations import type_of
from tts_chaos.twin.domains.logistics.entities import (
    SALES,
    Carrier,
    DeliveryOption,
    Warehouse,
)
from tts_chaos.twin.domains.logistics.population import delivery_options, sales_warehouses
from tts_chaos.twin.lifting.context import Told, lifts
from tts_chaos.twin.shops import region_of_shop

__all__ = ["ensure_warehouse"]


@lifts("logistics.get_warehouse_list")
def lift_warehouses(told: Told) -> None:
    """Store every warehouse."""
    for row in told.data.get("warehouses") or ():
        _warehouse(told, row)


@lifts("logistics.get_warehouse_delivery_options")
def lift_options(told: Told) -> None:
    """Store the options of a warehouse, which is presumed, with the carriers known so far."""
    ensure_warehouse(told, told.path["warehouse_id"])
    carriers = next((row.carriers for row in delivery_options(told.env, told.shop_id)), ())
    for row in told.data.get("delivery_options") or ():
        _option(told, row["id"], row.get("name", ""), row.get("type", "STANDARD"), carriers)


@lifts("logistics.get_shipping_providers")
def lift_carriers(told: Told) -> None:
    """Store the carriers of an option, which is presumed."""
    id = told.path["delivery_option_id"]
    carriers = tuple(
        Carrier(id=row["id"], name=row.get("name", ""))
        for row in told.data.get("shipping_providers") or ()
    )
    known = told.env.store.get(DeliveryOption, told.shop_id, id)
    _option(
        told,
        id,
        known.name if known else "Standard Shipping",
        known.kind if known else "STANDARD",
        carriers,
    )


@lifts("event.get_shop_webhooks")
def lift_subscriptions(told: Told) -> None:
    """Store every subscription."""
    for row in told.data.get("webhooks") or ():
        _subscription(told, row["event_type"], row.get("address", ""))


@lifts("event.delete_shop_webhook")
def presume_subscription(told: Told) -> None:
    """What was deleted had been subscribed."""
    _subscription(told, told.body.get("event_type", ""), "https://hooks.example.com/tts")


def _subscription(told: Told, name: str, address: str) -> None:
    now_s = told.env.now_s()
    told.env.store.put(
        Subscription(
            id=name,
            shop_id=told.shop_id,
            type=type_of(name),
            address=address,
            created_at_s=now_s,
            updated_at_s=now_s,
        ),
        change="subscription.lifted",
    )


def _warehouse(told: Told, row: Mapping[str, Any]) -> None:
    address = row.get("address") or {}
    first = next(iter(sales_warehouses(told.env, told.shop_id)), None)
    told.env.store.put(
        Warehouse(
            id=row["id"],
            shop_id=told.shop_id,
            name=row.get("name", ""),
            kind=row.get("type") or SALES,
            region=address.get("region_code") or region_of_shop(told.env, told.shop_id),
            country=address.get("region") or (first.country if first else ""),
            state=address.get("state", ""),
            city=address.get("city", ""),
            street=address.get("address_line1", ""),
            postal_code=address.get("postal_code", ""),
            phone=address.get("phone_number", ""),
            status=row.get("effect_status") or "ENABLED",
            is_default=bool(row.get("is_default", True)),
        ),
        change="warehouse.lifted",
    )


def _option(told: Told, id: str, name: str, kind: str, carriers: tuple[Carrier, ...]) -> None:
    told.env.store.put(
        DeliveryOption(id=id, shop_id=told.shop_id, name=name, kind=kind, carriers=carriers),
        change="delivery_option.lifted",
    )


def ensure_warehouse(told: Told, id: str) -> None:
    """Let a sales warehouse be there; what is known already stays."""
    if told.env.store.get(Warehouse, told.shop_id, id) is None:
        _warehouse(told, {"id": id})
