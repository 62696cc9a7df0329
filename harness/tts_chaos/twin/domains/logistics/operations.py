"""Warehouses, delivery options and carriers on the wire.

Source: logistics examples of the contracts (documented), the spelling `distict` included. Limits of
parcels are invented. Which code answers an unknown warehouse or delivery option is assumed.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.logistics.entities import SALES, DeliveryOption, Warehouse
from tts_chaos.twin.handler import Call, RefusalError, handles

__all__ = [
    "get_delivery_options",
    "get_shipping_providers",
    "get_warehouses",
]

WAREHOUSE_UNKNOWN = 11005004
BAD_PARAMETER = 11050001


@handles("logistics.202309.get_warehouse_list")
def get_warehouses(call: Call) -> dict[str, Any]:
    """Return every warehouse of the shop, for sales and for returns."""
    rows = call.env.store.list(Warehouse, call.shop_id)
    return {"warehouses": [_warehouse(row) for row in rows]}


@handles("logistics.202309.get_warehouse_delivery_options")
def get_delivery_options(call: Call) -> dict[str, Any]:
    """Return the delivery options of one warehouse; every sales warehouse has all of the shop's."""
    warehouse = call.env.store.get(Warehouse, call.shop_id, call.path["warehouse_id"])
    if warehouse is None:
        raise RefusalError(WAREHOUSE_UNKNOWN, "The warehouse does not exist in this shop.")
    options = call.env.store.list(DeliveryOption, call.shop_id) if warehouse.kind == SALES else []
    return {"delivery_options": [_option(option) for option in options]}


@handles("logistics.202309.get_shipping_providers")
def get_shipping_providers(call: Call) -> dict[str, Any]:
    """Return the carriers of one delivery option."""
    option = call.env.store.get(DeliveryOption, call.shop_id, call.path["delivery_option_id"])
    if option is None:
        raise RefusalError(BAD_PARAMETER, "The delivery option does not exist in this shop.")
    carriers = [{"id": carrier.id, "name": carrier.name} for carrier in option.carriers]
    return {"shipping_providers": carriers}


def _warehouse(row: Warehouse) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "type": row.kind,
        "sub_type": "DOMESTIC_WAREHOUSE",
        "effect_status": row.status,
        "is_default": row.is_default,
        "address": {
            "region": row.country,
            "region_code": row.region,
            "state": row.state,
            "city": row.city,
            "distict": "",
            "town": "",
            "postal_code": row.postal_code,
            "contact_person": f"{row.name} Desk",
            "phone_number": row.phone,
            "full_address": f"{row.street}, {row.city}, {row.state}, {row.country}",
            "address_line1": row.street,
        },
    }


def _option(option: DeliveryOption) -> dict[str, Any]:
    return {
        "id": option.id,
        "name": option.name,
        "type": option.kind,
        "description": "",
        "platform": ["TIKTOK_SHOP"],
        "dimension_limit": {"max_length": 120, "max_width": 80, "max_height": 80, "unit": "CM"},
        "weight_limit": {"min_weight": 0, "max_weight": 30_000, "unit": "GRAM"},
    }
