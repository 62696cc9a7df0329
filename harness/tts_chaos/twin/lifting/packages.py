"""Packages from recorded answers, and packages that recorded writes presume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.twin.domains.fulfillment.entities import Package
from tts_chaos.twin.domains.fulfillment.packages import note_on_lines
from tts_chaos.twin.domains.logistics.entities import Carrier, DeliveryOption
from tts_chaos.twin.domains.logistics.population import delivery_options
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.lifting.context import Told, first_of, lifts
from tts_chaos.twin.lifting.orders import ensure_order

__all__ = ["ensure_carrier"]

HOUR_S = 3_600
_ORDER_OF_PACKAGE = {
    "PROCESSING": "AWAITING_SHIPMENT",
    "FULFILLING": "AWAITING_COLLECTION",
    "COMPLETED": "DELIVERED",
    "CANCELLED": "CANCELLED",
}
_NOTED = {"PROCESSING": "TO_FULFILL"}


@lifts("fulfillment.search_package")
def lift_packages(told: Told) -> None:
    """Store every package of a page."""
    for row in told.data.get("packages") or ():
        _store(told, {"package_id": row.get("id"), "package_status": row.get("status"), **row})


@lifts("fulfillment.get_package_detail")
def lift_package(told: Told) -> None:
    """Store one package."""
    _store(told, told.data)


@lifts("fulfillment.ship_package")
def presume_unshipped(told: Told) -> None:
    """What could be shipped was a package that waits; its carrier is one of the shop's."""
    own = told.body.get("self_shipment") or {}
    if own.get("shipping_provider_id"):
        ensure_carrier(told.env, told.shop_id, own["shipping_provider_id"])
    _presume(told, "PROCESSING")


@lifts("fulfillment.get_package_shipping_document")
def presume_shipped(told: Told) -> None:
    """What has a label was shipped by the platform's carrier, and not picked up yet."""
    _presume(told, "FULFILLING", tracking_number=told.data.get("tracking_number", ""))


def _presume(told: Told, status: str, **known: str) -> None:
    id = told.path["package_id"]
    if told.env.store.get(Package, told.shop_id, id) is None:
        _store(told, {"package_id": id, "package_status": status, **known})


def _store(told: Told, row: Mapping[str, Any]) -> None:
    env, status = told.env, row.get("package_status") or "PROCESSING"
    order = _order(told, row, status)
    line_ids = row.get("order_line_item_ids") or [line.id for line in order.lines]
    created_at_s = row.get("create_time") or env.now_s() - 24 * HOUR_S
    is_shipped = status in ("FULFILLING", "COMPLETED")
    package = Package(
        id=row["package_id"],
        shop_id=told.shop_id,
        order_id=order.id,
        line_ids=tuple(line_ids),
        status=status,
        sub_status=row.get("package_sub_status") or ("RTS" if is_shipped else "CREATED"),
        tracking_number=row.get("tracking_number", ""),
        carrier_id=row.get("shipping_provider_id", ""),
        carrier_name=row.get("shipping_provider_name", ""),
        handover_method=row.get("handover_method", ""),
        pickup_start_s=(row.get("pickup_slot") or {}).get("start_time", 0),
        pickup_end_s=(row.get("pickup_slot") or {}).get("end_time", 0),
        self_shipped=row.get("shipping_type") == "SELLER",
        tag=row.get("split_and_combine_tag") or "DEFAULT",
        created_at_s=created_at_s,
        updated_at_s=row.get("update_time") or created_at_s,
        shipped_at_s=created_at_s + HOUR_S if is_shipped else 0,
        collected_at_s=created_at_s + 2 * HOUR_S if status == "COMPLETED" else 0,
        delivered_at_s=created_at_s + 3 * HOUR_S if status == "COMPLETED" else 0,
    )
    env.store.put(package, change="package.lifted")
    note_on_lines(env, package, status=_NOTED.get(status, status))


def _order(told: Told, row: Mapping[str, Any], status: str) -> Order:
    id = row["package_id"]
    known = next(
        (
            order
            for order in told.env.store.list(Order, told.shop_id)
            if any(line.package_id == id for line in order.lines)
        ),
        None,
    )
    if known is not None:
        return known
    listed = first_of(row.get("orders"))
    skus = listed.get("skus") or ()
    lines = [
        {
            "id": line_id,
            "sku_id": sku.get("id", ""),
            "sku_name": sku.get("name", ""),
            "package_id": id,
        }
        for line_id, sku in zip(row.get("order_line_item_ids") or (), _units(skus), strict=False)
    ]
    return ensure_order(
        told.env,
        told.shop_id,
        listed.get("id") or f"{id}5",
        status=_ORDER_OF_PACKAGE.get(status, "AWAITING_SHIPMENT"),
        lines=lines or [{"id": f"{id}6", "package_id": id}],
    )


def _units(skus: Any) -> list[Mapping[str, Any]]:
    return [sku for sku in skus for _ in range(sku.get("quantity") or 1)]


def ensure_carrier(env: TwinEnv, shop_id: str, carrier_id: str, name: str = "Carrier") -> None:
    """Let a carrier serve the shop's first delivery option."""
    options = delivery_options(env, shop_id)
    if not options or any(one.id == carrier_id for option in options for one in option.carriers):
        return
    first = options[0]
    env.store.put(
        DeliveryOption(
            id=first.id,
            shop_id=shop_id,
            name=first.name,
            kind=first.kind,
            carriers=(*first.carriers, Carrier(id=carrier_id, name=name)),
        ),
        change="delivery_option.lifted",
    )
