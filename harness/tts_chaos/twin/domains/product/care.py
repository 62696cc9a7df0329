"""Small services on products: proof of earlier prices, what a listing still lacks, restocking.

Source: contracts of the operations (documented fields). Assumed: a variant that is not the
product's fails alone, with the code of an unknown variant; what is recommended is what the category
has and the call does not state.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.twin.domains.product.classification import attributes_of_leaf, leaf_of
from tts_chaos.twin.domains.product.entities import StockLevel
from tts_chaos.twin.domains.product.listings import product_of
from tts_chaos.twin.domains.product.money import parse_amount
from tts_chaos.twin.handler import Call, handles

__all__ = [
    "PriceProof",
    "RestockSetting",
    "recommend_properties",
    "set_restocking",
    "submit_earlier_price",
]

UNKNOWN_SKU = 12052556
BAD_PARAMETER = 12052910


class PriceProof(msgspec.Struct, frozen=True, kw_only=True):
    """The price at which a variant is sold elsewhere; its id is the variant's."""

    id: str
    shop_id: str
    amount: str
    currency: str


class RestockSetting(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the platform restocks a variant by itself; its id is the variant's."""

    id: str
    shop_id: str
    is_on: bool


@handles("product.202609.submit_strikethrough_price")
def submit_earlier_price(call: Call) -> dict[str, Any]:
    """Keep the price elsewhere of each variant that is the product's."""
    product = product_of(call)
    failures = []
    for row in call.body["skus"]:
        sku, price = product.sku(row["id"]), row["external_retail_price"]
        if sku is None:
            failures.append(_failure(row["id"], UNKNOWN_SKU, "The SKU is not of the product."))
        elif parse_amount(price["amount"], price["currency"]) is None:
            failures.append(_failure(row["id"], BAD_PARAMETER, "The price is no amount."))
        else:
            proof = PriceProof(
                id=sku.id,
                shop_id=product.shop_id,
                amount=price["amount"],
                currency=price["currency"],
            )
            call.env.store.put(proof, change="price.proven")
    return {"errors": failures}


def _failure(sku_id: str, code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "detail": {"sku_id": sku_id}}


@handles(
    "product.202604.update_stock_operation_settings",
    "product.202608.update_stock_operation_settings",
)
def set_restocking(call: Call) -> dict[str, Any]:
    """Let the platform restock variants, or not; those of nobody are told apart."""
    setting = call.body.get("stock_operation_setting") or {}
    done, failed = [], []
    for id in dict.fromkeys(call.body.get("sku_ids") or ()):
        if call.env.store.get(StockLevel, call.shop_id, id) is None:
            failed.append(id)
            continue
        is_on = bool(setting.get("enable_auto_restock"))
        row = RestockSetting(id=id, shop_id=call.shop_id, is_on=is_on)
        call.env.store.put(row, change="restocking.set")
        done.append(id)
    return {"stock_operation": {"success_sku_ids": done, "failed_sku_ids": failed}}


@handles("product.202609.recommend_required_product_properties")
def recommend_properties(call: Call) -> dict[str, Any]:
    """Return the attributes of a category that a listing does not state, or those asked for."""
    leaf = leaf_of(call.env, call.body["category_id"])
    stated = {row["id"] for row in call.body.get("sales_properties") or ()}
    wanted = call.body.get("target_property_ids")
    return {
        "recommended_properties": [
            {
                "id": row["id"],
                "name": row["name"],
                "type": row["type"],
                "is_required": row["is_requried"],
                "is_customizable": row["is_customizable"],
                "is_multiple_selection": row["is_multiple_selection"],
                "values": row["values"],
            }
            for row in attributes_of_leaf(leaf)
            if row["id"] not in stated and (not wanted or row["id"] in wanted)
        ]
    }
