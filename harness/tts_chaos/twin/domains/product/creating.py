"""Create Product: saved as a draft or submitted; the audit comes later.

Source: protocol facts, sections 5 and 7.2 (documented: listings a day; `idempotency_key`, unique in
the shop), webhook events, type 16 (documented). Assumed: a repeated key gets the first answer
again, whatever the body says; the day of the limit is that of UTC; drafts count.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.twin.domains.product.auditing import submit
from tts_chaos.twin.domains.product.entities import Content, Product
from tts_chaos.twin.domains.product.form import read_form
from tts_chaos.twin.domains.product.stock import open_stock
from tts_chaos.twin.domains.product.variants import attributes_of
from tts_chaos.twin.handler import Call, RefusalError, TwinEnv, handles
from tts_chaos.wire.webhook import EventType

__all__ = [
    "Receipt",
    "UploadCount",
    "count_upload",
    "create_product",
    "list_product",
    "told_skus",
    "uploads_left",
]

LIMIT_REACHED = 12052093
_DAY_S = 86_400


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a creation answered; its id is the idempotency key."""

    id: str
    shop_id: str
    answer: dict[str, Any]


class UploadCount(msgspec.Struct, frozen=True, kw_only=True):
    """Products that a shop created on one day; its id is the day, counted from 1970."""

    id: str
    shop_id: str
    count: int


@handles("product.202309.create_product")
def create_product(call: Call) -> dict[str, Any]:
    """Make a product; a repeated idempotency key makes nothing."""
    key = call.body.get("idempotency_key") or ""
    receipt = call.env.store.get(Receipt, call.shop_id, key) if key else None
    if receipt is not None:
        return receipt.answer
    form = read_form(call, call.body)
    count_upload(call.env, call.shop_id)
    product = list_product(
        call.env, call.shop_id, form.content, submitted=call.body.get("save_mode") != "AS_DRAFT"
    )
    answer = {
        "product_id": product.id,
        "skus": told_skus(form.content),
        "warnings": [{"message": text} for text in form.warnings],
    }
    if key:
        receipt = Receipt(id=key, shop_id=call.shop_id, answer=answer)
        call.env.store.put(receipt, change="product.receipt")
    return answer


def uploads_left(env: TwinEnv, shop_id: str) -> int:
    """Return how many products a shop may still create today."""
    today = env.store.get(UploadCount, shop_id, _today(env))
    return env.settings.listings_per_day - (today.count if today else 0)


def count_upload(env: TwinEnv, shop_id: str) -> None:
    """Count one more product of today.

    Raises:
        RefusalError: 12052093 if the day's limit is reached.
    """
    if uploads_left(env, shop_id) <= 0:
        text = f"A shop may create {env.settings.listings_per_day} products a day."
        raise RefusalError(LIMIT_REACHED, text)
    before = env.store.get(UploadCount, shop_id, _today(env))
    count = UploadCount(id=_today(env), shop_id=shop_id, count=(before.count if before else 0) + 1)
    env.store.put(count, change="upload.counted")


def _today(env: TwinEnv) -> str:
    return str(env.now_s() // _DAY_S)


def list_product(env: TwinEnv, shop_id: str, content: Content, *, submitted: bool) -> Product:
    """Store a new product with its stock, and hand it in unless it is a draft."""
    draft = Product(
        id=env.mint_id(),
        shop_id=shop_id,
        title=content.title,
        status="DRAFT",
        audit="NONE",
        skus=content.skus,
        created_at_s=env.now_s(),
        updated_at_s=env.now_s(),
    )
    product = env.store.put(draft.showing(content), change="product.created")
    for sku in product.skus:
        open_stock(env, product, sku)
    notice = {"product_id": int(product.id), "product_types": [], "update_time": env.now_s()}
    env.emit(EventType.PRODUCT_CREATION, shop_id, notice)
    return submit(env, product, content) if submitted else product


def told_skus(content: Content) -> list[dict[str, Any]]:
    """Return what create and edit answer of the variants: their ids beside the seller's own."""
    return [
        {
            "id": sku.id,
            "seller_sku": sku.seller_sku,
            "external_sku_id": sku.details.get("external_sku_id") or "",
            "sales_attributes": [
                {"id": entry["id"], "value_id": entry.get("value_id") or ""}
                for entry in attributes_of(sku)
            ],
            "fees": list(sku.details.get("fees") or ()),
        }
        for sku in content.skus
    ]
