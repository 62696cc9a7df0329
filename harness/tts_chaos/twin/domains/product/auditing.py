"""The audit of listings: what was written is judged, then buyers see it, or not.

Source: protocol facts, section 7.6 (documented: create and edit answer before the audit; an audit
of an edit that fails leaves the live version), webhook events, types 5, 18 and 37 (documented). How
long an audit takes, that webhook 37 tells of its beginning, and that a version which failed cannot
be read any more are assumed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.twin.domains.product.entities import Content, Product
from tts_chaos.twin.domains.product.lifecycle import AUDIT, PRODUCT
from tts_chaos.twin.domains.product.moves import tell_of_platform_change
from tts_chaos.twin.domains.product.stock import open_stock, retire_stock
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.timers import progresses
from tts_chaos.wire.webhook import EventType

__all__ = ["audit_due_ms", "fail_audit", "pass_audit", "show_content", "submit"]

_NEVER_LIVE = ("DRAFT", "FAILED", "PENDING")
_DEFAULT_REASON = "The listing breaks a rule of the platform."


def audit_due_ms(product: Product, settings: TwinSettings) -> int | None:
    """Return when the audit of a product ends by itself, in Unix milliseconds; None for never."""
    if product.audit != "AUDITING" or product.status == "DELETED":
        return None
    return product.submitted_at_ms + settings.audit_ms


@progresses(Product, due_ms=audit_due_ms)
def end_audit(env: TwinEnv, product: Product) -> None:
    """End an audit that nobody decided."""
    if env.settings.audit_passes:
        pass_audit(env, product)
    else:
        fail_audit(env, product, _DEFAULT_REASON)


def submit(env: TwinEnv, product: Product, content: Content) -> Product:
    """Hand a version in; one that replaces nothing live becomes the product at once."""
    changes: dict[str, Any] = {
        "audit": AUDIT.next(product.audit, "submit"),
        "audit_reason": "",
        "draft": None,
        "submitted_at_ms": env.clock.now_ms(),
        "updated_at_s": env.now_s(),
    }
    if product.status in _NEVER_LIVE:
        changes["status"] = "PENDING"
        after = show_content(env, product, content, change="product.submitted", **changes)
    else:
        after = _change(env, product, "product.submitted", review=content, **changes)
    _tell_of_audit(env, after)
    return after


def pass_audit(env: TwinEnv, product: Product) -> Product:
    """Let buyers see the version that was submitted.

    Raises:
        IllegalMoveError: If no audit is open; nothing changes.
    """
    first = product.status == "PENDING"
    changes: dict[str, Any] = {
        "audit": AUDIT.next(product.audit, "pass"),
        "status": PRODUCT.next("PENDING", "pass") if first else product.status,
        "review": None,
        "updated_at_s": env.now_s(),
    }
    content = _at_present_prices(product, product.review or product.content)
    after = show_content(env, product, content, change="product.approved", **changes)
    _tell_of_audit(env, after)
    if first:
        tell_of_platform_change(env, after, "", status="PRODUCT_FIRST_PASS_REVIEW")
    return after


def fail_audit(env: TwinEnv, product: Product, reason: str) -> Product:
    """Refuse the version that was submitted; a live one stays as it is.

    Raises:
        IllegalMoveError: If no audit is open; nothing changes.
    """
    first = product.status == "PENDING"
    after = _change(
        env,
        product,
        "product.refused",
        audit=AUDIT.next(product.audit, "fail"),
        audit_reason=reason,
        status=PRODUCT.next("PENDING", "fail") if first else product.status,
        review=None,
        updated_at_s=env.now_s(),
    )
    _tell_of_audit(env, after)
    tell_of_platform_change(env, after, reason, status="PRODUCT_AUDIT_FAILURE")
    return after


def show_content(
    env: TwinEnv, product: Product, content: Content, *, change: str, **changes: Any
) -> Product:
    """Make `content` what buyers see; stock of new variants opens, of left-out ones is retired."""
    shown = msgspec.structs.replace(product.showing(content), **changes)
    after = env.store.put(shown, change=change)
    kept = {sku.id for sku in after.skus}
    for sku in product.skus:
        if sku.id not in kept:
            retire_stock(env, product.shop_id, sku.id)
    for sku in after.skus:
        open_stock(env, after, sku)
    if product.category_id != after.category_id:
        _tell_of_category(env, product, after)
    return after


def _at_present_prices(product: Product, content: Content) -> Content:
    """Return a version at the prices that hold: those never wait for an audit."""
    present = {sku.id: sku.price for sku in product.skus}
    skus = tuple(
        msgspec.structs.replace(sku, price=present.get(sku.id, sku.price)) for sku in content.skus
    )
    return msgspec.structs.replace(content, skus=skus)


def _change(env: TwinEnv, product: Product, change: str, **changes: Any) -> Product:
    return env.store.update(
        Product,
        product.shop_id,
        product.id,
        lambda current: msgspec.structs.replace(current, **changes),
        change=change,
    )


def _tell_of_audit(env: TwinEnv, product: Product) -> None:
    notice = {
        "product_id": int(product.id),
        "audit": {"status": product.audit, "pre_approved_reasons": []},
        "update_time": env.now_s(),
    }
    env.emit(EventType.PRODUCT_AUDIT_STATUS_CHANGE, product.shop_id, notice)


def _tell_of_category(env: TwinEnv, before: Product, after: Product) -> None:
    notice = {
        "product_id": after.id,
        "previous_category_id": before.category_id,
        "current_category_id": after.category_id,
        "update_time": env.now_s(),
    }
    env.emit(EventType.PRODUCT_CATEGORY_CHANGE, after.shop_id, notice)
