"""Whatever a seller writes and the platform decides: listings, variants and units stay in step."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.support.shop_desk import Desk
from tests.surface.cases_listing import listing, variant

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.product.entities import Product, StockLevel

GET = "product.202309.get_product"
PARTIAL_EDIT = "product.202509.partial_edit_product"

PROPERTIES: dict[str, Any] = {
    "title": "A mug by another name",
    "description": "<p>Another word for it.</p>",
    "external_product_id": "ERP-9",
    "key_product_features": ["Keeps tea warm"],
    "main_images": [{"uri": "tos-twin/other"}],
    "package_weight": {"value": "2.0", "unit": "KILOGRAM"},
    "search_terms": ["mug", "tea"],
}

MOVES = ("create", "draft", "edit", "shorten", "delete", "recover", "order", "pass", "fail", "wait")


@given(st.sets(st.sampled_from(sorted(PROPERTIES))))
def test_any_partial_edit_changes_what_it_names_and_nothing_else(names: set[str]) -> None:
    desk = Desk(region="GB", strict=True)
    id = desk.product().id
    before = desk.call(GET, product_id=id).data

    desk.call(PARTIAL_EDIT, product_id=id, body={name: PROPERTIES[name] for name in names})
    desk.wait(hours=1)

    after = desk.call(GET, product_id=id).data
    told = {"update_time", "listing_quality_tier", "audit"}
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    assert changed - told == names


@given(st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 9)), max_size=14))
def test_any_life_of_listings_keeps_variants_and_units_in_step(
    moves: list[tuple[str, int]],
) -> None:
    desk = Desk(region="GB", strict=True)

    for move, choice in moves:
        make(desk, move, desk.products[choice % len(desk.products)])

    levels = desk.twin.env.store.list(StockLevel, desk.shop.id)
    for level in levels:
        assert len(level.shelves) == 1
        assert min(level.available, level.committed, level.shipped) >= 0
    shelved = {level.id: level.product_id for level in levels}
    live = {sku.id: product.id for product in desk.products for sku in product.skus}
    assert live.items() <= shelved.items()
    assert all(product.skus for product in desk.products)
    assert all(product.audit != "AUDITING" for product in desk.products if is_settled(product))


def is_settled(product: Product) -> bool:
    """Whether a product shows no version that waits for an audit."""
    return product.status in ("DRAFT", "FAILED")


def make(desk: Desk, move: str, product: Product) -> None:
    """Make one move; what is refused must change no product."""
    before = desk.products
    if not made(desk, move, product):
        assert desk.products == before


def made(desk: Desk, move: str, product: Product) -> bool:
    """Make one move; return whether it was not refused."""
    ids = {"product_ids": [product.id]}
    if move in ("create", "draft"):
        mode = "AS_DRAFT" if move == "draft" else "LISTING"
        body = listing(desk, save_mode=mode)
        return desk.call("product.202309.create_product", body=body).code == 0
    if move in ("edit", "shorten"):
        rows: list[dict[str, Any]] = [{"id": product.skus[0].id}]
        rows += [variant(desk)] if move == "edit" else []
        body = {"skus": rows}
        return desk.call(PARTIAL_EDIT, product_id=product.id, body=body).code == 0
    if move in ("delete", "recover"):
        return not desk.call(f"product.202309.{move}_products", body=ids).data["errors"]
    if move == "wait":
        desk.wait(hours=1)
        return True
    return commanded(desk, move, product)


def commanded(desk: Desk, move: str, product: Product) -> bool:
    """Let a buyer or the platform act; return whether they could."""
    try:
        if move == "order":
            desk.command("place_orders", units=2)
        else:
            desk.command(f"{move}_audit", product_id=product.id)
    except UsageError:
        return False
    return True
