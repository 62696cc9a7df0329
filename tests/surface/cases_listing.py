"""Products: creating, editing, deleting; their categories, brands, pictures and files."""

from __future__ import annotations

import struct
from typing import Any

from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import accepted, refused

CREATE = "product.202309.create_product"
EDITS = ("product.202309.edit_product", "product.202509.edit_product")
PARTIAL_EDITS = ("product.202309.partial_edit_product", "product.202509.partial_edit_product")
CHANGES = (*EDITS, *PARTIAL_EDITS)
DELETE = "product.202309.delete_products"
RECOVER = "product.202309.recover_products"
CATEGORIES = ("product.202309.get_categories", "product.202309.get_global_categories")
RECOMMENDATIONS = (
    "product.202309.recommend_category",
    "product.202309.recommend_global_categories",
)
OF_A_CATEGORY = (
    "product.202309.get_attributes",
    "product.202309.get_global_attributes",
    "product.202309.get_category_rules",
    "product.202309.get_global_category_rules",
)
BRANDS = "product.202309.get_brands"
CREATE_BRAND = "product.202309.create_custom_brands"
SUGGEST_BRANDS = "product.202609.suggest_brands"
UPLOAD_IMAGE = "product.202309.upload_product_image"
UPLOAD_FILE = "product.202309.upload_product_file"

MUGS = "600100"


def picture(width: int = 800, height: int = 600) -> bytes:
    """Return the beginning of a PNG, which tells its size."""
    header = struct.pack(">II", width, height) + b"\x08\x06\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + header


def warehouse(desk: Desk) -> str:
    """Return the first warehouse that the shop sells from."""
    return desk.stock(desk.product().skus[0]).shelves[0].warehouse_id


def variant(desk: Desk, **changes: Any) -> dict[str, Any]:
    """Return a variant that is fit for sale."""
    return {
        "seller_sku": "MUG-NEW-SAND",
        "price": {"amount": "12.50", "currency": "GBP"},
        "inventory": [{"warehouse_id": warehouse(desk), "quantity": 30}],
        "sales_attributes": [{"name": "Colour", "value_name": "Sand"}],
    } | changes


def listing(desk: Desk, **changes: Any) -> dict[str, Any]:
    """Return a whole listing that is fit for sale."""
    return {
        "title": "Brightwell Stoneware Mug, 350 ml",
        "description": "<p>A mug of stoneware for tea and coffee, safe in the dishwasher.</p>",
        "category_id": MUGS,
        "main_images": [{"uri": "tos-twin/mug"}],
        "package_weight": {"value": "0.4", "unit": "KILOGRAM"},
        "skus": [variant(desk)],
    } | changes


def create(desk: Desk, **changes: Any) -> Answer:
    """Create a product."""
    return desk.call(CREATE, body=listing(desk, **changes))


def change(desk: Desk, operation: str, **changes: Any) -> Answer:
    """Edit the first product; a whole edit states the rest of a listing, too."""
    body = listing(desk, **changes) if operation in EDITS else changes
    return desk.call(operation, product_id=desk.product().id, body=body)


@accepted(CREATE)
def lists_a_product_that_waits_for_its_audit(desk: Desk, _operation: str) -> Answer:
    answer = create(desk)
    found = {row.id: row for row in desk.products}[answer.data["product_id"]]
    assert (found.status, found.audit) == ("PENDING", "AUDITING")
    return answer


@refused(CREATE, 12052023)
def a_category_of_nowhere(desk: Desk, _operation: str) -> Answer:
    return create(desk, category_id="1729")


@refused(CREATE, 12052024)
def a_department_in_place_of_a_leaf(desk: Desk, _operation: str) -> Answer:
    return create(desk, category_id="600001")


@refused(CREATE, 12052902)
def a_product_without_variants(desk: Desk, _operation: str) -> Answer:
    return create(desk, skus=[])


@refused(CREATE, 12052050)
def a_product_of_too_many_variants(desk: Desk, _operation: str) -> Answer:
    return create(desk, skus=[variant(desk)] * 101)


@refused(CREATE, 12052571)
def a_variant_without_a_price(desk: Desk, _operation: str) -> Answer:
    return create(desk, skus=[variant(desk, price={"currency": "GBP"})])


@refused(CREATE, 12052910)
def a_variant_at_a_price_in_foreign_money(desk: Desk, _operation: str) -> Answer:
    return create(desk, skus=[variant(desk, price={"amount": "9.00", "currency": "USD"})])


@refused(CREATE, 12052096)
def a_variant_in_no_warehouse(desk: Desk, _operation: str) -> Answer:
    return create(desk, skus=[variant(desk, inventory=[])])


@refused(CREATE, 12052097)
def a_variant_in_a_foreign_warehouse(desk: Desk, _operation: str) -> Answer:
    return create(desk, skus=[variant(desk, inventory=[{"warehouse_id": "1729", "quantity": 1}])])


@refused(CREATE, 12052557)
def a_new_product_with_a_known_variant(desk: Desk, _operation: str) -> Answer:
    return create(desk, skus=[variant(desk, id=desk.product().skus[0].id)])


@refused(CREATE, 12052093)
def one_product_more_than_the_day_allows(desk: Desk, _operation: str) -> Answer:
    desk.command("set_listing_limit", per_day=1)
    create(desk)
    return create(desk)


@accepted(*CHANGES)
def writes_another_title(desk: Desk, operation: str) -> Answer:
    answer = change(desk, operation, title="A mug by another name, of 350 ml")
    assert answer.data["audit"]["status"] == "AUDITING"
    return answer


@accepted(*EDITS)
def moves_a_product_to_another_category(desk: Desk, operation: str) -> Answer:
    answer = change(desk, operation, category_id="600101")
    desk.wait(hours=1)
    assert desk.product().category_id == "600101"
    return answer


@refused(CHANGES, 12052032)
def a_change_of_a_product_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, product_id="1729", body=listing(desk))


@refused(CHANGES, 12052901)
def a_change_of_a_frozen_product(desk: Desk, operation: str) -> Answer:
    desk.command("freeze_product", product_id=desk.product().id)
    return change(desk, operation, title="A mug by another name, of 350 ml")


@refused(CHANGES, 12052557)
def a_change_of_a_foreign_variant(desk: Desk, operation: str) -> Answer:
    return change(desk, operation, skus=[variant(desk, id="1729")])


@refused(CHANGES, 12052553)
def a_change_that_lists_a_variant_twice(desk: Desk, operation: str) -> Answer:
    row = variant(desk, id=desk.product().skus[0].id)
    return change(desk, operation, skus=[row, row])


@refused(CHANGES, 12052902)
def a_change_to_no_variants(desk: Desk, operation: str) -> Answer:
    return change(desk, operation, skus=[])


@refused(CHANGES, 12052050)
def a_change_to_too_many_variants(desk: Desk, operation: str) -> Answer:
    return change(desk, operation, skus=[variant(desk)] * 101)


@refused(CHANGES, 12052571)
def a_new_variant_without_a_price(desk: Desk, operation: str) -> Answer:
    price = {"currency": "GBP", "amount": ""}
    return change(desk, operation, skus=[variant(desk, price=price)])


@refused(CHANGES, 12052910)
def a_change_to_a_price_in_foreign_money(desk: Desk, operation: str) -> Answer:
    row = variant(desk, price={"amount": "9.00", "currency": "USD"})
    return change(desk, operation, skus=[row])


@refused(CHANGES, 12052096)
def a_new_variant_in_no_warehouse(desk: Desk, operation: str) -> Answer:
    return change(desk, operation, skus=[variant(desk, inventory=[])])


@refused(CHANGES, 12052097)
def a_new_variant_in_a_foreign_warehouse(desk: Desk, operation: str) -> Answer:
    row = variant(desk, inventory=[{"warehouse_id": "1729", "quantity": 1}])
    return change(desk, operation, skus=[row])


@refused(EDITS, 12052023)
def a_change_to_a_category_of_nowhere(desk: Desk, operation: str) -> Answer:
    return change(desk, operation, category_id="1729")


@refused(EDITS, 12052024)
def a_change_to_a_department(desk: Desk, operation: str) -> Answer:
    return change(desk, operation, category_id="600001")


@accepted(DELETE)
def deletes_products(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, body={"product_ids": [desk.product().id, "1729"]})
    assert [row["code"] for row in answer.data["errors"]] == [12052032]
    assert desk.product().status == "DELETED"
    return answer


@accepted(RECOVER)
def recovers_a_deleted_product(desk: Desk, operation: str) -> Answer:
    live, gone = desk.products[0].id, desk.products[1].id
    desk.call(DELETE, body={"product_ids": [gone]})
    answer = desk.call(operation, body={"product_ids": [live, gone]})
    assert [row["code"] for row in answer.data["errors"]] == [12052901]
    assert desk.products[1].status == "SELLER_DEACTIVATED"
    return answer


@accepted(*CATEGORIES)
def finds_categories_by_a_word(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, query={"keyword": "mugs"})
    assert [row["local_name"] for row in answer.data["categories"]] == ["Cups & Mugs"]
    return answer


@accepted(*RECOMMENDATIONS)
def recommends_the_leaf_that_a_title_names(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, body={"product_title": "Handmade lip tint, berry"})
    assert answer.data["categories"][-1]["name"] == "Lip Care"
    return answer


@accepted(*OF_A_CATEGORY)
def tells_of_a_category(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, category_id=MUGS)


@refused(OF_A_CATEGORY, 12052023)
def asks_of_a_category_of_nowhere(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, category_id="1729")


@refused(OF_A_CATEGORY, 12052024)
def asks_of_a_department(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, category_id="600001")


@accepted(BRANDS)
def finds_the_brand_that_it_made(desk: Desk, operation: str) -> Answer:
    made = desk.call(CREATE_BRAND, body={"name": "Quince & Quill"}).data["id"]
    answer = desk.call(operation, query={"page_size": 10, "is_authorized": "true"})
    assert [row["id"] for row in answer.data["brands"]] == [made]
    return answer


@accepted(CREATE_BRAND)
def makes_a_brand(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={"name": "Quince & Quill"})


@refused(CREATE_BRAND, 12052190)
def a_brand_without_a_name(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={"name": "  "})


@refused(CREATE_BRAND, 12052189)
def a_brand_with_too_long_a_name(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={"name": "Q" * 51})


@refused(CREATE_BRAND, 12052191)
def a_brand_that_there_is(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={"name": "brightwell"})


@accepted(SUGGEST_BRANDS)
def suggests_the_brand_that_a_title_names(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, body={"product_title": "Brightwell mug"})
    assert [row["name"] for row in answer.data["brands"]] == ["Brightwell"]
    return answer


@accepted(UPLOAD_IMAGE)
def keeps_a_picture(desk: Desk, operation: str) -> Answer:
    files = {"data": ("mug.png", picture(), "image/png")}
    answer = desk.call(operation, body={"use_case": "MAIN_IMAGE"}, files=files)
    assert (answer.data["width"], answer.data["height"]) == (800, 600)
    return answer


@refused(UPLOAD_IMAGE, 12038015)
def a_picture_that_is_none(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, files={"data": ("mug.png", b"a mug", "image/png")})


@refused(UPLOAD_IMAGE, 12038004)
def a_picture_of_no_bytes(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, files={"data": ("mug.png", b"", "image/png")})


@refused(UPLOAD_IMAGE, 12038014)
def a_picture_of_too_many_pixels(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, files={"data": ("mug.png", picture(width=20_001), "image/png")})


@accepted(UPLOAD_FILE)
def keeps_a_file(desk: Desk, operation: str) -> Answer:
    files = {"data": ("manual.pdf", b"%PDF-1.7", "application/pdf")}
    answer = desk.call(operation, body={"name": "manual.pdf"}, files=files)
    assert answer.data["format"] == "PDF"
    return answer


@refused(UPLOAD_FILE, 12019103)
def a_file_without_a_name(desk: Desk, operation: str) -> Answer:
    files = {"data": ("manual.pdf", b"%PDF-1.7", "application/pdf")}
    return desk.call(operation, body={"name": " "}, files=files)


@refused(UPLOAD_FILE, 12019105)
def a_file_of_a_strange_kind(desk: Desk, operation: str) -> Answer:
    files = {"data": ("manual.exe", b"MZ", "application/octet-stream")}
    return desk.call(operation, body={"name": "manual.exe"}, files=files)


@refused(UPLOAD_FILE, 12038004)
def a_file_of_no_bytes(desk: Desk, operation: str) -> Answer:
    files = {"data": ("manual.pdf", b"", "application/pdf")}
    return desk.call(operation, body={"name": "manual.pdf"}, files=files)
