"""Wire shape of global products.

Source: contract of Get Global Product (documented fields).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.twin.domains.product.global_entities import GlobalProduct, GlobalSku, Publication
from tts_chaos.twin.domains.product.media import image_of
from tts_chaos.twin.domains.product.money import price_text
from tts_chaos.twin.handler import TwinEnv

__all__ = ["render_global", "told_global_skus"]

_ECHOED = (
    "external_global_product_id",
    "manufacturer",
    "manufacturer_ids",
    "package_dimensions",
    "package_weight",
    "product_attributes",
    "responsible_person_ids",
    "source_locale",
    "video",
)
_ECHOED_OF_SKU = (
    "external_global_sku_id",
    "extra_identifier_codes",
    "global_quantity",
    "identifier_code",
    "sku_unit_count",
)


def render_global(env: TwinEnv, product: GlobalProduct) -> dict[str, Any]:
    """Return `$.data` of Get Global Product."""
    details = product.details
    brand = {"brand": {"id": details["brand_id"]}} if details.get("brand_id") else {}
    return {
        **{key: details[key] for key in _ECHOED if key in details},
        **brand,
        "id": product.id,
        "title": product.title,
        "description": product.description,
        "category": {"id": product.category_id},
        "main_images": [_image(env, row["uri"]) for row in details.get("main_images") or ()],
        "skus": [_sku(env, sku) for sku in product.skus],
        "products": [_publication(row) for row in product.publications],
        "create_time": product.created_at_s,
        "update_time": product.updated_at_s,
    }


def told_global_skus(product: GlobalProduct) -> list[dict[str, Any]]:
    """Return what create and edit answer of the variants."""
    return [
        {
            "id": sku.id,
            "seller_sku": sku.seller_sku,
            "external_global_sku_id": sku.details.get("external_global_sku_id") or "",
            "sales_attributes": [
                {"id": entry["id"], "value_id": entry["value_id"]}
                for entry in sku.details["sales_attributes"]
            ],
        }
        for sku in product.skus
    ]


def _sku(env: TwinEnv, sku: GlobalSku) -> dict[str, Any]:
    return {
        **{key: sku.details[key] for key in _ECHOED_OF_SKU if key in sku.details},
        "id": sku.id,
        "seller_sku": sku.seller_sku,
        "price": {"amount": price_text(sku.price), "currency": sku.price.currency},
        "sales_attributes": [_attribute(env, row) for row in sku.details["sales_attributes"]],
        "inventory": [
            {"global_warehouse_id": id, "quantity": units} for id, units in sku.inventory.items()
        ],
    }


def _attribute(env: TwinEnv, row: Mapping[str, Any]) -> dict[str, Any]:
    picture = {"sku_img": image_of(env, row["sku_img"]["uri"])} if "sku_img" in row else {}
    return {**row, **picture}


def _image(env: TwinEnv, uri: str) -> dict[str, Any]:
    shown = image_of(env, uri)
    return {key: shown[key] for key in ("uri", "width", "height") if key in shown}


def _publication(row: Publication) -> dict[str, Any]:
    mappings = [
        {"global_sku_id": ours, "local_sku_id": theirs} for ours, theirs in row.skus.items()
    ]
    return {"region": row.region, "id": row.product_id, "sku_mappings": mappings}
