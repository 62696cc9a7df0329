"""What the API promises about listings: creating, auditing, editing, deleting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.surface.cases_listing import create, listing, variant, warehouse

from tts_chaos.twin.domains.product.taxonomy import Category

if TYPE_CHECKING:
    from tests.support.shop_desk import Answer, Desk

GET = "product.202309.get_product"
SEARCH = "product.202502.search_products"
EDIT = "product.202509.edit_product"
PARTIAL_EDIT = "product.202509.partial_edit_product"
DELETE = "product.202309.delete_products"
RECOVER = "product.202309.recover_products"
SET_STOCK = "product.202309.update_inventory"
SET_PRICE = "product.202309.update_price"

STATUS, INFORMATION, CREATION, AUDIT = 5, 15, 16, 37


def read(desk: Desk, product_id: str, **query: Any) -> dict[str, Any]:
    return desk.call(GET, product_id=product_id, query=query).data


def edit_part(desk: Desk, product_id: str, **properties: Any) -> Answer:
    return desk.call(PARTIAL_EDIT, product_id=product_id, body=properties)


def named(desk: Desk, *, variants: bool = False) -> tuple[str, list[str]]:
    product = desk.product(variants=variants)
    return product.id, [sku.id for sku in product.skus]


def test_a_listing_is_read_as_it_was_written(desk: Desk) -> None:
    made = create(desk, external_product_id="ERP-1", skus=[variant(desk, external_sku_id="E-1")])

    data = read(desk, made.data["product_id"])

    assert (data["title"], data["external_product_id"]) == (listing(desk)["title"], "ERP-1")
    assert data["category_chains"][-1] == {
        "id": "600100",
        "parent_id": "600001",
        "local_name": "Cups & Mugs",
        "is_leaf": True,
    }
    assert data["package_weight"] == {"value": "0.4", "unit": "KILOGRAM"}
    (sku,) = data["skus"]
    assert (sku["seller_sku"], sku["external_sku_id"]) == ("MUG-NEW-SAND", "E-1")
    assert sku["sales_attributes"][0]["value_name"] == "Sand"
    assert sku["inventory"] == [{"warehouse_id": warehouse(desk), "quantity": 30}]


def test_a_listing_is_on_sale_once_its_audit_passed(desk: Desk) -> None:
    desk.listen(STATUS, CREATION, AUDIT)
    id = create(desk).data["product_id"]
    early = read(desk, id)

    desk.wait(hours=1)

    late = read(desk, id)
    assert (early["status"], early["audit"]["status"]) == ("PENDING", "AUDITING")
    assert (late["status"], late["audit"]["status"]) == ("ACTIVATE", "APPROVED")
    told = [(row["type"], row["data"].get("status", "")) for row in desk.heard()]
    assert told == [(CREATION, ""), (AUDIT, ""), (AUDIT, ""), (STATUS, "PRODUCT_FIRST_PASS_REVIEW")]


def test_stock_and_prices_wait_for_the_audit_of_a_new_listing(desk: Desk) -> None:
    made = create(desk).data
    sku = made["skus"][0]["id"]
    units = {"skus": [{"id": sku, "inventory": [{"quantity": 4}]}]}

    early = desk.call(SET_STOCK, product_id=made["product_id"], body=units)
    desk.wait(hours=1)
    late = desk.call(SET_STOCK, product_id=made["product_id"], body=units)

    assert (early.code, late.code) == (12052901, 0)
    assert desk.stock(sku).available == 4


def test_a_refused_listing_says_why_and_may_be_sent_again(desk: Desk) -> None:
    id = create(desk).data["product_id"]
    desk.command("fail_audit", product_id=id, reason="The picture shows a brand.")
    refused = read(desk, id)

    desk.call(EDIT, product_id=id, body=listing(desk))
    desk.wait(hours=1)

    assert refused["status"] == "FAILED"
    assert refused["audit_failed_reasons"][0]["reasons"] == ["The picture shows a brand."]
    assert read(desk, id)["status"] == "ACTIVATE"


def test_audits_end_badly_while_the_platform_says_so(desk: Desk) -> None:
    desk.command("set_audits", passes=False)
    id = create(desk).data["product_id"]

    desk.wait(hours=1)

    assert read(desk, id)["status"] == "FAILED"


def test_a_draft_is_not_audited_until_it_is_submitted(desk: Desk) -> None:
    id = create(desk, save_mode="AS_DRAFT").data["product_id"]
    desk.wait(hours=24)
    draft = read(desk, id)["status"]

    desk.call(EDIT, product_id=id, body=listing(desk))
    desk.wait(hours=1)

    assert (draft, read(desk, id)["status"]) == ("DRAFT", "ACTIVATE")


def test_a_repeated_key_creates_one_product_and_tells_it_twice(desk: Desk) -> None:
    before = len(desk.products)

    first = create(desk, idempotency_key="once")
    again = create(desk, idempotency_key="once", title="A mug that nobody will see")

    assert again.data == first.data
    assert len(desk.products) == before + 1


def test_a_refused_creation_uses_neither_its_key_nor_the_limit_of_the_day(desk: Desk) -> None:
    desk.command("set_listing_limit", per_day=1)

    refused = create(desk, idempotency_key="k", category_id="1729")
    listed = create(desk, idempotency_key="k")

    assert (refused.code, listed.code) == (12052023, 0)


def test_the_limit_of_a_day_is_over_the_next_day(desk: Desk) -> None:
    desk.command("set_listing_limit", per_day=1)
    create(desk)
    refused = create(desk)

    desk.wait(hours=24)

    assert (refused.code, create(desk).code) == (12052093, 0)


def test_an_unusable_brand_is_dropped_with_a_warning(desk: Desk) -> None:
    made = create(desk, brand_id="1729").data

    assert len(made["warnings"]) == 1
    assert "brand" not in read(desk, made["product_id"])


def test_an_edit_is_seen_once_its_audit_passed(desk: Desk) -> None:
    id, _ = named(desk)
    title = desk.product().title

    edit_part(desk, id, title="A mug by another name")

    assert read(desk, id)["title"] == title
    assert read(desk, id, return_under_review_version="true")["title"] == "A mug by another name"
    desk.wait(hours=1)
    assert read(desk, id)["title"] == "A mug by another name"


def test_an_edit_that_fails_its_audit_leaves_what_buyers_see(desk: Desk) -> None:
    id, _ = named(desk)
    desk.listen(STATUS)
    before = read(desk, id)
    edit_part(desk, id, title="A forbidden mug", skus=[variant(desk)])

    desk.command("fail_audit", product_id=id)

    after = read(desk, id)
    assert (after["title"], after["skus"]) == (before["title"], before["skus"])
    assert (after["status"], after["audit"]["status"]) == ("ACTIVATE", "FAILED")
    assert [row["data"]["status"] for row in desk.heard()] == ["PRODUCT_AUDIT_FAILURE"]


def test_a_product_being_audited_again_keeps_selling(desk: Desk) -> None:
    id, (sku, *_) = named(desk)
    edit_part(desk, id, title="A mug by another name")

    order = desk.place(sku=sku)

    assert order.lines[0].product_name == desk.product().title


def test_a_partial_edit_keeps_what_it_does_not_name(desk: Desk) -> None:
    id, _ = named(desk)
    before = read(desk, id)

    edit_part(desk, id, description="<p>Another word for it.</p>")
    desk.wait(hours=1)

    after = read(desk, id)
    kept = ("title", "brand", "category_chains", "main_images", "package_weight", "skus")
    assert after["description"] == "<p>Another word for it.</p>"
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}


def test_an_edit_clears_what_it_does_not_name(desk: Desk) -> None:
    id, _ = named(desk)
    assert "package_dimensions" in read(desk, id)

    desk.call(EDIT, product_id=id, body=listing(desk))
    desk.wait(hours=1)

    assert "package_dimensions" not in read(desk, id)
    assert "brand" not in read(desk, id)


def test_variants_left_out_of_a_partial_edit_are_deleted(desk: Desk) -> None:
    id, (first, *others) = named(desk, variants=True)

    answer = edit_part(desk, id, skus=[{"id": first}])
    desk.wait(hours=1)

    assert answer.code == 0
    assert [sku["id"] for sku in read(desk, id)["skus"]] == [first]
    assert [desk.stock(sku).available for sku in others] == [0] * len(others)


def test_a_variant_that_a_partial_edit_names_keeps_price_units_and_code(desk: Desk) -> None:
    id, (first, *_) = named(desk, variants=True)
    before = read(desk, id)["skus"][0]

    edit_part(desk, id, skus=[{"id": first}])
    desk.wait(hours=1)

    assert read(desk, id)["skus"] == [before]


def test_units_that_orders_hold_outlive_their_variant(desk: Desk) -> None:
    id, (first, *others) = named(desk, variants=True)
    order = desk.place(sku=others[0])

    edit_part(desk, id, skus=[{"id": first}])
    desk.wait(hours=1)
    held = desk.stock(others[0]).committed
    body = {"order_id": order.id, "cancel_reason": "seller_cancel_reason_out_of_stock"}
    answer = desk.call("return_refund.202309.cancel_order", body=body)

    assert (held, answer.code) == (1, 0)
    assert desk.stock(others[0]).committed == 0


def test_nobody_can_order_a_deleted_variant_whose_units_came_back(desk: Desk) -> None:
    id, (first, *others) = named(desk, variants=True)
    order = desk.place(sku=others[0])
    edit_part(desk, id, skus=[{"id": first}])
    desk.wait(hours=1)
    body = {"order_id": order.id, "cancel_reason": "seller_cancel_reason_out_of_stock"}
    desk.call("return_refund.202309.cancel_order", body=body)

    ordered = {line.sku_id for _ in range(40) for line in desk.place().lines}

    assert desk.stock(others[0]).available == 1
    assert ordered.isdisjoint(others)


def test_a_deleted_variant_is_not_found_by_its_id(desk: Desk) -> None:
    id, (first, *others) = named(desk, variants=True)
    edit_part(desk, id, skus=[{"id": first}])
    desk.wait(hours=1)

    found = desk.call("product.202309.inventory_search", body={"sku_ids": [first, *others]}).data

    assert [sku["id"] for row in found["inventory"] for sku in row["skus"]] == [first]


def test_prices_and_units_of_an_edit_do_not_wait_for_its_audit(desk: Desk) -> None:
    id, (first, *_) = named(desk)
    shelf = {"warehouse_id": warehouse(desk), "quantity": 3}
    row = {"id": first, "price": {"amount": "5.00", "currency": "GBP"}, "inventory": [shelf]}

    edit_part(desk, id, title="A mug by another name", skus=[row])

    sku = read(desk, id)["skus"][0]
    assert (sku["price"]["sale_price"], sku["inventory"][0]["quantity"]) == ("5.00", 3)


def test_an_edit_of_prices_and_units_alone_is_not_audited(desk: Desk) -> None:
    id, skus = named(desk)
    price = {"amount": "5.00", "currency": "GBP"}

    answer = edit_part(desk, id, skus=[{"id": sku, "price": price} for sku in skus])

    assert answer.data["audit"]["status"] == "NONE"
    assert read(desk, id)["audit"]["status"] == "APPROVED"


def test_a_price_set_while_an_edit_is_audited_stays(desk: Desk) -> None:
    id, (first, *_) = named(desk)
    edit_part(desk, id, title="A mug by another name")
    row = {"id": first, "price": {"amount": "5.00", "currency": "GBP"}}
    desk.call(SET_PRICE, product_id=id, body={"skus": [row]})

    desk.wait(hours=1)

    assert read(desk, id)["skus"][0]["price"]["sale_price"] == "5.00"


def test_a_second_edit_takes_the_place_of_the_first_and_starts_the_audit_again(desk: Desk) -> None:
    id, _ = named(desk)
    edit_part(desk, id, title="The first thought of a mug")
    desk.wait(hours=0.1)
    edit_part(desk, id, description="<p>The second thought.</p>")

    desk.wait(hours=0.1)
    between = read(desk, id)["audit"]["status"]
    desk.wait(hours=0.1)

    after = read(desk, id)
    assert between == "AUDITING"
    assert after["title"] == "The first thought of a mug"
    assert after["description"] == "<p>The second thought.</p>"


def test_a_draft_of_a_live_product_is_seen_only_where_it_is_asked_for(desk: Desk) -> None:
    id, _ = named(desk)
    title = desk.product().title

    edit_part(desk, id, title="A thought of a mug", save_mode="AS_DRAFT")
    desk.wait(hours=24)

    assert (read(desk, id)["title"], read(desk, id)["has_draft"]) == (title, True)
    assert read(desk, id, return_draft_version="true")["title"] == "A thought of a mug"
    body = {"return_draft_version": True}
    found = desk.call(SEARCH, query={"page_size": 10}, body=body).data["products"]
    assert {row["id"]: row["title"] for row in found}[id] == "A thought of a mug"


def test_an_edit_is_told_with_what_it_changed(desk: Desk) -> None:
    desk.listen(INFORMATION)
    id, _ = named(desk)

    edit_part(desk, id, title="A mug by another name", search_terms=["mug"])

    (notice,) = [row["data"] for row in desk.heard()]
    assert (notice["product_id"], notice["change_source"]) == (id, "OPEN_API")
    assert notice["changed_fields"] == ["title", "others"]


def test_new_attribute_values_get_ids_that_stay(desk: Desk) -> None:
    made = create(desk).data
    again = desk.call(
        EDIT,
        product_id=made["product_id"],
        body=listing(desk, skus=[variant(desk, id=made["skus"][0]["id"]), variant(desk)]),
    ).data

    first, second = (sku["sales_attributes"] for sku in again["skus"])
    assert first == second == made["skus"][0]["sales_attributes"]


@pytest.mark.parametrize("move", ["deleted", "frozen"])
def test_what_is_gone_or_frozen_cannot_be_edited(desk: Desk, move: str) -> None:
    id, _ = named(desk)
    if move == "deleted":
        desk.call(DELETE, body={"product_ids": [id]})
    else:
        desk.command("freeze_product", product_id=id)
    before = desk.product()

    answer = edit_part(desk, id, title="A mug by another name")

    assert (answer.code, desk.product()) == (12052901, before)


def test_a_frozen_product_cannot_be_deleted(desk: Desk) -> None:
    id, _ = named(desk)
    desk.command("freeze_product", product_id=id)

    answer = desk.call(DELETE, body={"product_ids": [id]})

    assert [row["code"] for row in answer.data["errors"]] == [12052901]


def test_a_recovered_product_is_off_sale_with_its_units(desk: Desk) -> None:
    id, (first, *_) = named(desk)
    units = desk.stock(first).available
    desk.call(DELETE, body={"product_ids": [id]})

    desk.call(RECOVER, body={"product_ids": [id]})

    assert read(desk, id)["status"] == "SELLER_DEACTIVATED"
    assert desk.stock(first).available == units


def test_the_audit_of_a_deleted_product_rests(desk: Desk) -> None:
    id = create(desk).data["product_id"]
    desk.call(DELETE, body={"product_ids": [id]})

    desk.wait(hours=24)

    assert read(desk, id)["status"] == "DELETED"


def test_an_audit_that_is_not_open_cannot_be_ended(desk: Desk) -> None:
    id, _ = named(desk)

    with pytest.raises(Exception, match="is not being audited; create or edit it first"):
        desk.command("pass_audit", product_id=id)


def test_new_variants_open_their_stock_when_they_go_on_sale(desk: Desk) -> None:
    id, (first, *_) = named(desk)

    made = edit_part(desk, id, skus=[{"id": first}, variant(desk)]).data["skus"][1]["id"]
    hidden = desk.call("product.202309.inventory_search", body={"sku_ids": [made]}).data
    desk.wait(hours=1)

    assert hidden["inventory"] == []
    assert desk.stock(made).available == 30


def test_a_category_that_only_a_recording_named_can_be_listed_in(desk: Desk) -> None:
    recorded = Category(id="810762", parent_id="0", name="Bowls", is_leaf=True)
    desk.twin.env.store.put(recorded, change="category.recorded")

    id = create(desk, category_id="810762").data["product_id"]
    attributes = desk.call("product.202309.get_attributes", category_id="810762")

    assert [row["local_name"] for row in read(desk, id)["category_chains"]] == ["Bowls"]
    assert attributes.code == 0
