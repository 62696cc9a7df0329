"""Wire shape of products and stock.

Source: product examples of the contracts (documented). All versions of the product search answer
with the fields of the newest one: old versions are served by new code and leak new fields (surface
notes, section 5, row 1; seen live). `product_status` INITIAL for what was never on sale is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.twin.domains.logistics.entities import DeliveryOption
from tts_chaos.twin.domains.product.brands import brand_named
from tts_chaos.twin.domains.product.entities import Content, Product, Shelf, Sku, StockLevel
from tts_chaos.twin.domains.product.global_stock import origin_of
from tts_chaos.twin.domains.product.media import image_of
from tts_chaos.twin.domains.product.money import price_text
from tts_chaos.twin.domains.product.quality import quality_tier
from tts_chaos.twin.domains.product.replica_entities import Replica
from tts_chaos.twin.domains.product.taxonomy import chain_of
from tts_chaos.twin.domains.product.variants import attributes_of
from tts_chaos.twin.handler import TwinEnv

__all__ = ["render_detail", "render_inventory", "render_summary"]

_ECHOED = (
    "delivery_options",
    "external_product_id",
    "is_blind_box",
    "is_cod_allowed",
    "is_not_for_sale",
    "is_pre_owned",
    "key_product_features",
    "manufacturer_ids",
    "minimum_order_quantity",
    "package_dimensions",
    "package_weight",
    "primary_combined_product_id",
    "product_attributes",
    "responsible_person_ids",
    "scheduled_sale",
    "search_terms",
    "selling_format",
    "shipping_insurance_requirement",
    "shipping_template_id",
)
"""Properties that a listing tells as they were written."""

_ECHOED_OF_SKU = (
    "external_list_prices",
    "external_sku_id",
    "external_urls",
    "extra_identifier_codes",
    "fees",
    "identifier_code",
    "list_price",
    "pre_sale",
    "sku_dimensions",
    "sku_unit_count",
    "sku_weight",
)
"""The same of a variant."""

_NEVER_ON_SALE = {"PENDING": "INITIAL", "FAILED": "INITIAL"}


def render_summary(
    env: TwinEnv, product: Product, region: str, *, draft: bool = False
) -> dict[str, Any]:
    """Return one element of `$.data.products` of a product search."""
    content = (product.draft if draft else None) or product.content
    return {
        "id": product.id,
        "title": content.title,
        "status": product.status,
        "create_time": product.created_at_s,
        "update_time": product.updated_at_s,
        "sales_regions": [region] if region else [],
        "is_not_for_sale": bool(content.details.get("is_not_for_sale")),
        "has_draft": product.draft is not None,
        "listing_quality_tier": quality_tier(content),
        "audit": {"status": product.audit, "pre_approved_reasons": []},
        "product_sync_fail_reasons": [],
        "recommended_categories": [],
        "product_tags": [],
        "skus": [_sku(env, product, sku, detailed=False) for sku in content.skus],
    }


def render_detail(env: TwinEnv, product: Product, content: Content) -> dict[str, Any]:
    """Return `$.data` of Get Product, for one version of the product."""
    details = content.details
    replica = env.store.get(Replica, product.shop_id, product.id)
    chosen = {key: details[key] for key in _ECHOED if key in details}
    return {
        "is_cod_allowed": False,
        "is_not_for_sale": False,
        "is_pre_owned": False,
        "product_attributes": [],
        **chosen,
        **_parts(env, details),
        **_association(env, product),
        "id": product.id,
        "title": content.title,
        "status": product.status,
        "product_status": _NEVER_ON_SALE.get(product.status, product.status),
        "description": content.description,
        "create_time": product.created_at_s,
        "update_time": product.updated_at_s,
        "category_chains": _chain(env, content.category_id),
        "main_images": [image_of(env, row["uri"]) for row in details.get("main_images") or ()],
        "product_types": ["GPR_TARGET_PRODUCT"] if replica else [],
        "is_replicated": replica is not None,
        "has_draft": product.draft is not None,
        "listing_quality_tier": quality_tier(content),
        "audit": {"status": product.audit, "pre_approved_reasons": []},
        "audit_failed_reasons": _failures(product),
        "skus": [_sku(env, product, sku, detailed=True) for sku in content.skus],
    }


def _chain(env: TwinEnv, category_id: str) -> list[dict[str, Any]]:
    return [
        {"id": row.id, "parent_id": row.parent_id, "local_name": row.name, "is_leaf": row.is_leaf}
        for row in chain_of(env, category_id)
    ]


def _failures(product: Product) -> list[dict[str, Any]]:
    if product.audit != "FAILED":
        return []
    reason = {"position": "PRODUCT", "reasons": [product.audit_reason], "suggestions": []}
    return [{"listing_platform": "TIKTOK_SHOP", **reason}]


def _parts(env: TwinEnv, details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that are told in other words than they were written in."""
    parts: dict[str, Any] = {}
    brand = brand_named(env, details.get("brand_id") or "")
    if brand is not None:
        parts["brand"] = {"id": brand.id, "name": brand.name}
    chart = details.get("size_chart") or {}
    if chart:
        image = {"image": image_of(env, chart["image"]["uri"])} if "image" in chart else {}
        parts["size_chart"] = {**chart, **image}
    if "delivery_option_ids" in details:
        parts["delivery_options"] = _options(env, details["delivery_option_ids"])
    if "video" in details:
        parts["video"] = {"id": details["video"]["id"]}
    if "certifications" in details:
        parts["certifications"] = [_certificate(env, row) for row in details["certifications"]]
    return parts


def _options(env: TwinEnv, ids: list[str]) -> list[dict[str, Any]]:
    known = {row.id: row.name for row in env.store.list(DeliveryOption)}
    return [{"id": id, "name": known.get(id, ""), "is_available": id in known} for id in ids]


def _association(env: TwinEnv, product: Product) -> dict[str, Any]:
    """Return which global product a product was published from, if it was."""
    origin = origin_of(env, product.shop_id, product.id)
    if origin is None:
        return {}
    source, publication = origin
    mappings = [
        {"global_sku_id": ours, "local_sku_id": local} for ours, local in publication.skus.items()
    ]
    return {
        "global_product_association": {"global_product_id": source.id, "sku_mappings": mappings}
    }


def _certificate(env: TwinEnv, row: Mapping[str, Any]) -> dict[str, Any]:
    images = [image_of(env, image["uri"]) for image in row.get("images") or ()]
    return {**row, "images": images}


def render_inventory(product: Product, levels: list[StockLevel]) -> dict[str, Any]:
    """Return one element of `$.data.inventory` of an inventory search."""
    return {"product_id": product.id, "skus": [_level(product, level) for level in levels]}


def _sku(env: TwinEnv, product: Product, sku: Sku, *, detailed: bool) -> dict[str, Any]:
    price = {"currency": sku.price.currency, "tax_exclusive_price": price_text(sku.price)}
    shown: dict[str, Any] = {
        "id": sku.id,
        "seller_sku": sku.seller_sku,
        "price": price,
        "inventory": _units(env, product, sku),
        "status_info": _sku_status(product.status),
    }
    if detailed:
        price["sale_price"] = price_text(sku.price)
        shown["sales_attributes"] = [_attribute(env, entry) for entry in attributes_of(sku)]
        shown |= {key: sku.details[key] for key in _ECHOED_OF_SKU if key in sku.details}
        shown |= _policy(env, product, sku)
    return shown


def _policy(env: TwinEnv, product: Product, sku: Sku) -> dict[str, Any]:
    """Return what a variant of a replica has of its source."""
    replica = env.store.get(Replica, product.shop_id, product.id)
    if replica is None or sku.id not in replica.skus:
        return {}
    source = {
        "product_id": replica.source_id,
        "shop_id": replica.source_shop_id,
        "sku_id": replica.skus[sku.id],
    }
    policy = {"inventory_type": replica.mode, "price_sync": False, "replicate_source": source}
    return {"global_listing_policy": policy}


def _units(env: TwinEnv, product: Product, sku: Sku) -> list[dict[str, Any]]:
    """Return what is for sale; of a variant that is not on sale yet, what will be."""
    level = env.store.get(StockLevel, product.shop_id, sku.id)
    return [_shelf(shelf) for shelf in (level.shelves if level else sku.opening_stock)]


def _shelf(shelf: Shelf) -> dict[str, Any]:
    told = {"backorder_quantity": shelf.backorder, "handling_time": shelf.handling_days}
    return {
        "warehouse_id": shelf.warehouse_id,
        "quantity": shelf.available,
        **{key: value for key, value in told.items() if value is not None},
    }


def _attribute(env: TwinEnv, entry: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(entry)
    if "sku_img" in entry:
        shown["sku_img"] = image_of(env, entry["sku_img"]["uri"])
    if "supplementary_sku_images" in entry:
        rows = entry["supplementary_sku_images"]
        shown["supplementary_sku_images"] = [image_of(env, row["uri"]) for row in rows]
    return shown


def _sku_status(product_status: str) -> dict[str, Any]:
    if product_status == "SELLER_DEACTIVATED":
        return {"status": "DEACTIVATED", "deactivation_source": "SELLER"}
    if product_status in ("PLATFORM_DEACTIVATED", "FREEZE"):
        return {"status": "DEACTIVATED", "deactivation_source": "PLATFORM"}
    return {"status": "NORMAL"}


def _level(product: Product, level: StockLevel) -> dict[str, Any]:
    sku = product.sku(level.id)
    return {
        "id": level.id,
        "seller_sku": sku.seller_sku if sku else "",
        "total_available_quantity": level.available,
        "total_committed_quantity": level.committed,
        "warehouse_inventory": [
            {
                "warehouse_id": shelf.warehouse_id,
                "available_quantity": shelf.available,
                "committed_quantity": shelf.committed,
            }
            for shelf in level.shelves
        ],
        "total_available_inventory_distribution": {
            "in_shop_inventory": {"quantity": level.available},
            "campaign_inventory": [],
            "creator_inventory": [],
        },
    }
