"""What a shop needs before it can list: told from what the shop has.

Source: contracts of both versions (documented checks). The older version tells texts whose words
are not documented: "" for what is there, else what is missing (assumed).
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.logistics.entities import RETURN, SALES, Warehouse
from tts_chaos.twin.domains.logistics.population import delivery_options
from tts_chaos.twin.domains.product.creating import uploads_left
from tts_chaos.twin.handler import Call, handles

__all__ = ["check_prerequisites", "tell_prerequisites"]


@handles("product.202312.check_listing_prerequisites")
def check_prerequisites(call: Call) -> dict[str, Any]:
    """Return each check with the reasons for which it fails."""
    missing = _missing(call)
    return {
        "check_results": [
            {
                "check_item": item,
                "is_failed": bool(reason),
                "fail_reasons": [reason] if reason else [],
            }
            for item, reason in missing.items()
        ]
    }


@handles("product.202309.check_listing_prerequisites")
def tell_prerequisites(call: Call) -> dict[str, Any]:
    """Return the same in the words of the older version."""
    missing = _missing(call)
    return {
        "shop": {
            "status": missing["SHOP_STATUS"],
            "tax_info": missing["SHOP_TAX"],
            "contact_info": missing["CONTACT_INFO"],
            "bank_account": "",
            "gne": {
                "product_quantity_limit": missing["PRODUCT_QUANTITY_LIMIT"],
                "epr": missing["EXTENDED_PRODUCER_RESPONSIBILITY"],
            },
            "logistics": {
                "pickup_warehouse": missing["PICKUP_WAREHOUSE"],
                "return_warehouse": missing["RETURN_WAREHOUSE"],
                "delivery_option": missing["DELIVERY_OPTION"],
                "shipping_template": missing["SHIPPING_TEMPLATE"],
            },
        }
    }


def _missing(call: Call) -> dict[str, str]:
    """Return each check with what is missing, "" where nothing is."""
    kinds = {row.kind for row in call.env.store.list(Warehouse, call.shop_id)}
    has_option = bool(delivery_options(call.env, call.shop_id))
    has_room = uploads_left(call.env, call.shop_id) > 0
    return {
        "SHOP_STATUS": "",
        "SHOP_TAX": "",
        "PICKUP_WAREHOUSE": "" if SALES in kinds else "The shop has no pickup warehouse.",
        "RETURN_WAREHOUSE": "" if RETURN in kinds else "The shop has no return warehouse.",
        "DELIVERY_OPTION": "" if has_option else "The shop has no delivery option.",
        "SHIPPING_TEMPLATE": "",
        "PRODUCT_QUANTITY_LIMIT": "" if has_room else "The day's listing limit is reached.",
        "EXTENDED_PRODUCER_RESPONSIBILITY": "",
        "CONTACT_INFO": "",
    }
