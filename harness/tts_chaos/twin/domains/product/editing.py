"""Edit and partial edit: a new version, which the audit judges before buyers see it.

Edit states the whole listing. Partial edit states top-level properties, each as a whole: variants
left out of a `skus` that was sent are deleted. What changes prices and units alone needs no audit,
and neither waits for one.

Source: protocol facts, section 7.6 (documented), webhook events, type 15 (documented). Assumed: an
edit saved as a draft lies beside what buyers see; `audit.status` is NONE where nothing was
submitted; the category cannot be edited partially, as the contract has no such field; a variant
named by id keeps its code and attributes where a partial edit does not state them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.twin.domains.product.auditing import show_content, submit
from tts_chaos.twin.domains.product.creating import told_skus
from tts_chaos.twin.domains.product.entities import Content, Product, Sku
from tts_chaos.twin.domains.product.form import Form, read_form
from tts_chaos.twin.domains.product.listings import STATE_FORBIDS, product_of
from tts_chaos.twin.domains.product.stock import fill_shelves
from tts_chaos.twin.domains.product.variants import attributes_of
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.wire.webhook import EventType

__all__ = ["edit_product", "partial_edit_product"]

_TOLD = ("title", "description", "main_images", "product_attributes")
"""Properties that webhook 15 names; all others are "others" there."""

_CLOSED = ("DELETED", "FREEZE")


@handles("product.202309.edit_product", "product.202509.edit_product")
def edit_product(call: Call) -> dict[str, Any]:
    """Replace the whole listing; what is left out is gone."""
    product = _open_product(call)
    form = read_form(call, call.body, _latest(product))
    answer = _take_in(call, product, form)
    return {**answer, "warnings": [{"message": text} for text in form.warnings]}


@handles("product.202309.partial_edit_product", "product.202509.partial_edit_product")
def partial_edit_product(call: Call) -> dict[str, Any]:
    """Replace the properties that are sent; the others stay."""
    product = _open_product(call)
    before = _latest(product)
    if "skus" in call.body:
        rows = [_identified(row, before) for row in call.body["skus"]]
        whole = _whole(before) | call.body | {"skus": rows}
        return _take_in(call, product, read_form(call, whole, before))
    form = read_form(call, _whole(before) | call.body, before)
    content = msgspec.structs.replace(form.content, skus=before.skus)
    return _take_in(call, product, msgspec.structs.replace(form, content=content))


def _open_product(call: Call) -> Product:
    product = product_of(call)
    if product.status in _CLOSED:
        text = f"A product in status {product.status} cannot be edited."
        raise RefusalError(STATE_FORBIDS, text)
    return product


def _latest(product: Product) -> Content:
    """Return the version that an edit starts from: the one under audit where there is one."""
    return product.review or product.content


def _identified(row: Mapping[str, Any], before: Content) -> dict[str, Any]:
    """Return what a call says of a variant, with what the variant is known by."""
    known = next((sku for sku in before.skus if sku.id == row.get("id")), None)
    kept = (
        {"seller_sku": known.seller_sku, "sales_attributes": attributes_of(known)} if known else {}
    )
    return {**kept, **row}


def _whole(content: Content) -> dict[str, Any]:
    """Return a version as a call would state it."""
    return {
        **content.details,
        "title": content.title,
        "description": content.description,
        "category_id": content.category_id,
        "skus": [{"id": sku.id, "seller_sku": sku.seller_sku} for sku in content.skus],
    }


def _take_in(call: Call, product: Product, form: Form) -> dict[str, Any]:
    env = call.env
    is_draft = call.body.get("save_mode") == "AS_DRAFT"
    submitted = not is_draft and _needs_audit(product, form.content)
    if is_draft and product.status != "DRAFT":
        draft = msgspec.structs.replace(product, draft=form.content, updated_at_s=env.now_s())
        env.store.put(draft, change="product.draft_saved")
    else:
        priced = _apply_at_once(call, product, form)
        if submitted:
            submit(env, priced, form.content)
        elif is_draft:
            show_content(env, priced, form.content, change="product.edited")
    _tell_of_edit(call, product)
    return {
        "product_id": product.id,
        "skus": told_skus(form.content),
        "audit": {"status": "AUDITING" if submitted else "NONE"},
    }


def _needs_audit(product: Product, content: Content) -> bool:
    """Whether a version says anything that was not judged, or is not being judged, already."""
    if product.status in ("DRAFT", "FAILED"):
        return True
    return _text_of(content) != _text_of(_latest(product))


def _apply_at_once(call: Call, product: Product, form: Form) -> Product:
    """Set the prices and units of variants that buyers see already; neither waits for the audit."""
    new = {sku.id: sku for sku in form.content.skus}
    skus = tuple(_repriced(sku, new.get(sku.id)) for sku in product.skus)
    after = product
    if skus != product.skus:
        after = msgspec.structs.replace(product, skus=skus, updated_at_s=call.env.now_s())
        call.env.store.put(after, change="price.set")
    for sku_id, shelves in form.stock.items():
        if product.sku(sku_id):
            fill_shelves(call.env, product.shop_id, sku_id, shelves)
    return after


def _repriced(sku: Sku, new: Sku | None) -> Sku:
    return msgspec.structs.replace(sku, price=new.price) if new else sku


def _text_of(content: Content) -> tuple[object, ...]:
    """Return what the audit looks at: everything but prices and units."""
    variants = [
        (sku.id, sku.seller_sku, attributes_of(sku), _stated(sku.details)) for sku in content.skus
    ]
    return (content.title, content.description, content.category_id, content.details, variants)


def _stated(details: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in details.items() if value and key != "sales_attributes"}


def _tell_of_edit(call: Call, product: Product) -> None:
    changed = [key if key in _TOLD else "others" for key in call.body if key != "save_mode"]
    notice = {
        "product_id": product.id,
        "change_source": "OPEN_API",
        "changed_fields": list(dict.fromkeys(changed)) or ["others"],
        "update_time": call.env.now_s(),
    }
    call.env.emit(EventType.PRODUCT_INFORMATION_CHANGE, product.shop_id, notice)
