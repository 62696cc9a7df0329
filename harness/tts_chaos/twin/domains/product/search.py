"""Search Products, all three versions.

Source: protocol facts, sections 7.1 and 7.6; schemas of the contracts (documented filters; closed
time windows). Order of the results, oldest listing first, is assumed.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.domains.product.entities import Product
from tts_chaos.twin.domains.product.quality import quality_tier
from tts_chaos.twin.domains.product.render import render_summary
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.listing import page_of, within_windows

__all__ = ["search_products"]

RESULT_TOO_LARGE = 12052180
MOST_RESULTS = 10_000
TOO_MANY_IDS = 12019120
MOST_SKU_IDS = 10


@handles(
    "product.202309.search_products",
    "product.202312.search_products",
    "product.202502.search_products",
)
def search_products(call: Call) -> dict[str, Any]:
    """Return products by state, listing or change time, seller code, SKU id and audit state."""
    if len(call.body.get("sku_ids") or ()) > MOST_SKU_IDS:
        raise RefusalError(TOO_MANY_IDS, f"At most {MOST_SKU_IDS} SKU ids are allowed.")
    rows = within_windows(call.env.store.list(Product, call.shop_id), call.body)
    found = [product for product in rows if _is_wanted(product, call.body)]
    if len(found) > MOST_RESULTS:
        raise RefusalError(RESULT_TOO_LARGE, "The search finds more than 10000 products.")
    page = page_of(call, found, sizes=(1, 100), default_size=20)
    shop = call.env.store.get(Shop, "", call.shop_id)
    region = shop.region if shop else ""
    return {
        "products": [
            render_summary(
                call.env, product, region, draft=bool(call.body.get("return_draft_version"))
            )
            for product in page.items
        ],
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


def _is_wanted(product: Product, body: dict[str, Any]) -> bool:
    status = body.get("status", "ALL")
    codes = body.get("seller_skus")
    sku_ids = body.get("sku_ids")
    audits = body.get("audit_status")
    tiers = body.get("listing_quality_tiers")
    return (
        status in ("ALL", product.status)
        and (not codes or any(sku.seller_sku in codes for sku in product.skus))
        and (not sku_ids or any(sku.id in sku_ids for sku in product.skus))
        and (not audits or product.audit in audits)
        and (not tiers or quality_tier(product.content) in tiers)
    )
