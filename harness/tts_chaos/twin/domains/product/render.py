"""Wire shape of products and stock.

Source: product examples of the contracts (documented). All versions of the product search answer
with the fields of the newest one: old versions are served by new code and leak new fields (surface
notes, section 5, row 1; seen live).
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.product.entities import Product, Sku, StockLevel
from tts_chaos.twin.domains.product.money import price_text
from tts_chaos.twin.handler import TwinEnv

__all__ = ["render_detail", "render_inventory", "render_summary"]


def render_summary(env: TwinEnv, product: Product, region: str) -> dict[str, Any]:
    """Return one element of `$.data.products` of a product search."""
    return {
        "id": product.id,
        "title": product.title,
        "status": product.status,
        "create_time": product.created_at_s,
        "update_time": product.updated_at_s,
        "sales_regions": [region] if region else [],
        "is_not_for_sale": False,
        "has_draft": False,
        "listing_quality_tier": "GOOD",
        "audit": {"status": product.audit, "pre_approved_reasons": []},
        "product_sync_fail_reasons": [],
        "recommended_categories": [],
        "product_tags": [],
        "skus": [_sku(env, product, sku, detailed=False) for sku in product.skus],
    }


def render_detail(env: TwinEnv, product: Product) -> dict[str, Any]:
    """Return `$.data` of Get Product."""
    return {
        "id": product.id,
        "title": product.title,
        "status": product.status,
        "product_status": product.status,
        "description": product.description,
        "create_time": product.created_at_s,
        "update_time": product.updated_at_s,
        "category_chains": [
            {
                "id": product.category_id,
                "parent_id": "0",
                "local_name": product.category_name,
                "is_leaf": True,
            }
        ],
        "main_images": [_image(uri) for uri in product.images],
        "product_attributes": [],
        "product_types": [],
        "is_cod_allowed": False,
        "is_not_for_sale": False,
        "is_pre_owned": False,
        "is_replicated": False,
        "has_draft": False,
        "listing_quality_tier": "GOOD",
        "audit": {"status": product.audit, "pre_approved_reasons": []},
        "audit_failed_reasons": [],
        "skus": [_sku(env, product, sku, detailed=True) for sku in product.skus],
    }


def _image(uri: str) -> dict[str, Any]:
    url = f"https://files.example.net/{uri}"
    return {"uri": uri, "urls": [url], "thumb_urls": [url]}


def render_inventory(product: Product, levels: list[StockLevel]) -> dict[str, Any]:
    """Return one element of `$.data.inventory` of an inventory search."""
    return {"product_id": product.id, "skus": [_level(product, level) for level in levels]}


def _sku(env: TwinEnv, product: Product, sku: Sku, *, detailed: bool) -> dict[str, Any]:
    level = env.store.get(StockLevel, product.shop_id, sku.id)
    shelves = level.shelves if level else ()
    price = {"currency": sku.price.currency, "tax_exclusive_price": price_text(sku.price)}
    shown: dict[str, Any] = {
        "id": sku.id,
        "seller_sku": sku.seller_sku,
        "price": price,
        "inventory": [
            {"warehouse_id": shelf.warehouse_id, "quantity": shelf.available} for shelf in shelves
        ],
        "status_info": _sku_status(product.status),
    }
    if detailed:
        price["sale_price"] = price_text(sku.price)
        shown["sales_attributes"] = _attributes(sku)
    return shown


def _attributes(sku: Sku) -> list[dict[str, Any]]:
    if not sku.variant:
        return []
    # Attribute ids repeat over products on the platform; only their equality means anything.
    return [{"id": "100000", "name": sku.variant_name, "value_name": sku.variant}]


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
