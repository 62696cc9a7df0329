"""Get Product, and the calls on many products, which answer per product inside code 0.

Source: protocol facts, section 7.6; pitfalls F4 (documented). A product that is already where the
call would bring it is refused with 12052901 like any other wrong state: assumed. Without a version
under audit, or a draft, Get Product shows the usual version where such a one is asked for: assumed.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.product.entities import Product
from tts_chaos.twin.domains.product.moves import move_product
from tts_chaos.twin.domains.product.render import render_detail
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.lifecycle import IllegalMoveError

__all__ = ["activate", "deactivate", "delete", "get_product", "product_of", "recover"]

PRODUCT_UNKNOWN = 12052032
STATE_FORBIDS = 12052901
TOO_MANY_IDS = 12019120


def product_of(call: Call, *, unknown: int = PRODUCT_UNKNOWN) -> Product:
    """Return the product named in the path.

    Raises:
        RefusalError: 12052032, or the code given, if the shop has no such product.
    """
    product = call.env.store.get(Product, call.shop_id, call.path["product_id"])
    if product is None:
        raise RefusalError(unknown, "The product does not exist in this shop.")
    return product


@handles("product.202309.get_product")
def get_product(call: Call) -> dict[str, Any]:
    """Return one product with its variants, prices and stock, in the version asked for."""
    product = product_of(call)
    content = product.content
    if call.query.get("return_draft_version") and product.draft:
        content = product.draft
    elif call.query.get("return_under_review_version") and product.review:
        content = product.review
    return render_detail(call.env, product, content)


@handles("product.202309.activate_product")
def activate(call: Call) -> dict[str, Any]:
    """Put products that the seller took down back on sale."""
    return _move_each(call, "activate", "product.activated")


@handles("product.202309.deactivate_products")
def deactivate(call: Call) -> dict[str, Any]:
    """Take products off sale."""
    return _move_each(call, "deactivate", "product.deactivated")


@handles("product.202309.delete_products")
def delete(call: Call) -> dict[str, Any]:
    """Delete products; they can be recovered."""
    return _move_each(call, "delete", "product.deleted")


@handles("product.202309.recover_products")
def recover(call: Call) -> dict[str, Any]:
    """Bring deleted products back, off sale."""
    return _move_each(call, "recover", "product.recovered")


def _move_each(call: Call, event: str, change: str) -> dict[str, Any]:
    failures = (_move_one(call, id, event, change) for id in call.body["product_ids"])
    return {"errors": [failure for failure in failures if failure]}


def _move_one(call: Call, product_id: str, event: str, change: str) -> dict[str, Any] | None:
    product = call.env.store.get(Product, call.shop_id, product_id)
    if product is None:
        return _failure(product_id, PRODUCT_UNKNOWN, "The product does not exist in this shop.")
    try:
        move_product(call.env, product, event, change=change)
    except IllegalMoveError:
        text = f"A product in status {product.status} does not permit this."
        return _failure(product_id, STATE_FORBIDS, text)
    return None


def _failure(product_id: str, code: int, message: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "detail": {"product_id": product_id, "extra_errors": []},
    }
