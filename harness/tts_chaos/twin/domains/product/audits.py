"""The audit beside a product: begun by listing and editing, ended by time or by command.

    listed ──► PENDING, AUDITING ── pass ► ACTIVATE, APPROVED      edited ──► AUDITING, live version
                                 └─ fail ► FAILED, FAILED             stays until the audit passes

Source: protocol facts, section 7.6; webhooks 5 and 37 (documented). How long an audit takes is
assumed.
"""

from __future__ import annotations

import msgspec

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.authorization.lookup import find_shop
from tts_chaos.twin.domains.product.entities import Product, ProductEdit, StockLevel
from tts_chaos.twin.domains.product.lifecycle import AUDIT, PRODUCT
from tts_chaos.twin.domains.product.moves import find_product
from tts_chaos.twin.handler import TwinEnv, command
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.timers import progresses
from tts_chaos.wire.webhook import EventType

__all__ = ["end_audit", "submit_edit", "tell_of_audit"]


def submit_edit(env: TwinEnv, product: Product, wanted: Product) -> Product:
    """Let `wanted` wait for its audit; prices are set on the live version at once.

    A draft needs no audit and becomes what is wanted.
    """
    if product.status == "DRAFT":
        return env.store.put(
            msgspec.structs.replace(wanted, updated_at_s=env.now_s()), change="product.edited"
        )
    env.store.put(
        ProductEdit(id=product.id, shop_id=product.shop_id, wanted=wanted),
        change="product.edit_sent",
    )
    prices = {sku.id: sku.price for sku in wanted.skus}
    live = tuple(
        msgspec.structs.replace(sku, price=prices.get(sku.id, sku.price)) for sku in product.skus
    )
    audit = product.audit if product.audit == "AUDITING" else AUDIT.next(product.audit, "submit")
    status = product.status
    if status == "FAILED":
        status = PRODUCT.next(status, "submit")
    return env.store.put(
        msgspec.structs.replace(
            product,
            skus=live,
            audit=audit,
            status=status,
            audit_since_s=env.now_s(),
            updated_at_s=env.now_s(),
        ),
        change="product.audited",
    )


def end_audit(env: TwinEnv, product: Product, *, passed: bool) -> Product:
    """End an open audit: what was sent goes live, or is dropped."""
    edit = env.store.get(ProductEdit, product.shop_id, product.id)
    is_first = product.status == "PENDING"
    event = "pass" if passed else "fail"
    live = _merged(product, edit.wanted) if edit and passed else product
    after = env.store.put(
        msgspec.structs.replace(
            live,
            status=PRODUCT.next(product.status, event) if is_first else product.status,
            audit=AUDIT.next(product.audit, event),
            audit_since_s=0,
            updated_at_s=env.now_s(),
        ),
        change="product.audit_ended",
    )
    if edit and not passed:
        _drop_new_stock(env, product, edit.wanted)
    env.store.remove(ProductEdit, product.shop_id, product.id, change="product.edit_ended")
    tell_of_audit(env, after)
    if is_first or not passed:
        word = "PRODUCT_FIRST_PASS_REVIEW" if passed else "PRODUCT_AUDIT_FAILURE"
        data = {"product_id": int(after.id), "status": word, "update_time": env.now_s()}
        env.emit(EventType.PRODUCT_STATUS_CHANGE, after.shop_id, data)
    return after


def _merged(product: Product, wanted: Product) -> Product:
    """Return the live version with what was sent; prices set meanwhile stay."""
    prices = {sku.id: sku.price for sku in product.skus}
    skus = tuple(
        msgspec.structs.replace(sku, price=prices.get(sku.id, sku.price)) for sku in wanted.skus
    )
    return msgspec.structs.replace(
        product,
        title=wanted.title,
        description=wanted.description,
        category_id=wanted.category_id,
        category_name=wanted.category_name,
        brand_id=wanted.brand_id,
        images=wanted.images,
        skus=skus,
    )


def _drop_new_stock(env: TwinEnv, product: Product, wanted: Product) -> None:
    """Forget the shelves of SKUs that never went live."""
    for sku in wanted.skus:
        if product.sku(sku.id) is None:
            env.store.remove(StockLevel, product.shop_id, sku.id, change="stock.dropped")


def tell_of_audit(env: TwinEnv, product: Product) -> None:
    """Emit webhook 37."""
    data = {
        "product_id": int(product.id),
        "audit": {"status": product.audit, "pre_approved_reasons": []},
        "update_time": env.now_s(),
    }
    env.emit(EventType.PRODUCT_AUDIT_STATUS_CHANGE, product.shop_id, data)


def _due_ms(product: Product, settings: TwinSettings) -> int | None:
    if product.audit != "AUDITING" or not product.audit_since_s:
        return None
    return product.audit_since_s * 1000 + settings.audit_ms


@progresses(Product, due_ms=_due_ms)
def pass_audit(env: TwinEnv, product: Product) -> None:
    """Pass what nobody objected to."""
    end_audit(env, product, passed=True)


@command("fail_audit")
def fail_audit(env: TwinEnv, product_id: str, shop: str = "") -> str:
    """Let the platform refuse a new listing or an edit; returns the product's status."""
    product = find_product(env, find_shop(env, shop).id, product_id)
    if product.audit != "AUDITING":
        raise UsageError(f"fail_audit: product {product_id} is not being audited")
    return end_audit(env, product, passed=False).status
